package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// plain is a dialect of words: every frame is a text delta, "end" finishes,
// "bad" fails.
type plain struct{ done bool }

func (p *plain) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	switch word := string(f.Data); word {
	case "":
		return dst, nil
	case "start":
		return append(dst, llm.Event{Kind: llm.EventStart}, llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart}), nil
	case "bad":
		return dst, &llm.Error{Kind: llm.Overloaded, Message: "told in the stream"}
	case "end":
		p.done = true
		return append(dst, llm.Event{Kind: llm.EventFinish}, llm.Event{Kind: llm.EventDone}), nil
	default:
		return append(dst, llm.Event{Kind: llm.EventText, Text: word}), nil
	}
}

func (p *plain) Flush(dst []llm.Event) ([]llm.Event, error) {
	if !p.done {
		return dst, &llm.Error{Kind: llm.Truncated}
	}
	return dst, nil
}

type reading struct{}

func (reading) DecodeResponse([]byte) (*llm.Response, error) { return nil, errors.New("unused") }
func (reading) DecodeStream() StreamDecoder                  { return &plain{} }

func frames(words ...string) frame.Seq {
	var b bytes.Buffer
	for _, w := range words {
		b.WriteString("data: " + w + "\n\n")
	}
	return frame.SSE(&b, 0)
}

func raws(t *testing.T, seq frame.Seq) string {
	t.Helper()
	var b strings.Builder
	for f, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		b.Write(f.Raw)
	}
	return b.String()
}

func TestCommitHoldsTheStreamUntilContent(t *testing.T) {
	t.Parallel()
	var read []string
	source := func(yield func(frame.Frame, error) bool) {
		for f, err := range frames("start", "Hello", "world", "end") {
			read = append(read, string(f.Data))
			if !yield(f, err) {
				return
			}
		}
	}
	seq, stop, err := Commit(source, &plain{})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if want := []string{"start", "Hello"}; !slices.Equal(read, want) {
		t.Errorf("read %q before committing, want %q", read, want)
	}
	if got, want := raws(t, seq), "data: start\n\ndata: Hello\n\ndata: world\n\ndata: end\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailuresBeforeContentAreErrors(t *testing.T) {
	t.Parallel()
	cut := func(yield func(frame.Frame, error) bool) {
		for f, err := range frames("start") {
			yield(f, err)
		}
		yield(frame.Frame{}, io.ErrUnexpectedEOF)
	}
	tests := []struct {
		name string
		seq  frame.Seq
		kind llm.ErrorKind
	}{
		{"empty", frames(), llm.Truncated},
		{"nothing but a start", frames("start"), llm.Truncated},
		{"an error in the stream", frames("start", "bad"), llm.Overloaded},
		{"a broken connection", cut, llm.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Commit(tt.seq, &plain{})
			if err == nil {
				t.Fatal("committed")
			}
			if e, ok := errors.AsType[*llm.Error](err); ok != (tt.kind != llm.Internal) || ok && e.Kind != tt.kind {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCommitStopsItsSource(t *testing.T) {
	t.Parallel()
	stopped := false
	source := func(yield func(frame.Frame, error) bool) {
		defer func() { stopped = true }()
		for f, err := range frames("start", "Hello", "world", "end") {
			if !yield(f, err) {
				return
			}
		}
	}
	_, stop, err := Commit(source, &plain{})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if !stopped {
		t.Error("the source still runs")
	}
}

func text(t *testing.T, r *Reply) string {
	t.Helper()
	var b strings.Builder
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(e.Text)
	}
	return b.String()
}

// shout is a decorator as a guardrail would be.
func shout(seq EventSeq) EventSeq {
	return func(yield func(llm.Event, error) bool) {
		for e, err := range seq {
			e.Text = strings.ToUpper(e.Text)
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestRewritingHidesTheRawForm(t *testing.T) {
	t.Parallel()
	r := NewStream("d", reading{}, frames("start", "Hello", "end"), nil)
	if !r.Raw() || r.Frames() == nil {
		t.Error("an untouched stream has no raw form")
	}
	r.Rewrite(shout)
	if r.Raw() || r.Frames() != nil {
		t.Error("the raw form of a rewritten stream can still be had")
	}
	if got := text(t, r); got != "HELLO" {
		t.Errorf("got %q", got)
	}
}

func TestRecordingGivesTheReplyAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(*Reply)
		raw     bool
		want    string
	}{
		{"untouched", func(*Reply) {}, true, "Hello"},
		{"rewritten before", func(r *Reply) { r.Rewrite(shout) }, false, "HELLO"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewStream("d", reading{}, frames("start", "Hello", "end"), nil)
			tt.prepare(r)
			rec, err := Record(r)
			if err != nil {
				t.Fatal(err)
			}
			r.Rewrite(func(s EventSeq) EventSeq { return s }) // afterwards: not recorded
			_ = text(t, r)
			if !rec.Complete {
				t.Error("not complete")
			}
			for range 2 {
				again := rec.Reply()
				if again.Raw() != tt.raw {
					t.Errorf("raw: %t", again.Raw())
				}
				if got := text(t, again); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			}
		})
	}
}

func TestABrokenStreamIsNotACompleteRecording(t *testing.T) {
	t.Parallel()
	r := NewStream("d", reading{}, frames("start", "Hello", "bad"), nil)
	r.Rewrite(shout)
	rec, err := Record(r)
	if err != nil {
		t.Fatal(err)
	}
	for range r.Events() {
	}
	if rec.Complete {
		t.Error("complete")
	}
}

func TestAfterHooksRunInOrderAndOutliveAPanic(t *testing.T) {
	t.Parallel()
	ctx, after := WithAfter(t.Context())
	var ran []string
	hook := func(name string) func(context.Context) {
		return func(context.Context) { ran = append(ran, name) }
	}
	RunAfter(ctx, func(context.Context) {
		ran = append(ran, "first")
		RunAfter(ctx, hook("registered by a hook"))
	})
	RunAfter(ctx, func(context.Context) { panic("a bug") })
	RunAfter(ctx, hook("last"))
	var reported any
	after.Run(t.Context(), func(p any) { reported = p })
	if want := []string{"first", "last", "registered by a hook"}; !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q", ran, want)
	}
	if reported != "a bug" {
		t.Errorf("reported %v", reported)
	}
	if RunAfter(t.Context(), hook("nobody")) {
		t.Error("a context without hooks takes one")
	}
}
