package rescue

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"sluice/core"
	"sluice/core/llm"
)

// script is a stream of events that ends with err, if that is not nil.
func script(err error, events ...llm.Event) core.EventSeq {
	return func(yield func(llm.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(llm.Event{}, err)
		}
	}
}

var (
	begins = llm.Event{Kind: llm.EventStart, ID: "a"}
	opens  = llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart}
	closes = llm.Event{Kind: llm.EventPartStop}
	ends   = llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop}}
	done   = llm.Event{Kind: llm.EventDone}
	cut    = &llm.Error{Kind: llm.Truncated, Message: "the answer broke off"}
)

func say(text string) llm.Event { return llm.Event{Kind: llm.EventText, Text: text} }

// spoken is the stream of a text in the given pieces.
func spoken(pieces ...string) []llm.Event {
	out := []llm.Event{begins, opens}
	for _, p := range pieces {
		out = append(out, say(p))
	}
	return append(out, closes, ends, done)
}

// asked is a call for a stream of words.
func asked(r llm.Request) *core.Call {
	c := &core.Call{Incoming: core.Incoming{Stream: true}, Operation: llm.Generate, Decoder: decoder{&r}}
	return c.Prepare()
}

type decoder struct{ r *llm.Request }

func (d decoder) DecodeRequest(core.Incoming) (*llm.Request, error) { return d.r, nil }

var question = llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "go"}}}}}

func replyOf(option string, seq core.EventSeq) *core.Reply {
	r := core.NewEvents(seq)
	r.Option, r.Provider = option, option
	return r
}

// rescued reads an answer whose parts are given; the first breaks off with
// err, each but the last with cut.
func rescued(t *testing.T, c *core.Call, err error, first []llm.Event, then ...*core.Reply) (*core.Reply, []llm.Event, error) {
	t.Helper()
	c.Trace.Add(core.Attempt{Option: "first"})
	for _, n := range then {
		c.Trace.Add(core.Attempt{Option: n.Option})
	}
	r := replyOf("first", script(err, first...))
	Wrap(t.Context(), c, r, func(*core.Call) (*core.Reply, error) {
		if len(then) == 0 {
			return nil, llm.Errorf(llm.Unsupported, "there is no other target")
		}
		n := then[0]
		then = then[1:]
		return n, nil
	})
	var got []llm.Event
	for e, err := range r.Events() {
		if err != nil {
			return r, got, err
		}
		got = append(got, e)
	}
	return r, got, nil
}

// words checks that events are one answer of one text, and returns it.
func words(t *testing.T, events []llm.Event) string {
	t.Helper()
	counts := map[llm.EventKind]int{}
	var c llm.Collector
	for _, e := range events {
		counts[e.Kind]++
		c.Add(e)
	}
	for _, kind := range []llm.EventKind{llm.EventStart, llm.EventPartStart, llm.EventPartStop, llm.EventFinish, llm.EventDone} {
		if counts[kind] != 1 {
			t.Fatalf("%d events of kind %d in %+v", counts[kind], kind, events)
		}
	}
	return c.Response().Choices[0].Parts[0].(*llm.Text).Text
}

// Wherever an answer breaks off, and in whatever pieces it goes on, with or
// without what was said before: the client reads it once.
func TestARescuedAnswerIsReadOnce(t *testing.T) {
	t.Parallel()
	whole := "In the  beginning,\n\n\tthere was a naïve “word” 1 11 111 111.\n"
	for at := 1; at < len(whole); at++ {
		text, rest := whole[:at], whole[at:]
		sent := strings.TrimRightFunc(text, unicode.IsSpace)
		continuations := map[string]string{
			"from where it was sent":  text[len(sent):] + rest,
			"from where it broke off": rest,
		}
		if len(sent) >= minRepeated {
			continuations["from the beginning"] = sent + text[len(sent):] + rest
		}
		for name, says := range continuations {
			if name == "from where it broke off" && text != sent && rest != strings.TrimLeftFunc(rest, unicode.IsSpace) {
				continue // whose white space that is, nobody can tell
			}
			for split := range len(says) {
				_, got, err := rescued(t, asked(question), cut, []llm.Event{begins, opens, say(text)}, replyOf("second", script(nil, spoken(says[:split], says[split:])...)))
				if err != nil {
					t.Fatal(err)
				}
				if heard := words(t, got); heard != whole {
					t.Fatalf("after %q, %s in %q and %q: %q", text, name, says[:split], says[split:], heard)
				}
			}
		}
	}
}

func TestWhatIsNoRepetitionIsKept(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		then       []string
		repeats    bool
		want       string
	}{
		{"a digit twice", "1", []string{"1"}, false, "11"},
		{"a digit twice, of a target that repeats", "1", []string{"11"}, true, "11"},
		{"half of what was said", "la la la la la la", []string{"la la", " the end"}, false, "la la la la la la" + "la la the end"},
		{"half of what was said, and no more", "la la la la la la", []string{"la la"}, false, "la la la la la la" + "la la"},
		{"all of it, and no more", "Once upon a time", []string{"Once upon", " a time"}, false, "Once upon a time"},
		{"nothing", "Once upon a time", nil, false, "Once upon a time"},
		{"its white space only", "Once upon a time \n", []string{" "}, false, "Once upon a time \n"},
		{"other white space", "Once \t", []string{"\nupon"}, false, "Once \t\nupon"},
		{"more white space", "Once\n", []string{"\n\n", "upon"}, false, "Once\n\nupon"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := replyOf("second", script(nil, spoken(tt.then...)...))
			n.Repeats = tt.repeats
			_, got, err := rescued(t, asked(question), cut, []llm.Event{begins, opens, say(tt.text)}, n)
			if err != nil {
				t.Fatal(err)
			}
			if heard := words(t, got); heard != tt.want {
				t.Errorf("got %q, want %q", heard, tt.want)
			}
		})
	}
}

