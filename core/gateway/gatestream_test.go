package gateway_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/internal/worktest"
	"sluice/core/llm"
)

// A gateCase is a random answer, cut at random into a stream, and what may not
// be in it.
type gateCase struct {
	side *matrixSide
	forbidden
	events    []llm.Event
	answer    *llm.Response
	permitted bool
}

// forbidden are words, and a gate that lets none of them through.
type forbidden struct {
	words  []string
	window int
	gate   *guard.Gate
}

// TestAForbiddenTextIsNeverDeliveredWhole plays random answers in every
// dialect that clients speak: 100 000 of them, with SLUICE_FULL=1 a million.
func TestAForbiddenTextIsNeverDeliveredWhole(t *testing.T) {
	t.Parallel()
	cases := 100_000
	switch {
	case worktest.Raced: // make test runs the others without the detector
		cases = 4_000
	case os.Getenv("SLUICE_FULL") != "":
		cases = 1_000_000
	}
	all, library := sides(), guard.NewLibrary()
	for i := range all {
		t.Run(all[i].Name, func(t *testing.T) {
			t.Parallel()
			denied := 0
			var words forbidden
			for n := range cases / len(all) {
				r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
				if n%20 == 0 {
					words = newForbidden(t, r, library)
				}
				c := newGateCase(r, &all[i], words)
				if !c.permitted {
					denied++
				}
				if wrong := c.play(t); wrong != "" {
					t.Fatalf("case %d: forbidden %q in %s: %s", n, c.words, eventsOf(c.events), wrong)
				}
			}
			if few := cases / len(all) / 10; denied < few || denied > 9*few {
				t.Errorf("%d of %d are forbidden: too one-sided to show much", denied, cases/len(all))
			}
		})
	}
}

// play sends the answer through a gate of one or two checks, and reads what the
// client is given.
func (c *gateCase) play(t *testing.T) string {
	held := heldBack{}
	given := func(yield func(llm.Event, error) bool) {
		for _, e := range c.events {
			held.in(&e)
			if !yield(e, nil) || held.most > c.window-1 {
				return
			}
			held.frame()
		}
	}
	var through []llm.Event
	for e := range c.gate.Filter(t.Context(), &guard.Input{Event: guard.After}, nil)(given) {
		held.out(&e)
		through = append(through, e)
	}
	if held.most > c.window-1 {
		return fmt.Sprintf("%d characters are held, of a window of %d", held.most, c.window)
	}
	got, err := c.delivered(through)
	if err != nil && (c.permitted || c.side.corpus != "cohere") { // where a filtered answer ends with ERROR
		return err.Error()
	}
	return c.judge(got, through)
}

func (c *gateCase) judge(got *llm.Response, through []llm.Event) string {
	if !c.permitted {
		if word := findIn(got, c.words); word != "" {
			return fmt.Sprintf("%q is delivered", word)
		}
		for _, e := range through {
			if e.Kind == llm.EventFinish && e.Finish.Reason == llm.FinishContentFilter {
				return ""
			}
		}
		return "the answer is not denied"
	}
	if fmt.Sprint(voices(got)) == fmt.Sprint(voices(c.answer)) {
		return ""
	}
	want, err := c.delivered(c.events) // the dialect has no word for something
	if err != nil {
		return err.Error()
	}
	if a, b := voices(got), voices(want); fmt.Sprint(a) != fmt.Sprint(b) {
		return fmt.Sprintf("delivered %q, want %q", a, b)
	}
	return ""
}

// newForbidden makes a hook of two checks that forbid the same.
func newForbidden(t *testing.T, r *rand.Rand, library guard.Library) forbidden {
	var f forbidden
	var quoted []string
	for range 1 + r.IntN(2) {
		w := randomText(r, 2, 4)
		f.words, quoted = append(f.words, w), append(quoted, regexp.QuoteMeta(w))
		f.window = max(f.window, utf8.RuneCountInString(w))
	}
	list := json.ValueOf([]any{map[string]any{
		"deny":               true,
		"default.contains":   map[string]any{"operator": "none", "words": f.words},
		"default.regexMatch": map[string]any{"rule": strings.Join(quoted, "|"), "not": true},
	}})
	p := guard.Parser{Library: library, Fault: func(path []string, message string) { t.Error(path, message) }}
	f.gate = guard.NewGate(p.Hooks("output_guardrails", list, nil))
	if f.gate.Whole() || f.gate.Delay() != f.window-1 {
		t.Errorf("%d characters are held for %q", f.gate.Delay(), f.words)
	}
	return f
}

