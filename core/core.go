package core

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"sluice/core/internal/w3c"
	"sluice/core/llm"
)

// A Handler answers a call. An upstream target is a Handler, and so is every
// strategy, retry, cache and guardrail around one.
//
// Handle returns once the reply is committed: for a stream, when its first
// content event has arrived. Until then any failure is an error, so that it
// can be retried or sent elsewhere. The caller closes the reply.
type Handler interface {
	Handle(ctx context.Context, c *Call) (*Reply, error)
}

// HandlerFunc is a function that is a [Handler].
type HandlerFunc func(ctx context.Context, c *Call) (*Reply, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, c *Call) (*Reply, error) { return f(ctx, c) }

// Incoming is a client's request as it came.
type Incoming struct {
	Method string
	Path   string // escaped, as the client sent it
	Rest   string // of a relayed call: the path behind /v1, escaped
	Query  string
	Header http.Header
	Body   []byte
	Upload io.Reader // a body too large to hold, in place of Body: it can be read once
	Length int64     // of Upload in bytes, -1 if the client has not said
	Model  string    // from the body, or from the path where the dialect has it there
	Stream bool
}

// Reader reads the body, held or not.
func (in Incoming) Reader() io.Reader {
	if in.Upload != nil {
		return in.Upload
	}
	return bytes.NewReader(in.Body)
}

// A RequestDecoder reads a request of one dialect.
type RequestDecoder interface {
	DecodeRequest(in Incoming) (*llm.Request, error)
}

// A Call is one request on its way to a target. Handlers may run copies of it
// side by side, so none changes the one it was given: it makes another with
// [Call.WithBody].
type Call struct {
	Incoming
	ID        string // of the request: in headers, logs and errors alike
	Operation llm.Operation
	Dialect   llm.Dialect // the client's
	Decoder   RequestDecoder
	Strict    bool // the client wants nothing that OpenAI does not have
	Only      bool // the client wants no target but the one that is chosen first
	Principal Principal
	Metadata  map[string]string // from x-portkey-metadata
	Trace     *Trace
	Waited    time.Duration // since the attempt that this one repeats
	Parent    w3c.Parent    // where the request stands in its client's trace
	Span      string        // of the attempt that this copy is for; empty if the client traces nothing
	Merged    bool          // the body has the parameters that its target sets already
	Private   bool          // the client wants nothing of it kept, neither bodies nor answers

	decoded *decoded
	links   *Links
	budget  *budget
	shared  *memos
	races   bool
	begun   begun
}

type decoded struct {
	once     sync.Once
	req      *llm.Request
	err      error
	expected expected

	needsOnce sync.Once
	needs     Needs

	memos memos
}

// Principal is who asks.
type Principal struct {
	Workspace, Key, User string
}

// Prepare readies a new call for use by several handlers at once. Every call
// that was not made by [Call.WithBody] needs it once.
func (c *Call) Prepare() *Call {
	var all struct { // at once: every request has them
		decoded decoded
		links   Links
		budget  budget
		shared  memos
		trace   Trace
	}
	c.decoded, c.links, c.budget, c.shared = &all.decoded, &all.links, &all.budget, &all.shared
	if c.Trace == nil {
		c.Trace = &all.trace
	}
	return c
}

// Request returns the canonical form of the request. It is decoded when first
// asked for, at most once, and shared: nobody may change it.
func (c *Call) Request() (*llm.Request, error) {
	c.decoded.once.Do(func() {
		c.decoded.req, c.decoded.err = c.Decoder.DecodeRequest(c.Incoming)
	})
	if c.decoded.err != nil || !c.Continues() {
		return c.decoded.req, c.decoded.err
	}
	return c.begun.in(c.decoded.req), nil
}

// Memo returns what make has made of the request, once for all copies of the
// call that have this body. key says what it is.
func (c *Call) Memo(key any, make func() any) any {
	return c.decoded.memos.of(key, make)
}

// Shared returns what make has made for the request, once for all copies of
// the call, whatever their bodies. key says what it is. Nil, if nobody has made
// it and make is nil. Of a call that was not prepared nothing is shared.
func (c *Call) Shared(key any, make func() any) any {
	switch {
	case c.shared != nil:
		return c.shared.of(key, make)
	case make != nil:
		return make()
	}
	return nil
}

// Links has what the URLs in the request lead to. Copies of the call share it.
func (c *Call) Links() *Links { return c.links }

// Once reports whether the call can be made one time only: its body is read
// while it is sent on.
func (c *Call) Once() bool { return c != nil && c.Upload != nil }

// After returns the call for an attempt that was waited for.
func (c *Call) After(wait time.Duration) *Call {
	d := *c
	d.Waited = wait
	return &d
}

// Attempt returns the call for one attempt to reach a target. To a client that
// traces, the attempt is a span of its own.
func (c *Call) Attempt() *Call {
	if c.Parent.IsZero() {
		return c
	}
	d := *c
	d.Span = w3c.NewSpan()
	return &d
}

// At returns a call for another path of the same target.
func (c *Call) At(op llm.Operation, rest string) *Call {
	d := *c
	d.Operation, d.Rest = op, rest
	return &d
}

// WithBody returns a copy of the call that has another body.
func (c *Call) WithBody(body []byte) *Call {
	d := *c
	d.Body = body
	d.decoded = new(decoded)
	return &d
}
