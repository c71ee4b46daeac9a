// Package dialect says what a wire format has to do: face clients
// ([Inbound]), face upstreams ([Outbound]), or both. Codecs are pure: bytes
// in, values out, no context, no input or output, no goroutine.
//
// The law for every codec, tested on every fixture: encoding what was decoded
// gives an equal document.
package dialect

import (
	"iter"
	"net/http"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Inbound is the half of a dialect that faces clients.
type Inbound interface {
	core.RequestDecoder
	Dialect() llm.Dialect

	// Texts yields every text of a request that a check may read or edit, as
	// byte spans of the body, so that an edit is a splice.
	Texts(in core.Incoming) iter.Seq[Span]

	EncodeResponse(r *llm.Response, o Options) ([]byte, error)
	EncodeStream(o Options) StreamEncoder

	// EncodeError gives the body of an error answer. It never fails.
	EncodeError(e *llm.Error, o Options) []byte
}

// A Labeller is an [Inbound] whose clients read headers beside the body.
type Labeller interface {
	// Label sets the headers of the answer to a request, or of an error if e
	// is not nil. It keeps those that are there: they are the provider's own.
	Label(h http.Header, requestID string, e *llm.Error)
}

// A Counter is an [Inbound] that has a form for a number of tokens, which
// [llm.CountTokens] answers.
type Counter interface {
	EncodeCountTokens(n int64) []byte
}

// A Chooser is an [Inbound] whose form depends on the request, as that of an
// envelope around several dialects does.
type Chooser interface {
	// Choose returns the codec of one request. It never fails: a codec for
	// what cannot be read refuses it when it is decoded.
	Choose(in core.Incoming) Inbound
}

// Outbound is the half of a dialect that faces upstreams.
type Outbound interface {
	Dialect() llm.Dialect

	// Prepare writes the request in the dialect. What it cannot say it
	// refuses with an *llm.Error or names in [Exchange.Dropped].
	Prepare(r *llm.Request, t Target) (Exchange, error)

	// Raw returns the exchange for a body that is already in the dialect.
	Raw(body []byte) Exchange
}

// An Inliner is an [Outbound] of an API that does not fetch all that a URL can
// name. Before it prepares a request, such media are fetched for it.
type Inliner interface {
	// TakesURL reports whether a medium may stay an http or https URL. It is
	// true as well for media that the dialect refuses in any form.
	TakesURL(m *llm.Media, t Target) bool
}

// An Exchange is one request and the reading of its answer: it keeps name
// maps, emulated features and drops.
type Exchange interface {
	core.Reading
	Body() []byte
	Header() http.Header // headers that the request needs beside the body, such as betas; may be nil
	Dropped() []string
	DecodeError(status int, h http.Header, body []byte) *llm.Error
}

// Target tells a codec about who the request is for.
type Target struct {
	Provider string // id, for error texts and rules by provider
	Model    string // that will be called
}

// Options says how an answer is written for the client.
type Options struct {
	Provider     string // id of the provider that answered
	Model        string // the model asked for, if the answer names none
	RequestID    string
	Strict       bool       // strict OpenAI compliance: no members that OpenAI does not have
	IncludeUsage bool       // the client asked for a usage chunk (chat streams)
	Estimate     *llm.Usage // what is known of the prompt before the answer, for dialects that open with it

	// Request has the members of the client's request that an answer repeats,
	// as an object, in dialects that do so. Nil: they are not known.
	Request json.Value
	// Upstream is the dialect of the answer's raw form: whose thoughts are
	// meant where an event does not say.
	Upstream llm.Dialect
}

// A StreamEncoder writes a stream for a client. It is a state machine, and it
// writes a terminal event at most once.
type StreamEncoder interface {
	// Encode appends the bytes of the frames that e causes.
	Encode(dst []byte, e llm.Event) ([]byte, error)
	// Flush appends what is still owed at a proper end.
	Flush(dst []byte) ([]byte, error)
	// Error appends an error event, which ends the stream. Open blocks are
	// not closed and no finish reason is made up: the answer is broken.
	Error(dst []byte, e *llm.Error) []byte
	// Ping appends bytes that mean nothing and keep the connection alive.
	Ping(dst []byte) []byte
	// ContentType of the stream.
	ContentType() string
}

// A Forwarder is a [StreamEncoder] whose events build on each other. It is
// told of the provider's frames that were sent in place of its own events, so
// that an error fits behind them.
type Forwarder interface {
	Forwarded(f frame.Frame)
}

// A Reframer is a [StreamEncoder] whose dialect has more than one framing, so
// that a provider's frames in the same dialect are not sent as they came.
type Reframer interface {
	// Reframe appends what a frame says, in the client's framing.
	Reframe(dst []byte, f frame.Frame) []byte
	// Close appends what ends the stream.
	Close(dst []byte) []byte
}

// A Span is one text inside a request body.
type Span struct {
	Start, End int    // of the JSON string, quotes included
	Surface    string // system, user, assistant, tool_arguments, tool_result, reasoning
	Turn       int    // index of the message
}