// delivered is an answer as a client reads it.
func (c *gateCase) delivered(events []llm.Event) (*llm.Response, error) {
	enc := c.side.In.EncodeStream(dialect.Options{Provider: c.side.Provider, Model: c.side.model})
	var wire []byte
	var err error
	for i := range events {
		if wire, err = enc.Encode(wire, events[i]); err != nil {
			return nil, err
		}
	}
	if wire, err = enc.Flush(wire); err != nil {
		return nil, err
	}
	var got llm.Collector
	for e, err := range core.Events(c.side.Frames(bytes.NewReader(wire), 0), c.side.Out.Raw(nil).DecodeStream()) {
		if err != nil {
			return got.Response(), err
		}
		got.Add(e)
	}
	return got.Response(), nil
}

// voices are the texts of an answer, each put together from all parts of its
// kind, but for arguments, which are each for themselves.
func voices(r *llm.Response) []string {
	var list []string
	for _, c := range r.Choices {
		var text, thought string
		for _, p := range c.Parts {
			switch p := p.(type) {
			case *llm.Text:
				text += p.Text
			case *llm.Reasoning:
				thought += p.Text
			case *llm.ToolCall:
				list = append(list, unescapedText(p.Arguments))
			}
		}
		list = append(list, text, thought)
	}
	return list
}

var escape = regexp.MustCompile(`\\ud83d\\u[0-9a-f]{4}|\\u[0-9a-f]{4}`)

func unescapedText(text string) string {
	return escape.ReplaceAllStringFunc(text, func(e string) string {
		return json.Unquote(json.Value(`"` + e + `"`))
	})
}

func findIn(r *llm.Response, words []string) string {
	for _, v := range voices(r) {
		for _, w := range words {
			if strings.Contains(v, w) {
				return w
			}
		}
	}
	return ""
}

// heldBack knows, for each part, what has gone in and not come out.
type heldBack struct {
	texts map[[2]int]string
	most  int
}

func (h *heldBack) in(e *llm.Event) {
	if h.texts == nil {
		h.texts = map[[2]int]string{}
	}
	h.texts[[2]int{e.Choice, e.Part}] += saidBy(e)
}

func (h *heldBack) out(e *llm.Event) {
	at := [2]int{e.Choice, e.Part}
	h.texts[at] = strings.TrimPrefix(h.texts[at], saidBy(e))
}

func saidBy(e *llm.Event) string {
	switch e.Kind {
	case llm.EventText, llm.EventReasoning, llm.EventArguments:
		return e.Text
	}
	return ""
}

var unfinished = regexp.MustCompile(`(\\ud83d)?\\(u[0-9a-f]{0,3})?$|\\ud83d$`)

// frame looks at what is held between two frames, in characters; an escape is
// one, and a piece of an escape none.
func (h *heldBack) frame() {
	for _, text := range h.texts {
		h.most = max(h.most, utf8.RuneCountInString(unescapedText(unfinished.ReplaceAllString(text, ""))))
	}
}

func eventsOf(events []llm.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%d/%d.%d%q ", e.Kind, e.Choice, e.Part, e.Text)
	}
	return b.String()
}

const gateAlphabet = "abc苹果😀"

func randomText(r *rand.Rand, least, most int) string {
	letters := []rune(gateAlphabet)
	var b strings.Builder
	for range least + r.IntN(most-least+1) {
		b.WriteRune(letters[r.IntN(len(letters))])
	}
	return b.String()
}

