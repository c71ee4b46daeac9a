// Package partner has the checks that other companies' services make.
//
// A service is a row of a table: where it is, which header takes the key, and
// its checks, each with what it sends and what it reads out of the answer.
// What does not fit has a file of its own. Wire shapes are those that the
// reference uses.
//
// A text that is longer than a service takes is asked about in pieces, some at
// a time, within the time of the check; what stands across the border of two
// may escape. Empty texts are not sent. Services are asked once about an
// answer, never about the chunks of a stream.
//
// A check has no verdict when the service cannot be reached, answers late or
// answers what cannot be read: its error names the service and the status, and
// quotes neither the key nor the text. Verdict data never repeats the text
// either, even where the service does.
package partner

import (
	"context"
	"slices"
	"time"

	"sluice/core/guard"
)

// A service is a partner.
type service struct {
	name string // in errors
	// base begins the URLs of its checks. {domain} in it is the credential
	// that host names.
	base string
	// host is a credential that stands in base, a DNS name; hostDefault
	// stands in for it.
	host, hostDefault string
	// custom is a credential that takes base's place, a URL. It is required
	// where there is no base.
	custom string
	// key is the header that takes the credential keyName, by default apiKey;
	// "Authorization" takes it as a bearer token. Empty: nobody is asked who
	// they are.
	key, keyName string
	// headers are further credentials that are sent, by name of the header.
	headers map[string]string
	// within is the object among the credentials that holds them.
	within string
	// auth reads credentials that are more than a key.
	auth func(c *guard.Params, l *line)
	// plain says that credentials may also stand among the parameters.
	plain  bool
	checks []kind
}

// A kind is a check of a service.
type kind struct {
	id      string
	aliases []string
	events  []guard.Event // empty: both
	open    bool          // see [guard.Spec.Open]
	path    string        // behind the service's base
	timeout time.Duration // 0: five seconds
	// ask reads the parameters, of which it may make headers and paths.
	ask func(p *guard.Params, l *line) asker
}

// An asker asks about an input, and reads the answer.
type asker func(ctx context.Context, in *guard.Input) (guard.Verdict, error)

// Events of checks that run at one only.
var (
	input  = []guard.Event{guard.Before}
	output = []guard.Event{guard.After}
)

// timeout is how long a check may take that has no other default.
const timeout = 5 * time.Second

// services are all that speak HTTP with a key of their own.
var services = slices.Concat(singles, []service{mistral, pangea, promptfoo, f5, acuvity, qualifire, portkey, patronus, language, contentSafety})

// Specs returns the checks of all partners.
func Specs() []guard.Spec {
	specs := []guard.Spec{bedrock}
	for _, s := range services {
		for _, k := range s.checks {
			specs = append(specs, s.spec(k))
		}
	}
	return specs
}

func (s service) spec(k kind) guard.Spec {
	return guard.Spec{ID: k.id, Aliases: k.aliases, Events: k.events, Open: k.open, New: func(p *guard.Params, e guard.Env) guard.Check {
		l := s.line(p, e, k)
		return &check{line: l, ask: k.ask(p, l)}
	}}
}

// A check is a kind with its parameters.
type check struct {
	line *line
	ask  asker
}

// Replaces reports whether the check may replace texts.
func (c *check) Replaces() bool { return c.line.replaces }

// Check asks the service. That there is no text is an error: nobody is asked.
func (c *check) Check(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
	text := in.Text()
	if text == "" {
		return guard.Verdict{}, guard.ErrNoText
	}
	ctx, cancel := context.WithTimeout(ctx, c.line.timeout)
	defer cancel()
	v, err := c.ask(ctx, in)
	if len(v.Data) > maxData {
		v.Data = nil
	}
	v.Data = unquoted(v.Data, text, "")
	return v, c.line.named(err)
}
