package upstream

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// stream commits a streamed answer.
func (x *exchange) stream(ctx context.Context, resp *http.Response) (*core.Reply, error) {
	if t := resp.Header.Get("Content-Type"); strings.Contains(t, "html") {
		defer httpx.Drain(resp.Body)
		return nil, x.unreadable("it answered with a web page instead of a stream", nil)
	}
	raw := x.endpoint.Format.Read(&pulse{r: resp.Body, watch: x.watch}, 0)
	frames := x.classed(ctx, raw)
	committed, stop, err := core.Commit(frames, x.codec.DecodeStream())
	if err != nil {
		resp.Body.Close()
		return nil, inStream(err)
	}
	x.watch.commit()
	var r *core.Reply
	seq := x.follow(committed,
		func(u *llm.Usage, served string) { r.Report(u, served) },
		func(f frame.Frame) {
			if len(f.Data) > 0 {
				r.Pass(bytesPerDelta)
			}
		})
	if x.native && x.call.Dialect.Completes() {
		seq = x.filterChunks(seq)
	}
	r = core.NewStream(x.endpoint.Codec.Dialect(), discreet{x.codec, x.secrets}, seq, func() {
		x.watch.stop()
		stop()
		resp.Body.Close()
	})
	return x.finish(r, resp), nil
}

// inStream takes a status of Anthropic's own away from an error that a stream
// with a good status told: no provider has sent it, and clients of other
// dialects know 503.
func inStream(err error) error {
	if e, ok := errors.AsType[*llm.Error](err); ok && e.Status == 529 {
		e.Status = 0
	}
	return err
}

// classed gives read errors a kind.
func (x *exchange) classed(ctx context.Context, seq frame.Seq) frame.Seq {
	return func(yield func(frame.Frame, error) bool) {
		for f, err := range seq {
			if err != nil {
				err = x.fail(ctx, broken(err))
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// broken says what a read error inside an answer means: the connection was
// there, so the answer is truncated.
func broken(err error) error {
	if _, ok := err.(frame.ErrTooLong); ok {
		return &llm.Error{Kind: llm.Upstream, Message: "its answer cannot be read", Err: err}
	}
	return &truncation{err}
}

type truncation struct{ err error }

func (t *truncation) Error() string { return "the stream broke off: " + t.err.Error() }
func (t *truncation) Unwrap() error { return t.err }

// bytesPerDelta is the text that one frame of a stream has, roughly: most
// providers send a token at a time. It serves only where nobody counts.
const bytesPerDelta = 4

// A Skipper is a stream decoder that can tell, without decoding, that a frame
// says nothing about how the answer ends: no usage, no finish, no error.
type Skipper interface{ Skip(f frame.Frame) bool }

// follow watches a stream for its end: when it stops without having said that
// it was done, the reader is told. Of a forwarded stream only the frames that
// matter are decoded. An error that the stream itself tells ends it silently
// after the frame that tells it, marked as told.
func (x *exchange) follow(seq frame.Seq, report func(*llm.Usage, string), pass func(frame.Frame)) frame.Seq {
	return func(yield func(frame.Frame, error) bool) {
		dec := x.codec.DecodeStream()
		skipper, _ := dec.(Skipper)
		if n := json.Lookup(x.call.Body, "n"); n != nil && string(n) != "1" {
			skipper = nil // each of several answers has an end of its own
		}
		var events []llm.Event
		begun := false // the first frames name the model
		for f, err := range seq {
			var bad error
			done := false
			switch {
			case err != nil:
			case skipper == nil || !begun || !skipper.Skip(f):
				events, bad = dec.Decode(events[:0], f)
				begun = begun || len(events) > 0
				reportOn(events, report)
				done = len(events) > 0 && events[len(events)-1].Kind == llm.EventDone
			case !json.Valid(f.Data):
				bad = x.unreadable("an event of the stream cannot be read", nil)
			}
			pass(f)
			if bad != nil && !json.Valid(f.Data) {
				yield(frame.Frame{}, x.fail(context.Background(), bad)) // of no use to anybody
				return
			}
			if bad != nil {
				f = x.hideInFrame(f)
			}
			if !yield(f, err) || err != nil || done { // what comes after the end is not the answer's
				return
			}
			if bad != nil {
				yield(frame.Frame{}, &core.Told{Err: x.fail(context.Background(), bad)})
				return
			}
		}
		events, err := dec.Flush(events[:0])
		reportOn(events, report)
		if err != nil {
			yield(frame.Frame{}, x.fail(context.Background(), err))
		}
	}
}

// reportOn takes what a stream says of itself. What it says of its usage at
// its start is an estimate.
func reportOn(events []llm.Event, report func(*llm.Usage, string)) {
	for i := range events {
		switch e := &events[i]; e.Kind {
		case llm.EventStart:
			report(nil, e.Model)
		case llm.EventUsage:
			report(e.Usage, "")
		}
	}
}

// filterChunks is the one frame filter there is. A chunk without choices goes
// to the client only when it asked for it: plain SDK loops read choices[0].
// Azure sends such a chunk first, with its prompt filter's results; others
// send usage last. Usage that the client asked for gets its empty choices,
// where a provider leaves them out.
func (x *exchange) filterChunks(seq frame.Seq) frame.Seq {
	return func(yield func(frame.Frame, error) bool) {
		done := false
		for f, err := range seq {
			if err == nil && len(f.Data) > 0 && !hasChoices(f.Data) {
				if f = x.choiceless(f); f.Raw == nil {
					continue
				}
				done = string(f.Data) == "[DONE]"
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
		if !done { // some providers end without it, and clients wait for it
			yield(frame.Frame{Data: []byte("[DONE]"), Raw: []byte("data: [DONE]\n\n")}, nil)
		}
	}
}

func present(v json.Value) bool { return v != nil && v.Kind() != 'n' }

// hasChoices looks for a filled choices member without parsing. It may miss
// one, and then the frame is parsed.
func hasChoices(data []byte) bool {
	const name = `"choices"`
	i := bytes.Index(data, []byte(name))
	if i < 0 {
		return false
	}
	rest := bytes.TrimLeft(data[i+len(name):], " :\t[")
	return len(rest) > 0 && rest[0] == '{'
}

func (x *exchange) choiceless(f frame.Frame) frame.Frame {
	members, err := json.Pick(f.Data, "choices", "usage", "error")
	if err != nil || present(members[2]) { // [DONE], an error, or not for us to judge
		return f
	}
	if choices, err := json.Elements(members[0]); err != nil && present(members[0]) || len(choices) > 0 {
		return f
	}
	usage := members[1].Kind() == '{'
	switch {
	case usage && x.quiet, !usage && x.target.Strict:
		return frame.Frame{}
	case usage && !present(members[0]):
		data, err := json.Splice(f.Data, json.Edit{Name: "choices", Value: json.Value("[]")})
		if err == nil {
			f.Data, f.Raw = data, frame.AppendSSE(nil, f.Event, data)
		}
	}
	return f
}
