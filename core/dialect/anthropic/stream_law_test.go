package anthropic

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// TestAnyAnswerGoesThroughAStream is the law: whatever the events say, a
// client that reads our stream holds what a client of the whole answer holds.
func TestAnyAnswerGoesThroughAStream(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		want := randomResponse(rand.New(rand.NewPCG(seed, 1)))
		out := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}), shuffled(rand.New(rand.NewPCG(seed, 2)), want)...)
		grammar(t, out)
		x := Codec{}.Raw(nil)
		var again []llm.Event
		dec := x.DecodeStream()
		for f, err := range frame.SSE(strings.NewReader(out), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if again, err = dec.Decode(again, f); err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, out)
			}
		}
		if _, err := dec.Flush(nil); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got := dialecttest.Collect(again)
		if !reflect.DeepEqual(canonical(t, got), canonical(t, want)) {
			t.Fatalf("seed %d:\ngot  %s\nwant %s\n%s", seed, canonical(t, got), canonical(t, want), out)
		}
	}
}

func canonical(t testing.TB, r *llm.Response) string {
	t.Helper()
	b, err := Codec{}.EncodeResponse(r, dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var bits = []string{"", "a", "é", "<b>", "\"", "\\", "\n", "{", "}", "日本", "\u2028", " "}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(bits[r.IntN(len(bits))])
	}
	return b.String()
}

func randomResponse(r *rand.Rand) *llm.Response {
	reasons := []llm.FinishReason{llm.FinishStop, llm.FinishLength, llm.FinishToolCalls, llm.FinishRefusal, llm.FinishPause, llm.FinishContextLength}
	out := &llm.Response{
		ID:      "msg_1",
		Model:   "m",
		Choices: []llm.Choice{{Finish: llm.Finish{Reason: reasons[r.IntN(len(reasons))]}}},
		Usage:   &llm.Usage{Input: r.Int64N(1e6), CacheRead: r.Int64N(3), CacheWrite: r.Int64N(3), CacheWrite1h: r.Int64N(3), Output: r.Int64N(1e6), Reasoning: r.Int64N(2)},
	}
	if r.IntN(4) == 0 {
		out.Choices[0].Finish.Reason, out.Choices[0].StopSequence = llm.FinishStopSequence, "END"
	}
	for i := range r.IntN(5) {
		out.Choices[0].Parts = append(out.Choices[0].Parts, randomPart(r, i))
	}
	return out
}

func randomPart(r *rand.Rand, i int) llm.Part {
	switch r.IntN(7) {
	case 0:
		return &llm.Reasoning{Text: randomText(r), Signature: randomText(r)}
	case 1:
		return &llm.Reasoning{Redacted: "x" + randomText(r)}
	case 2:
		return &llm.ToolCall{ID: fmt.Sprintf("toolu_%d", i), Name: "f", Arguments: string(marshal(map[string]string{"k" + randomText(r): randomText(r)}))}
	case 3:
		return &llm.ToolCall{ID: fmt.Sprintf("toolu_%d", i), Name: "g"}
	case 4:
		return &llm.Foreign{Kind: "server_tool_use", Native: llm.NativeOf(llm.Anthropic, json.Value(`{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":`+string(json.Quote(randomText(r)))+`}}`))}
	case 5:
		return &llm.Text{Text: "x" + randomText(r), Citations: []llm.Citation{{URL: "https://x", Quote: randomText(r), Title: "T", Native: llm.NativeOf(llm.Anthropic, json.Value(`{"type":"web_search_result_location","encrypted_index":"E"}`))}}}
	}
	return &llm.Text{Text: "x" + randomText(r)}
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
	args := func(e llm.Event) bool { return e.Kind == llm.EventArguments || e.Kind == llm.EventPartStop }
	for i := range len(out) - 1 {
		a, b := out[i], out[i+1]
		next := b.Kind == llm.EventPartStart && b.PartKind == llm.ToolCallPart
		if args(a) && isCall(out, a.Part) && next && r.IntN(2) == 0 {
			out[i], out[i+1] = b, a
		}
	}
	return out
}

func isCall(events []llm.Event, part int) bool {
	for _, e := range events {
		if e.Kind == llm.EventPartStart && e.Part == part {
			return e.PartKind == llm.ToolCallPart
		}
	}
	return false
}
