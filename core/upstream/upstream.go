// Package upstream makes one call to one target: it chooses the endpoint,
// splices the client's body or translates it, signs, sends, and turns what
// comes back into a committed reply or an error with a kind.
//
// It never tries twice and never chooses between targets.
package upstream

import (
	"context"
	"net/http"
	"time"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
)

// A Doer sends HTTP requests. Redirects are not followed, and errors carry a
// class, as those of httpx do.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// A Transport carries requests that are not plain HTTP, such as those of the
// Bedrock SDK. The response is the service's own, whatever its status.
type Transport interface {
	Send(ctx context.Context, s provider.Settings, m Message) (*http.Response, error)
}

// A Signer signs plain HTTP requests whose headers are set, as services of AWS
// want it.
type Signer interface {
	Sign(ctx context.Context, r *http.Request, s provider.Settings, service string, body []byte) error
}

// A Located is a [Transport] that knows where a target's requests are served,
// in the provider's words. Prices may depend on it.
type Located interface {
	Region(s provider.Settings) string
}

// A Message is a request for a [Transport].
type Message struct {
	Operation llm.Operation
	Stream    bool
	Path      string // of the endpoint, {model} not filled
	Model     string
	Body      []byte
	Header    http.Header
}

// A Service does what OpenAI's API on kept things asks for (files, batches,
// fine-tuning) where a provider keeps them elsewhere or in another form. Its
// answers are in OpenAI's form; its errors are *llm.Error.
type Service interface {
	Serve(ctx context.Context, call *core.Call, t Target) (*core.Reply, error)
}

// maxAnswer is the largest unstreamed answer that is read, in bytes.
const maxAnswer = 256 << 20

// maxErrorBody is how much of an error answer is read, in bytes.
const maxErrorBody = 1 << 20

// A Client calls targets. It is safe for concurrent use.
type Client struct {
	HTTP       Doer
	Transports map[string]Transport // by [provider.Spec.Transport]
	Signer     Signer               // for [provider.Spec.Signed]
	Services   map[string]Service   // by provider's id
	Timeouts   Timeouts

	// CheckURL says whether the gateway may call a host, given as scheme and
	// host. It is asked before media are fetched; nil: none are.
	CheckURL func(string) error
}

// A Target is where a call goes.
type Target struct {
	Spec           *provider.Spec
	Settings       provider.Settings
	Defaults       json.Value    // members set where the client's body has none, in the client's dialect; applied first
	Overrides      json.Value    // members set over the client's body
	Drops          []json.Path   // what is taken out of the body, last
	Timeout        time.Duration // until the reply is committed; 0: none but those of its phases
	Timeouts       Timeouts      // go before the client's, each for itself
	Strict         bool          // strict OpenAI compliance
	Prefill        *bool         // whether it goes on from an answer that a request begins; nil: as far as is known
	Lent           bool          // the credentials are the operator's, not the client's
	ForwardHeaders http.Header   // the client's headers that go along, already checked
}

// Do makes the call. For a stream it returns when the first content event has
// arrived; every failure before that is an *llm.Error.
func (c *Client) Do(ctx context.Context, call *core.Call, t Target) (*core.Reply, error) {
	x := &exchange{client: c, target: t, call: call}
	if s := c.Services[t.Spec.ID]; s != nil && call.Operation.Kept() {
		return x.serve(ctx, s)
	}
	if asksForOutput(call) {
		return c.batchOutput(ctx, call, t)
	}
	ctx, x.watch = newWatchdog(ctx, c, t)
	if err := x.prepare(ctx); err != nil {
		x.watch.stop()
		return nil, err
	}
	reply, err := x.send(ctx)
	if err != nil {
		err = x.fail(ctx, err) // asks the context, which stop ends
		x.watch.stop()
		return nil, err
	}
	if x.ended || !reply.Stream() && reply.Relay() == nil {
		x.watch.stop()
	}
	return reply, nil
}
