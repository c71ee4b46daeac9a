// Package guard examines what goes into a model and what comes out of it.
//
// A check is one question about texts; a hook is a list of checks and what is
// done when one fails. The forms of hooks and the ids and parameters of checks
// are the reference's.
package guard

import (
	"context"
	"net/http"

	"sluice/core/internal/json"
	"sluice/core/secret"
)

// Version is of all checks together: it changes when one of them judges
// otherwise than before, so that what was judged is judged again.
const Version = "1"

// An Event says when a check runs, in the reference's words.
type Event string

// Events.
const (
	Before Event = "beforeRequestHook" // the target is called
	After  Event = "afterRequestHook"  // it has answered
)

// A Place is where a text stands.
type Place string

// Places of texts.
const (
	Prompt     Place = "prompt"    // of a completion, an embedding, an image, speech
	Content    Place = "content"   // of a message, whoever says it
	ToolCall   Place = "tool_call" // a name, or arguments
	ToolResult Place = "tool_result"
	Reasoning  Place = "reasoning"
	Refusal    Place = "refusal"
	FileName   Place = "file_name"
	Definition Place = "definition" // what describes tools, or the form of an answer
)

// A Text is one piece of a request or an answer that a check may read, and
// may replace.
type Text struct {
	Place Place
	Role  string // of the message: system, developer, user, assistant, tool
	Turn  int    // of the message, from 0, or -1: of none; of an answer the choice
	Text  string

	beside bool // what is said beside the answer, such as citations and names of tools
}

// An Input is what a check looks at. Nobody changes it.
type Input struct {
	Event Event
	// Texts are those in the scope of the hook, in order: what a check is to
	// judge.
	Texts []Text
	// Question are all texts of the conversation in order, whatever the scope:
	// those of the request without definitions.
	Question []Text

	Operation string // in the reference's words: chatComplete, messages, embed, …
	Provider  string // id of the target's
	Model     string // that is asked
	Stream    bool
	// Transformed says that an earlier check has replaced something.
	Transformed bool
	// Redactor is the request's: what checks make reversible it puts back in
	// the answer. Nil: nothing is put back.
	Redactor *Redactor
	Metadata map[string]string
	Header   http.Header // the client's, without the gateway's credential
	Trace    string      // id

	Request  json.Value // the body in the client's dialect, nil if it is no JSON
	Response json.Value // the answer in the client's dialect; nil before it, and of a stream
	Status   int        // the answer's

	nothing bool     // there is nothing to judge that a check could miss
	doc     document // that the texts are from; nil: they are from nowhere
}

// A Verdict is what a check has found.
type Verdict struct {
	Pass bool
	// Data says more, in the reference's members. It never quotes a
	// credential.
	Data json.Value
	// Texts take the places of [Input.Texts], one for one; nil changes
	// nothing.
	Texts []string
	// Request takes the place of the whole body; nil changes nothing. It is
	// for checks that add messages.
	Request json.Value
	// Response takes the place of the whole answer, in the client's dialect;
	// nil changes nothing. It is for checks that ask a program of the user's.
	Response json.Value
}

// A Check is a question with its parameters. It is safe for concurrent use.
//
// An error means that there is no verdict: what becomes of that is the
// setting of the hook. Its text reaches clients and logs. Data that comes with
// an error is reported beside it.
type Check interface {
	Check(ctx context.Context, in *Input) (Verdict, error)
}

// A Windowed check may judge a stream piece by piece.
type Windowed interface {
	Check
	// Window is the number of characters (Unicode code points) within which
	// everything stands that can make the check fail: a text fails exactly if
	// a part of it of at most that length does. 0: there is no such number,
	// and an answer has to be read to its end.
	Window() int
}

// A Spec is a kind of check.
type Spec struct {
	ID      string   // as in default.contains
	Aliases []string // other ids under which configs have it
	Events  []Event  // when it can run; empty: at both
	// Open says that the reference's verdict is true when this check errs. Here,
	// too, unless the hook's setting is to close.
	Open bool
	// Form says that the check judges what a text looks like, not what it says:
	// it does not see what stands beside, such as names of files and citations.
	Form bool
	// New makes a check. What is wrong with its parameters it tells p.
	New func(p *Params, e Env) Check
}

// Env is what checks work with.
type Env struct {
	// HTTP sends requests. It refuses addresses that are not public, unless an
	// administrator trusts them, and follows no redirects.
	HTTP Doer
	// LookupHost lists the addresses of a host name. Nil: this machine's
	// resolver is asked.
	LookupHost func(ctx context.Context, host string) ([]string, error)
	// Restores says that what checks make reversible is put back in answers.
	Restores bool
	// Invoke calls a function of AWS by its ARN, with the operator's
	// credentials. Nil: there are none.
	Invoke func(ctx context.Context, arn string, payload []byte) ([]byte, error)
	// MayInvoke reports whether the operator lets checks call a function. Nil:
	// none may be called.
	MayInvoke func(arn string) bool
	// ApplyGuardrail asks a guardrail of Amazon Bedrock and returns its answer.
	// Nil: AWS cannot be reached.
	ApplyGuardrail func(ctx context.Context, call GuardrailCall) ([]byte, error)
	// AzureToken buys an access token for Azure's cognitive services, to be
	// shown to a host, with the options of a target on Azure. Nil: none is
	// bought.
	AzureToken func(ctx context.Context, options map[string]secret.Value, host string) (string, error)
}

// A GuardrailCall is a question to a guardrail of Amazon Bedrock.
type GuardrailCall struct {
	ID, Version string
	Options     map[string]secret.Value // those of a target on Bedrock: credentials, region
	Body        json.Value              // of ApplyGuardrail
}

// A Doer sends HTTP requests.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}
