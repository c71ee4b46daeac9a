package openairesponses

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/json"
	"sluice/core/internal/worktest"
	"sluice/core/llm"
)

// TestAnyAnswerGoesThroughAStream is the law: whatever the events say, the
// stream keeps to the grammar, its last event has the response that a client
// of the whole answer gets, and so has who reads the events.
func TestAnyAnswerGoesThroughAStream(t *testing.T) {
	t.Parallel()
	answers := uint64(2000)
	if worktest.Raced {
		answers /= 10
	}
	for seed := range answers {
		r := randomResponse(rand.New(rand.NewPCG(seed, 1)))
		want := dialecttest.Canonical(t, encoded(t, r, dialect.Options{}), normalize)
		out := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}), shuffled(rand.New(rand.NewPCG(seed, 2)), r)...)
		if got := dialecttest.Canonical(t, grammar(t, out), normalize); got != want {
			t.Fatalf("seed %d, last event: got\n%s\nwant\n%s\nfrom\n%s", seed, got, want, out)
		}
		again, err := read(out)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, out)
		}
		orderly(t, again)
		if got := dialecttest.Canonical(t, encoded(t, dialecttest.Collect(again), dialect.Options{}), normalize); got != want {
			t.Fatalf("seed %d, events: got\n%s\nwant\n%s\nfrom\n%s", seed, got, want, out)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// orderly checks that parts begin, speak and end in this order, and that only
// calls overlap.
func orderly(t testing.TB, events []llm.Event) {
	t.Helper()
	open, next := map[int]llm.PartKind{}, 0
	for _, e := range events {
		switch e.Kind {
		case llm.EventPartStart:
			if e.Part != next {
				t.Fatalf("part %d begins, want %d", e.Part, next)
			}
			for n, kind := range open {
				if kind != llm.ToolCallPart {
					t.Fatalf("part %d begins inside of part %d", e.Part, n)
				}
			}
			open[e.Part] = e.PartKind
			next++
		case llm.EventText, llm.EventReasoning, llm.EventArguments, llm.EventRefusal, llm.EventSignature, llm.EventCitation, llm.EventPartStop:
			if open[e.Part] == 0 {
				t.Fatalf("part %d speaks or ends and is not open", e.Part)
			}
			if e.Kind == llm.EventPartStop {
				delete(open, e.Part)
			}
		}
	}
	if n := len(events); n > 0 && events[n-1].Kind == llm.EventDone && len(open) > 0 {
		t.Fatalf("%v are never closed", open)
	}
}

var bits = []string{"a", "é", "<b>", "\"", "\\", "\n", "{", "}", "日本", "\u2028", " "}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(bits[r.IntN(len(bits))])
	}
	return b.String()
}

func randomResponse(r *rand.Rand) *llm.Response {
	finishes := []llm.Finish{
		{Reason: llm.FinishStop}, {Reason: llm.FinishLength}, {Reason: llm.FinishContentFilter}, {Reason: llm.FinishToolCalls},
		{Reason: llm.FinishPause, Raw: "pause_turn"}, {Reason: llm.FinishOther, Raw: "odd"}, {Reason: llm.FinishStopSequence}, {Reason: llm.FinishRefusal},
	}
	out := &llm.Response{
		ID: "msg_01", Model: "m", Created: 7,
		Choices: []llm.Choice{{Finish: finishes[r.IntN(len(finishes))]}},
		Usage:   &llm.Usage{Input: r.Int64N(1e6), CacheRead: r.Int64N(3), CacheWrite: r.Int64N(3), Output: r.Int64N(1e6), Reasoning: r.Int64N(2)},
	}
	native := r.IntN(2) == 0
	if native {
		out.ID, out.Native = "resp_1", llm.NativeOf(llm.OpenAIResponses, fullMembers)
	}
	if !native && r.IntN(8) == 0 {
		out.Usage = nil
	}
	for i := range r.IntN(6) {
		out.Choices[0].Parts = append(out.Choices[0].Parts, randomPart(r, i, native))
	}
	return out
}

var fullMembers = json.Value(`{"instructions":"i","metadata":{},"parallel_tool_calls":true,"temperature":1.0,"tool_choice":"auto","tools":[{"type":"web_search"}],"top_p":1.0}`)

func randomPart(r *rand.Rand, i int, native bool) llm.Part {
	mark := func(members string) llm.Native {
		if !native {
			return llm.Native{}
		}
		return llm.NativeOf(llm.OpenAIResponses, json.Value(fmt.Sprintf(members, i)))
	}
	switch r.IntN(11) {
	case 0:
		n := ofAnthropic(`{"x":1}`)
		if native {
			n = mark(`{"id":"rs_%d"}`)
		}
		return &llm.Reasoning{Text: randomText(r), Signature: randomText(r), Native: n}
	case 1:
		return &llm.Reasoning{Redacted: "x" + randomText(r)}
	case 2:
		return &llm.Reasoning{Text: "x" + randomText(r), Native: llm.NativeOf(llm.OpenAIResponses, json.Value(`{"summary":[],"as content":""}`))}
	case 3:
		return &llm.ToolCall{ID: fmt.Sprintf("call_%d", i), Name: "f", Arguments: string(json.ValueOf(map[string]string{"k": randomText(r)})), Native: mark(`{"id":"fc_%d"}`)}
	case 4:
		return &llm.ToolCall{ID: fmt.Sprintf("call_%d", i), Name: joinName("n", "g")}
	case 5:
		return &llm.ToolCall{ID: fmt.Sprintf("call_%d", i), Name: "c", Custom: true, Arguments: randomText(r)}
	case 6:
		return &llm.Refusal{Text: randomText(r)}
	case 7:
		return &llm.Foreign{Kind: "web_search_call", Native: llm.NativeOf(llm.OpenAIResponses, json.Value(`{"type":"web_search_call","id":"ws","status":"completed","action":{"q":"\n"}}`))}
	case 8:
		return &llm.Foreign{Kind: "server_tool_use", Native: ofAnthropic(`{"type":"server_tool_use"}`)}
	case 9:
		return &llm.Text{Text: "x" + randomText(r), Citations: []llm.Citation{{URL: "https://x", Title: "T", Quote: "q"}, {Quote: "of a document"}}}
	}
	return &llm.Text{Text: randomText(r), Native: mark(`{"message":{"id":"msg_%d","phase":"commentary"}}`)}
}

// shuffled cuts the texts of a stream into pieces and lets the fragments of
// neighbouring tool calls come in any order, as chat streams do.
func shuffled(r *rand.Rand, resp *llm.Response) []llm.Event {
	var out []llm.Event
	for e := range resp.Events() {
		for e.Text != "" && e.Kind != llm.EventPartStart && e.Kind != llm.EventFinish && r.IntN(3) > 0 {
			runes := []rune(e.Text)
			n := 1 + r.IntN(len(runes))
			piece := e
			piece.Text, e.Text = string(runes[:n]), string(runes[n:])
			out = append(out, piece)
		}
		out = append(out, e)
	}
	for i := range len(out) - 1 {
		a, b := out[i], out[i+1]
		late := a.Kind == llm.EventArguments || a.Kind == llm.EventPartStop && isCall(out, a.Part)
		if late && b.Kind == llm.EventPartStart && b.PartKind == llm.ToolCallPart && r.IntN(2) == 0 {
			out[i], out[i+1] = b, a
		}
	}
	return out
}

func isCall(events []llm.Event, part int) bool {
	return slices.ContainsFunc(events, func(e llm.Event) bool {
		return e.Kind == llm.EventPartStart && e.Part == part && e.PartKind == llm.ToolCallPart
	})
}