func TestARescueMayNeedRescue(t *testing.T) {
	t.Parallel()
	c := asked(question)
	r, got, err := rescued(t, c, &llm.Error{Kind: llm.Overloaded, Provider: "openai", Message: "busy"}, []llm.Event{begins, opens, say("Once upon")},
		replyOf("second", script(cut, begins, opens, say("Once up"))), // is held back, and never told
		replyOf("third", script(cut, begins, opens, say("Once upon"), say(" a"))),
		replyOf("fourth", script(nil, spoken("Once upon a ", "time")...)))
	if err != nil {
		t.Fatal(err)
	}
	if heard := words(t, got); heard != "Once upon a time" {
		t.Errorf("got %q", heard)
	}
	if r.Option != "fourth" {
		t.Errorf("the reply is that of %q", r.Option)
	}
	for i, a := range c.Trace.Attempts() {
		if (a.Bill != nil) != (i < 3) {
			t.Errorf("bill of %s: %+v", a.Option, a.Bill)
		}
	}
	for _, n := range c.Trace.Notes() {
		if strings.Contains(n.Text, "busy") {
			t.Errorf("a provider's text is noted: %s", n.Text)
		}
	}
	if notes := c.Trace.Notes(); len(notes) != 3 || notes[2].Option != "fourth" || !strings.Contains(notes[2].Text, "third, which broke off after 11 bytes") {
		t.Errorf("notes %+v", notes)
	}
}

func TestTheUsageOfARescuedAnswerIsThatOfItsParts(t *testing.T) {
	t.Parallel()
	use := func(in, out int64) llm.Event {
		return llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: in, Output: out}}
	}
	second := spoken(" upon a time")
	second = slices.Insert(second, len(second)-1, use(20, 5))
	n := replyOf("second", script(nil, second...))
	n.Report(&llm.Usage{Input: 20, Output: 5}, "other-model")
	c := asked(question)
	c.Trace.Add(core.Attempt{Option: "first"})
	r := replyOf("first", script(cut, begins, use(10, 1), opens, say("Once upon a midnight dreary, I wept")))
	r.Report(&llm.Usage{Input: 10, Output: 1}, "model")
	closed := 0
	n.OnClose(func() { closed++ })
	Wrap(t.Context(), c, r, func(*core.Call) (*core.Reply, error) { return n, nil })
	var told *llm.Usage
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == llm.EventUsage {
			told = e.Usage
		}
	}
	if told.Input != 30 || told.Output != 5+9 || !told.Estimated {
		t.Errorf("the client was told %+v", told)
	}
	if u := r.Usage(); u.Input != 20 || u.Output != 5 || r.Served() != "other-model" {
		t.Errorf("the reply has %+v of %s", u, r.Served())
	}
	if b := c.Trace.Attempts()[0].Bill; b.Usage.Input != 10 || b.Usage.Output != 9 {
		t.Errorf("billed %+v", b.Usage)
	}
	if r.Close(); closed != 1 {
		t.Errorf("closed %d times", closed)
	}
}

func TestAContinuationMayBeMoreThanText(t *testing.T) {
	t.Parallel()
	second := []llm.Event{
		begins, {Kind: llm.EventPartStart, PartKind: llm.ReasoningPart}, {Kind: llm.EventReasoning, Text: "hm"}, closes,
		{Kind: llm.EventPartStart, Part: 1, PartKind: llm.TextPart}, {Kind: llm.EventText, Part: 1, Text: "I'll look"}, {Kind: llm.EventText, Part: 1, Text: " it up."}, {Kind: llm.EventPartStop, Part: 1},
		{Kind: llm.EventPartStart, Part: 2, PartKind: llm.ToolCallPart, ID: "c", Name: "find"}, {Kind: llm.EventArguments, Part: 2, Text: "{}"}, {Kind: llm.EventPartStop, Part: 2},
		ends, done,
	}
	_, got, err := rescued(t, asked(question), cut, []llm.Event{begins, opens, say("I'll look")}, replyOf("second", script(nil, second...)))
	if err != nil {
		t.Fatal(err)
	}
	var c llm.Collector
	open := -1
	for _, e := range got {
		switch e.Kind {
		case llm.EventPartStart:
			if open >= 0 {
				t.Errorf("part %d begins within part %d", e.Part, open)
			}
			open = e.Part
		case llm.EventPartStop:
			open = -1
		}
		c.Add(e)
	}
	parts := c.Response().Choices[0].Parts
	if len(parts) != 4 {
		t.Fatalf("%d parts", len(parts))
	}
	if a, b := parts[0].(*llm.Text), parts[2].(*llm.Text); a.Text+b.Text != "I'll look it up." {
		t.Errorf("text %q and %q", a.Text, b.Text)
	}
	if call := parts[3].(*llm.ToolCall); call.Name != "find" || call.Arguments != "{}" {
		t.Errorf("call %+v", call)
	}
}
