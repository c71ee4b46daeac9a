package core

import (
	"iter"

	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// A StreamDecoder reads the frames of one dialect. It is a state machine: no
// context, no input or output, no goroutine.
type StreamDecoder interface {
	// Decode appends the events that f causes. An error ends the stream: an
	// error object in it is an *llm.Error.
	Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error)
	// Flush is called when the frames have ended. It returns an *llm.Error of
	// kind Truncated if the stream never said that it was done.
	Flush(dst []llm.Event) ([]llm.Event, error)
}

// Events decodes frames.
func Events(frames frame.Seq, dec StreamDecoder) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		var buf []llm.Event
		send := func(err error) bool {
			for _, e := range buf {
				if !yield(e, nil) {
					return false
				}
			}
			if err != nil {
				yield(llm.Event{}, err)
			}
			return err == nil
		}
		for f, err := range frames {
			buf = buf[:0]
			if err == nil {
				buf, err = dec.Decode(buf, f)
			}
			if !send(err) {
				return
			}
		}
		var err error
		buf, err = dec.Flush(buf[:0])
		send(err)
	}
}

// maxHeld is how much of a stream is held before its first content, in bytes.
const maxHeld = 4 << 20

// Commit reads frames until the first one that carries content, as dec sees
// it, and returns the stream from its beginning. A failure before that is
// returned as an error, and the stream is closed: nothing of it has reached
// anybody.
//
// stop must be called when the returned stream is not read to its end; it may
// be called in any case.
func Commit(frames frame.Seq, dec StreamDecoder) (seq frame.Seq, stop func(), err error) {
	next, stop := iter.Pull2(frames)
	var held []frame.Frame
	size := 0
	var events []llm.Event
	for {
		f, err, ok := next()
		switch {
		case !ok:
			_, err = dec.Flush(nil)
			if err == nil {
				return replay(held, nil), stop, nil
			}
			fallthrough
		case err != nil:
			stop()
			return nil, nil, err
		}
		if size += len(f.Raw); size > maxHeld && len(held) > 0 {
			stop()
			return nil, nil, &llm.Error{Kind: llm.Upstream, Message: "the stream has no content"}
		}
		held = append(held, f.Clone())
		if events, err = dec.Decode(events[:0], f); err != nil {
			stop()
			return nil, nil, err
		}
		for i := range events {
			if events[i].Content() {
				return replay(held, next), stop, nil
			}
		}
	}
}

func replay(held []frame.Frame, next func() (frame.Frame, error, bool)) frame.Seq {
	return func(yield func(frame.Frame, error) bool) {
		for _, f := range held {
			if !yield(f, nil) {
				return
			}
		}
		if next == nil {
			return
		}
		for {
			f, err, ok := next()
			if !ok || !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// Commit reads a stream until the first event that carries content, which is
// the first that its client is given; the reply begins there. A failure before
// that is returned. The reply must be closed.
func (r *Reply) Commit() error {
	next, stop := iter.Pull2(r.streamEvents())
	r.OnClose(stop)
	var held []llm.Event
	for {
		e, err, ok := next()
		if err != nil {
			return err
		}
		if ok {
			held = append(held, e)
		}
		if !ok || e.Content() {
			break
		}
	}
	r.frames, r.rewrites = nil, nil
	r.events = func(yield func(llm.Event, error) bool) {
		for _, e := range held {
			if !yield(e, nil) {
				return
			}
		}
		for e, err, ok := next(); ok && yield(e, err) && err == nil; e, err, ok = next() {
		}
	}
	return nil
}
