package dialect

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core/llm"
)

func call(part int) llm.Event {
	return llm.Event{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Part: part, Name: fmt.Sprint("t", part)}
}

func args(part int, s string) llm.Event {
	return llm.Event{Kind: llm.EventArguments, Part: part, Text: s}
}

var textStart = llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart, Part: 5}

func TestSequenceOpensOnePartAtATime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   []llm.Event
		want string // + opens, - closes, letters are deltas, number is the part
	}{
		{"one call", []llm.Event{call(0), args(0, `{}`)}, "+0 {}0 -0"},
		{"one after the other", []llm.Event{call(0), args(0, `{"a":1}`), call(1), args(1, `{}`)}, `+0 {"a":1}0 -0 +1 {}1 -1`},
		{"interleaved", []llm.Event{call(0), args(0, `{"a`), call(1), args(1, `{"b":`), args(0, `":1}`), args(1, `2}`)},
			`+0 {"a0 ":1}0 -0 +1 {"b":1 2}1 -1`},
		{"braces in strings do not close", []llm.Event{call(0), args(0, `{"a":"}`), call(1), args(0, `\"}"}`), args(1, `{}`)},
			`+0 {"a":"}0 \"}"}0 -0 +1 {}1 -1`},
		{"text gives way", []llm.Event{textStart, {Kind: llm.EventText, Part: 5, Text: "x"}, call(2), args(2, "{}")}, "+0 x0 -0 +1 {}1 -1"},
		{"a call without arguments waits for the end", []llm.Event{call(0), call(1), args(1, "{}")}, "+0 -0 +1 {}1 -1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Sequence
			var out []llm.Event
			for _, e := range append(tt.in, llm.Event{Kind: llm.EventFinish}) {
				out = s.Push(out, e)
			}
			if got := show(out); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func show(events []llm.Event) string {
	var b []string
	for _, e := range events {
		switch e.Kind {
		case llm.EventPartStart:
			b = append(b, fmt.Sprint("+", e.Part))
		case llm.EventPartStop:
			b = append(b, fmt.Sprint("-", e.Part))
		case llm.EventArguments, llm.EventText:
			b = append(b, fmt.Sprint(e.Text, e.Part))
		}
	}
	return strings.Join(b, " ")
}