func newGateCase(r *rand.Rand, side *matrixSide, words forbidden) *gateCase {
	c := &gateCase{side: side, forbidden: words}
	choices := 1
	if side.corpus == "chat" || side.corpus == "gemini" || side.corpus == "completions" {
		choices += r.IntN(2)
	}
	var all [][]llm.Event
	whole := &llm.Response{}
	for i := range choices {
		choice := words.choice(r, i, side.corpus != "completions")
		whole.Choices = append(whole.Choices, choice)
		all = append(all, streamOf(r, &choice))
	}
	c.answer = whole
	c.permitted = findIn(whole, c.words) == ""
	c.events = append(c.events, llm.Event{Kind: llm.EventStart, ID: "x", Model: side.model, Created: 1})
	c.events = append(c.events, interleaved(r, all)...)
	for i := range whole.Choices {
		c.events = append(c.events, llm.Event{Kind: llm.EventFinish, Choice: i, Finish: whole.Choices[i].Finish})
	}
	c.events = append(c.events, llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 4}}, llm.Event{Kind: llm.EventDone})
	return c
}

// text is a random text. That a word of some length is in it is rare, so one
// in eight is given one.
func (f *forbidden) text(r *rand.Rand, most int) string {
	text := randomText(r, 1, most)
	if r.IntN(8) > 0 {
		return text
	}
	letters := []rune(text)
	at := r.IntN(len(letters) + 1)
	return string(letters[:at]) + f.words[r.IntN(len(f.words))] + string(letters[at:])
}

// choice thinks, speaks and calls tools.
func (f *forbidden) choice(r *rand.Rand, index int, more bool) llm.Choice {
	c := llm.Choice{Index: index, Finish: llm.Finish{Reason: llm.FinishStop}}
	if more && r.IntN(3) == 0 {
		c.Parts = append(c.Parts, &llm.Reasoning{Text: f.text(r, 10)})
	}
	c.Parts = append(c.Parts, &llm.Text{Text: f.text(r, 12)})
	if !more {
		return c
	}
	for n := range r.IntN(3) {
		c.Finish.Reason = llm.FinishToolCalls
		c.Parts = append(c.Parts, &llm.ToolCall{ID: fmt.Sprint("call_", n), Name: "t", Arguments: `{"x":"` + partlyEscaped(r, f.text(r, 10)) + `"}`})
	}
	return c
}

// partlyEscaped writes some characters as escapes.
func partlyEscaped(r *rand.Rand, text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case r.IntN(3) > 0:
			b.WriteRune(c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.String()
}

// streamOf cuts the parts of a choice. Its calls of tools interleave.
func streamOf(r *rand.Rand, c *llm.Choice) []llm.Event {
	var events []llm.Event
	var calls [][]llm.Event
	for n, p := range c.Parts {
		start, kind, text := llm.Event{Kind: llm.EventPartStart}, llm.EventText, ""
		switch p := p.(type) {
		case *llm.Text:
			start.PartKind, text = llm.TextPart, p.Text
		case *llm.Reasoning:
			start.PartKind, kind, text = llm.ReasoningPart, llm.EventReasoning, p.Text
		case *llm.ToolCall:
			start.PartKind, start.ID, start.Name = llm.ToolCallPart, p.ID, p.Name
			kind, text = llm.EventArguments, p.Arguments
		}
		part := []llm.Event{start}
		for _, piece := range cutAtRandom(r, text) {
			part = append(part, llm.Event{Kind: kind, Text: piece})
		}
		part = append(part, llm.Event{Kind: llm.EventPartStop})
		for i := range part {
			part[i].Choice, part[i].Part = c.Index, n
		}
		if kind == llm.EventArguments {
			calls = append(calls, part)
		} else {
			events = append(events, part...)
		}
	}
	return append(events, interleaved(r, calls)...)
}

// cutAtRandom cuts a text between any of its characters.
func cutAtRandom(r *rand.Rand, text string) []string {
	one := 1 + r.IntN(4)
	var pieces []string
	piece := ""
	for _, c := range text {
		if piece += string(c); r.IntN(one) == 0 {
			pieces = append(pieces, piece)
			piece = ""
		}
	}
	if piece != "" {
		pieces = append(pieces, piece)
	}
	return pieces
}

// interleaved mixes streams at random, each in its own order.
func interleaved(r *rand.Rand, streams [][]llm.Event) []llm.Event {
	var all []llm.Event
	for len(streams) > 0 {
		i := r.IntN(len(streams))
		all = append(all, streams[i][0])
		if streams[i] = streams[i][1:]; len(streams[i]) == 0 {
			streams = append(streams[:i:i], streams[i+1:]...)
		}
	}
	return all
}
