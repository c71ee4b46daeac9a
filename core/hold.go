package core

import (
	"bytes"
	"io"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// maxHeldFrames bounds the raw form of a stream that is held, in bytes.
const maxHeldFrames = 64 << 20

// Hold reads a stream to its end, so that somebody can judge all of it before
// the client is given anything, and returns what it says. The reply gives it
// again afterwards, as it came. A stream with more text than most bytes is not
// held: that is reported as tooLong, and the reply is of no use any more.
func (r *Reply) Hold(most int) (resp *llm.Response, tooLong bool, err error) {
	var held []frame.Frame
	size, raw := 0, r.Raw()
	if raw {
		frames := r.frames
		r.frames = func(yield func(frame.Frame, error) bool) {
			for f, err := range frames {
				if err == nil {
					held = append(held, f.Clone())
					size += len(f.Raw)
				}
				if !yield(f, err) {
					return
				}
			}
		}
	}
	var c llm.Collector
	var events []llm.Event
	text := 0
	for e, err := range r.streamEvents() {
		if err != nil {
			return nil, false, err
		}
		if text += len(e.Text); text > most || size > maxHeldFrames {
			return nil, true, nil
		}
		c.Add(e)
		events = append(events, e)
	}
	if raw {
		r.frames = sequence(held)
	} else {
		r.frames, r.rewrites, r.events = nil, nil, sequence(events)
	}
	return c.Response(), false, nil
}

// Say gives the reply another answer, which has no raw form.
func (r *Reply) Say(resp *llm.Response) {
	if r.stream {
		r.frames, r.rewrites = nil, nil
		r.events = func(yield func(llm.Event, error) bool) {
			for e := range resp.Events() {
				if !yield(e, nil) {
					return
				}
			}
		}
		return
	}
	r.passed, r.body = r.Passed(), nil
	r.response = func() (*llm.Response, error) { return resp, nil }
}

// SayBody gives a whole reply another body, of an operation that is no
// conversation.
func (r *Reply) SayBody(body json.Value) { r.body = body }

// Relays has a relayed reply hand on another body.
func (r *Reply) Relays(body []byte) { r.relay = io.NopCloser(bytes.NewReader(body)) }

// Through has what a relayed reply hands on go through f.
func (r *Reply) Through(f func(io.Reader) io.Reader) {
	r.relay = struct {
		io.Reader
		io.Closer
	}{f(r.relay), r.relay}
}

// Bill is what the reply has cost so far, although it is not the one that the
// client is given.
func (r *Reply) Bill() *Bill {
	return &Bill{Usage: r.Usage(), Others: r.Others, Region: r.Region}
}
