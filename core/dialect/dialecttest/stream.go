package dialecttest

import (
	"bytes"
	"io"
	"iter"
	"reflect"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
	"sluice/core/llm"
)

func (c Codec) stream(t *testing.T, f *golden.File, raw []byte) {
	events, err := c.decode(bytes.NewReader(raw))
	f.Want(t, "events", []byte(Dump(events, err)))
	c.skip(t, raw, events, err)
	EverySplit(t, raw, func(r io.Reader) string { return Dump(c.decode(r)) })
	if err == nil && c.In != nil {
		c.streamAgain(t, f, events)
	}
}

// streamAgain encodes a stream and wants that decoding it says the same.
func (c Codec) streamAgain(t *testing.T, f *golden.File, events []llm.Event) {
	o := c.options()
	out := c.encodeStream(t, events, o)
	again, err := c.decode(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("our own stream cannot be read: %v\n%s", err, out)
	}
	first, err := c.In.EncodeResponse(Collect(events), o)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.In.EncodeResponse(Collect(again), o)
	if err != nil {
		t.Fatal(err)
	}
	if d := c.diff(first, second); d != nil {
		t.Errorf("the stream, decoded and encoded again, says something else: %s\n%s", d, out)
	}
	f.Want(t, "collected.json", indent(first))
}

func (c Codec) encodeStream(t *testing.T, events []llm.Event, o dialect.Options) (out []byte) {
	seq := func(yield func(llm.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
	fail := func(err error) *llm.Error { t.Error(err); return llm.Errorf(llm.Internal, "%v", err) }
	for b := range Translate(seq, c.In.EncodeStream(o), fail) {
		out = append(out, b...)
	}
	return out
}

func (c Codec) decode(r io.Reader) ([]llm.Event, error) {
	var events []llm.Event
	for e, err := range core.Events(c.Frames(r, 0), c.Out.Raw(nil).DecodeStream()) {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// skip holds a decoder that can tell frames of no interest to its word: what
// remains gives the same usage and the same end.
func (c Codec) skip(t *testing.T, raw []byte, events []llm.Event, err error) {
	t.Helper()
	dec := c.Out.Raw(nil).DecodeStream()
	s, ok := dec.(interface{ Skip(frame.Frame) bool })
	if !ok {
		return
	}
	var rest []llm.Event
	var restErr error
	for f, ferr := range c.Frames(bytes.NewReader(raw), 0) {
		if restErr = ferr; restErr == nil && (len(rest) == 0 || !s.Skip(f)) {
			rest, restErr = dec.Decode(rest, f)
		}
		if restErr != nil {
			break
		}
	}
	if restErr == nil {
		rest, restErr = dec.Flush(rest)
	}
	if (restErr == nil) != (err == nil) {
		t.Errorf("with frames of no interest left out the stream ends with %v, not %v", restErr, err)
	}
	if got, want := Collect(rest).Usage, Collect(events).Usage; err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("with frames of no interest left out the usage is %+v, not %+v", got, want)
	}
}

// Translate writes the events of a stream in the client's dialect, frame by
// frame. After an error it writes the dialect's error event and stops.
func Translate(events core.EventSeq, enc dialect.StreamEncoder, fail func(error) *llm.Error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var buf []byte
		for e, err := range events {
			buf = buf[:0]
			if err == nil {
				buf, err = enc.Encode(buf, e)
			}
			if err != nil {
				yield(enc.Error(buf, fail(err)))
				return
			}
			if len(buf) > 0 && !yield(buf) {
				return
			}
		}
		buf, err := enc.Flush(buf[:0])
		if err != nil {
			buf = enc.Error(buf, fail(err))
		}
		if len(buf) > 0 {
			yield(buf)
		}
	}
}
