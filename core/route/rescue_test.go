package route

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

func TestOnBreakIsChecked(t *testing.T) {
	t.Parallel()
	const one = `"targets":[{"provider":"openai"}]}`
	tests := []struct{ config, want string }{
		{`{"strategy":{"mode":"fallback","on_break":"continue"},` + one, ""},
		{`{"strategy":{"onBreak":"fail","mode":"single"},` + one, ""},
		{`{"strategy":{"onBreak":"go on","mode":"fallback"},` + one, "path: strategy,onBreak, message: Invalid 'on_break' value. Must be one of: fail, continue"},
		{`{"strategy":{"mode":"fallback","on_break":true},` + one, "path: strategy,on_break, message: Expected string, received boolean"},
		{`{"strategy":{"on_break":"continue","mode":"single"},` + one, "path: strategy,on_break, message: An answer cannot be continued with strategy 'single'"},
		{`{"provider":"openai","capabilities":{"prefill":"yes"}}`, "path: capabilities,prefill, message: Expected boolean, received string"},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(tt.config))
		bad, _ := errors.AsType[*InvalidError](err)
		if (tt.want == "") != (err == nil) || tt.want != "" && !strings.Contains(strings.Join(bad.Faults, "\n"), tt.want) {
			t.Errorf("%s: %v", tt.config, err)
		}
	}
}

// speaker is a child that streams a word, or breaks off behind it.
type speaker struct {
	counted
	at     string
	begun  bool // it goes on from a begun answer
	breaks bool
	last   bool // the one behind it is down
	asked  *core.Call
}

func (s *speaker) path() string               { return s.at }
func (s *speaker) prefills(c *core.Call) bool { return s.begun }

func (s *speaker) Handle(_ context.Context, c *core.Call) (*core.Reply, error) {
	s.calls++
	s.asked = c
	if s.failure != nil {
		return nil, s.failure
	}
	r := core.NewEvents(func(yield func(llm.Event, error) bool) {
		for _, e := range []llm.Event{{Kind: llm.EventStart}, {Kind: llm.EventPartStart, PartKind: llm.TextPart}, {Kind: llm.EventText, Text: s.at + " "}} {
			if !yield(e, nil) {
				return
			}
		}
		if s.breaks {
			yield(llm.Event{}, &llm.Error{Kind: llm.Truncated})
			return
		}
		_ = yield(llm.Event{Kind: llm.EventPartStop}, nil) && yield(llm.Event{Kind: llm.EventFinish}, nil) && yield(llm.Event{Kind: llm.EventDone}, nil)
	})
	r.Option = s.at
	return r, nil
}

type words struct{}

func (words) DecodeRequest(core.Incoming) (*llm.Request, error) { return &llm.Request{}, nil }

func TestWhoGoesOnWithABrokenAnswer(t *testing.T) {
	t.Parallel()
	down := &llm.Error{Kind: llm.Overloaded, Status: 503}
	rest := func(change func(*speaker)) *speaker {
		s := &speaker{at: "b", begun: true}
		change(s)
		return s
	}
	last := func() *speaker { return &speaker{at: "c", begun: true} }
	tests := []struct {
		name   string
		second *speaker
		want   string
		calls  int // of the second
		note   string
	}{
		{"the next one", rest(func(*speaker) {}), "a b ", 1, ""},
		{"not one that answers anew", rest(func(s *speaker) { s.begun = false }), "a c ", 0, "b passed over: is not known to go on from a begun answer"},
		{"not one that is benched", rest(func(s *speaker) { s.out = true }), "a c ", 0, ""},
		{"one that is benched, when there is no other", rest(func(s *speaker) { s.out, s.last = true, true }), "a b ", 1, ""},
		{"not one that is unable", rest(func(s *speaker) { s.reason = "no tools" }), "a c ", 0, "b passed over: no tools"},
		{"the one behind one that fails", rest(func(s *speaker) { s.failure = down }), "a c ", 1, ""},
		{"both, when the next breaks off too", rest(func(s *speaker) { s.breaks = true }), "a b c ", 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			first := &speaker{at: "a", breaks: true}
			behind := last()
			if tt.second.last {
				behind.failure = down
			}
			inner := &strategy{group: group{"n", []child{&speaker{at: "never"}, behind}}, choose: inOrder(2), moves: rule{moves: true}}
			s := &strategy{group: group{"config", []child{first, tt.second, inner}}, choose: inOrder(3), moves: rule{moves: true}, continues: true}
			call := (&core.Call{Incoming: core.Incoming{Stream: true}, Operation: llm.Generate, Decoder: words{}}).Prepare()
			r, err := s.Handle(t.Context(), call)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for e, err := range r.Events() {
				if err != nil {
					t.Fatal(err)
				}
				got += e.Text
			}
			if got != tt.want || tt.second.calls != tt.calls {
				t.Errorf("heard %q, with %d calls of the second", got, tt.second.calls)
			}
			var notes []string
			for _, n := range call.Trace.Notes() {
				notes = append(notes, n.Option+" "+n.Text)
			}
			if tt.note != "" && !slices.Contains(notes, tt.note) {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

// A strategy inside of another one has seen only what its own target said: the
// one that knows all of the answer goes on with it.
func TestWhoGoesOnIsGivenAllOfTheAnswer(t *testing.T) {
	t.Parallel()
	first, second := &speaker{at: "a", breaks: true}, &speaker{at: "b", begun: true, breaks: true}
	inner := &strategy{group: group{"n", []child{second, &speaker{at: "n2", begun: true}}}, choose: inOrder(2), moves: rule{moves: true}, continues: true}
	last := &speaker{at: "c", begun: true}
	s := &strategy{group: group{"config", []child{first, inner, last}}, choose: inOrder(3), moves: rule{moves: true}, continues: true}
	call := (&core.Call{Incoming: core.Incoming{Stream: true}, Operation: llm.Generate, Decoder: words{}}).Prepare()
	if got := said(s.Handle(t.Context(), call)); got != "a b c " {
		t.Errorf("heard %q", got)
	}
	r, err := last.asked.Request()
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Turns[len(r.Turns)-1].Parts[0].(*llm.Text).Text; got != "a b" {
		t.Errorf("the last target goes on from %q", got)
	}
}
