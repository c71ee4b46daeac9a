package core

import (
	"io"
	"iter"
	"net/http"
	"slices"

	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// A Reading turns what an upstream says into canonical form.
type Reading interface {
	DecodeResponse(body []byte) (*llm.Response, error)
	DecodeStream() StreamDecoder
}

// EventSeq is a stream of events. An error is the last thing it yields.
type EventSeq = iter.Seq2[llm.Event, error]

// A Reply is the answer of an upstream, in the upstream's dialect, as raw
// bytes and, to whoever asks, in canonical form. Only the surface that faces
// the client encodes: it forwards the raw bytes when the dialects match and
// nothing was rewritten, else it encodes the canonical form. So fallback
// across dialects, rewritten streams and replays from a recording are one
// mechanism.
//
// A streamed reply can be read once, as frames or as events.
type Reply struct {
	Status   int
	Header   http.Header // the upstream's headers that may reach the client
	Dialect  llm.Dialect // of the raw form
	Provider string
	Model    string
	Option   string        // path in the config of the target that answered
	Dropped  []string      // members of the request that the target has no word for
	Region   string        // where it was served, in the provider's words, if that is known
	Strict   bool          // the target is held to strict OpenAI compliance
	Others   []llm.Counted // what is paid for and not counted in tokens, as far as it was read
	Joined   bool          // other targets may go on with it: no provider has it as the client reads it
	Repeats  bool          // the rest of an answer, behind the beginning that the target was sent
	Retries  int           // -1: all were used up and the answer is still a failure
	Hooks    *llm.Hooks    // what guardrails have found; nil: none has run
	Cache    CacheStatus   // what the cache had; empty: nobody looked
	Denied   error         // why a guardrail has ended a stream that had begun: the client reads a refusal. Nil: it has not

	usage    *llm.Usage // as far as reported
	told     bool       // all that is to be known of usage and model was reported
	served   string     // the model that the answer names
	passed   int64      // bytes of text in a stream, roughly
	decoded  *llm.Response
	stream   bool
	frames   frame.Seq // nil when the answer never had frames, as in a replay
	events   EventSeq  // what there is in place of frames
	rewrites []func(EventSeq) EventSeq
	body     []byte // nil when the response was edited
	response func() (*llm.Response, error)
	reading  Reading
	relay    io.ReadCloser
	close    []func()
}

// NewStream makes a streamed reply. close, which may be nil, is called once
// by [Reply.Close].
func NewStream(d llm.Dialect, rd Reading, frames frame.Seq, close func()) *Reply {
	r := &Reply{Status: http.StatusOK, Dialect: d, stream: true, frames: frames, reading: rd}
	r.OnClose(close)
	return r
}

// NewEvents makes a streamed reply that has no raw form.
func NewEvents(events EventSeq) *Reply {
	return &Reply{Status: http.StatusOK, stream: true, events: events}
}

// NewBody makes a reply that is whole.
func NewBody(d llm.Dialect, rd Reading, body []byte) *Reply {
	r := &Reply{Status: http.StatusOK, Dialect: d, body: body, reading: rd}
	r.response = func() (*llm.Response, error) {
		if r.decoded != nil || rd == nil {
			return r.decoded, nil
		}
		var err error
		r.decoded, err = rd.DecodeResponse(body)
		return r.decoded, err
	}
	return r
}

// NewRelay makes a reply that is handed on as it is: nobody reads it but the
// client. Its headers say what it is.
func NewRelay(body io.ReadCloser, close func()) *Reply {
	r := &Reply{Status: http.StatusOK, relay: body}
	r.OnClose(close)
	return r
}

// Relay returns the body of a relayed reply, nil if it is not one.
func (r *Reply) Relay() io.Reader {
	if r.relay == nil {
		return nil
	}
	return r.relay
}

// NewResponse makes a whole reply that has no raw form.
func NewResponse(resp *llm.Response) *Reply {
	return &Reply{Status: http.StatusOK, response: func() (*llm.Response, error) { return resp, nil }}
}

// NewKeptBody makes a whole reply of which both forms are known. resp returns
// nil if there is no canonical one: then only clients of its dialect can be
// given it. What it used is told by [Reply.Report].
func NewKeptBody(d llm.Dialect, body []byte, resp func() *llm.Response) *Reply {
	r := &Reply{Status: http.StatusOK, Dialect: d, body: body, told: true}
	r.response = func() (*llm.Response, error) {
		if resp != nil {
			r.decoded, resp = resp(), nil
		}
		return r.decoded, nil
	}
	return r
}

// NewKeptStream makes a streamed reply of which both forms are known.
func NewKeptStream(d llm.Dialect, frames frame.Seq, events EventSeq) *Reply {
	return &Reply{Status: http.StatusOK, Dialect: d, stream: true, frames: frames, events: events}
}

// OnClose has [Reply.Close] call f, which may be nil, once.
func (r *Reply) OnClose(f func()) {
	if f != nil {
		r.close = append(r.close, f)
	}
}

// OnBreak has f called with the error that ends a stream of frames, if one
// does. Who reads the frames sees it all the same.
func (r *Reply) OnBreak(f func(error)) {
	frames := r.frames
	if frames == nil {
		return
	}
	r.frames = func(yield func(frame.Frame, error) bool) {
		for fr, err := range frames {
			if err != nil {
				f(err)
			}
			if !yield(fr, err) {
				return
			}
		}
	}
}

// Stream reports whether the reply is a stream.
func (r *Reply) Stream() bool { return r.stream }

// Raw reports whether the upstream's own bytes still say what the reply says.
func (r *Reply) Raw() bool { return r.body != nil || r.frames != nil && r.rewrites == nil }

// Frames returns the raw frames of a stream, nil if it was rewritten.
func (r *Reply) Frames() frame.Seq {
	if r.rewrites != nil {
		return nil
	}
	return r.frames
}

// Body returns the raw body of a whole reply, nil if it was rewritten.
func (r *Reply) Body() []byte { return r.body }

// Events returns the answer as events: of a stream as they arrive, of a whole
// reply all that it holds.
func (r *Reply) Events() EventSeq {
	if r.stream {
		return r.streamEvents()
	}
	return func(yield func(llm.Event, error) bool) {
		resp, err := r.response()
		if err != nil {
			yield(llm.Event{}, err)
			return
		}
		for e := range resp.Events() {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (r *Reply) streamEvents() EventSeq {
	seq := r.events
	if seq == nil {
		seq = Events(r.frames, r.reading.DecodeStream())
	}
	for _, f := range r.rewrites {
		seq = f(seq)
	}
	return seq
}

// Response returns the answer as one object. A stream is read to its end.
func (r *Reply) Response() (*llm.Response, error) {
	if !r.stream {
		return r.response()
	}
	var c llm.Collector
	for e, err := range r.streamEvents() {
		if err != nil {
			return nil, err
		}
		c.Add(e)
	}
	return c.Response(), nil
}

// Rewrite puts f between the events of a stream and whoever reads them. The
// raw frames are no longer the answer then.
func (r *Reply) Rewrite(f func(EventSeq) EventSeq) {
	r.rewrites = append(r.rewrites, f)
}

// Edit changes a whole reply.
func (r *Reply) Edit(f func(*llm.Response) error) error {
	resp, err := r.response()
	if err != nil {
		return err
	}
	if err := f(resp); err != nil {
		return err
	}
	r.body = nil
	r.response = func() (*llm.Response, error) { return resp, nil }
	return nil
}

// Report notes what the answer says of itself: what it used, and which model
// gave it. Later reports replace earlier ones; what is empty replaces nothing.
func (r *Reply) Report(u *llm.Usage, served string) {
	if u != nil {
		r.usage = u
	}
	if served != "" {
		r.served = served
	}
}

// Pass counts text that has gone by.
func (r *Reply) Pass(n int) { r.passed += int64(n) }

// Usage is what the provider said it used: of a stream, as far as it was
// read. It is nil if nothing was said.
func (r *Reply) Usage() *llm.Usage {
	if resp := r.whole(); resp != nil && resp.Usage != nil {
		return resp.Usage
	}
	return r.usage
}

// Served is the model that the answer names, or empty. It may have another
// name than the model that was called.
func (r *Reply) Served() string {
	if resp := r.whole(); resp != nil && resp.Model != "" {
		return resp.Model
	}
	return r.served
}

// Passed is roughly how many bytes of text the answer had so far, for an
// estimate where nobody counted tokens.
func (r *Reply) Passed() int64 {
	if r.stream || r.body == nil {
		return r.passed
	}
	return int64(len(r.body))
}

// whole is the response of a reply that is not a stream, nil if it has none
// that can be read.
func (r *Reply) whole() *llm.Response {
	if r.stream || r.response == nil || r.told {
		return nil
	}
	resp, err := r.response()
	if err != nil {
		return nil
	}
	return resp
}

// Become makes the reply that of another target, as far as it is not on its
// way to the client already.
func (r *Reply) Become(n *Reply) {
	r.Provider, r.Model, r.Option, r.Region, r.Others, r.Retries = n.Provider, n.Model, n.Option, n.Region, n.Others, n.Retries
	r.usage, r.served, r.passed = n.usage, n.served, n.passed
	for _, name := range n.Dropped {
		if !slices.Contains(r.Dropped, name) {
			r.Dropped = append(slices.Clip(r.Dropped), name)
		}
	}
}

// Close releases the upstream connection. It may be called more than once.
func (r *Reply) Close() {
	for _, f := range r.close {
		f()
	}
	r.close = nil
}
