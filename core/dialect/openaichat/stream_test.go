package openaichat

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// deltas are the choices of a stream, one a line, without what is the same in
// all chunks.
func deltas(stream, head string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(stream, "\n\n") {
		line = strings.TrimPrefix(line, "data: ")
		line = strings.TrimSuffix(strings.TrimPrefix(line, head), "]}")
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

func read(stream string) ([]llm.Event, error) {
	var events []llm.Event
	for e, err := range core.Events(frame.SSE(strings.NewReader(stream), 0), Codec{}.Raw(nil).DecodeStream()) {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// ofAnthropic is a stream as the codec of Messages tells it.
var ofAnthropic = []llm.Event{
	{Kind: llm.EventStart, ID: "msg_1", Model: "claude", Created: 1},
	{Kind: llm.EventPartStart, PartKind: llm.ReasoningPart},
	{Kind: llm.EventReasoning, Text: "Hm"},
	{Kind: llm.EventSignature, Text: "EqQ"},
	{Kind: llm.EventPartStop},
	{Kind: llm.EventPartStart, PartKind: llm.RedactedPart, Part: 1, Text: "ZZ"},
	{Kind: llm.EventPartStop, Part: 1},
	{Kind: llm.EventPartStart, PartKind: llm.TextPart, Part: 2},
	{Kind: llm.EventText, Part: 2, Text: "42"},
	{Kind: llm.EventPartStop, Part: 2},
	{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Part: 3, ID: "toolu_1", Name: "f"},
	{Kind: llm.EventArguments, Part: 3, Text: `{"a":`},
	{Kind: llm.EventArguments, Part: 3, Text: `1}`},
	{Kind: llm.EventPartStop, Part: 3},
	{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Part: 4, ID: "toolu_2", Name: "g"},
	{Kind: llm.EventPartStop, Part: 4},
	{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls, Raw: "tool_use"}},
	{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, CacheRead: 50, CacheWrite: 20, Output: 15}},
	{Kind: llm.EventDone},
}

const anthropicHead = `{"id":"msg_1","object":"chat.completion.chunk","created":1,"model":"claude","provider":"anthropic","choices":[`

const callsOfAnthropic = `{"index":0,"delta":{"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}
{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]},"finish_reason":null}
{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":null}
{"index":0,"delta":{"tool_calls":[{"index":1,"id":"toolu_2","type":"function","function":{"name":"g","arguments":""}}]},"finish_reason":null}
{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]},"finish_reason":null}
`

func TestStrictClientsSeeNoReasoning(t *testing.T) {
	t.Parallel()
	got := deltas(dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Provider: "anthropic", Strict: true}), ofAnthropic...), anthropicHead)
	want := `{"index":0,"delta":{"role":"assistant","content":"42"},"finish_reason":null}
` + callsOfAnthropic + `{"index":0,"delta":{},"finish_reason":"tool_calls"}
[DONE]`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOtherClientsGetContentBlocks(t *testing.T) {
	t.Parallel()
	got := deltas(dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Provider: "anthropic", IncludeUsage: true}), ofAnthropic...), anthropicHead)
	want := `{"index":0,"delta":{"role":"assistant","content_blocks":[{"index":0,"delta":{"thinking":"","signature":""}}]},"finish_reason":null}
{"index":0,"delta":{"content_blocks":[{"index":0,"delta":{"thinking":"Hm"}}]},"finish_reason":null}
{"index":0,"delta":{"content_blocks":[{"index":0,"delta":{"signature":"EqQ"}}]},"finish_reason":null}
{"index":0,"delta":{"content_blocks":[{"index":1,"delta":{"data":"ZZ"}}]},"finish_reason":null}
{"index":0,"delta":{"content_blocks":[{"index":2,"delta":{"text":""}}]},"finish_reason":null}
{"index":0,"delta":{"content":"42","content_blocks":[{"index":2,"delta":{"text":"42"}}]},"finish_reason":null}
` + callsOfAnthropic + `{"index":0,"delta":{},"finish_reason":"tool_use"}
],"usage":{"prompt_tokens":73,"completion_tokens":15,"total_tokens":88,"prompt_tokens_details":{"cached_tokens":50},"cache_read_input_tokens":50,"cache_creation_input_tokens":20}}
[DONE]`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Converse does not announce blocks, and the reference adds nothing.
func TestBlocksAreAnnouncedForAnthropicOnly(t *testing.T) {
	t.Parallel()
	got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Provider: "bedrock"}),
		llm.Event{Kind: llm.EventStart, Model: "m"},
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart}, llm.Event{Kind: llm.EventText, Text: "Hi"}, llm.Event{Kind: llm.EventPartStop})
	if n := strings.Count(got, "content_blocks"); n != 1 {
		t.Errorf("got %d content_blocks in\n%s", n, got)
	}
}

func TestReasoningOfChatKeepsItsName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"reasoning_content", "reasoning"} {
		in := `data: {"id":"i","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","` + name + `":"Hm"}}]}` + "\n\n" +
			`data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}` + "\n\n"
		events, err := read(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, strict := range []bool{true, false} {
			got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Strict: strict}), events...)
			if !strings.Contains(got, `"delta":{"role":"assistant","`+name+`":"Hm"}`) || strings.Contains(got, "content_blocks") {
				t.Errorf("%s, strict %v: got\n%s", name, strict, got)
			}
		}
	}
}

func TestUsageIsWrittenOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	for _, ask := range []bool{true, false} {
		got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{IncludeUsage: ask}), ofAnthropic...)
		if strings.Contains(got, `"choices":[],"usage":`) != ask {
			t.Errorf("asked %v: got\n%s", ask, got)
		}
	}
}

func TestEveryChunkHasOneIDAndEveryChoiceOneRole(t *testing.T) {
	t.Parallel()
	got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Model: "m"}),
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart, Choice: 1}, llm.Event{Kind: llm.EventText, Choice: 1, Text: "a"},
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart}, llm.Event{Kind: llm.EventText, Text: "b"}, llm.Event{Kind: llm.EventText, Choice: 1, Text: "c"},
		llm.Event{Kind: llm.EventFinish}, llm.Event{Kind: llm.EventFinish, Choice: 1}, llm.Event{Kind: llm.EventDone})
	if n := strings.Count(got, `"role":"assistant"`); n != 2 {
		t.Errorf("got %d roles in\n%s", n, got)
	}
	id := got[strings.Index(got, `"id":`) : strings.Index(got, `"id":`)+30]
	if chunks := strings.Count(got, `"object":"chat.completion.chunk"`); strings.Count(got, id) != chunks || chunks != 5 {
		t.Errorf("got %d chunks, not all with %s\n%s", chunks, id, got)
	}
}

func TestAStreamEndsOnce(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{Provider: "groq"})
	out, err := enc.Encode(nil, llm.Event{Kind: llm.EventText, Text: "a"})
	if err != nil {
		t.Fatal(err)
	}
	out = enc.Error(out, &llm.Error{Kind: llm.Overloaded, Message: "busy"})
	for _, e := range []llm.Event{{Kind: llm.EventText, Text: "b"}, {Kind: llm.EventFinish}, {Kind: llm.EventDone}} {
		if out, err = enc.Encode(out, e); err != nil {
			t.Fatal(err)
		}
	}
	if out, err = enc.Flush(out); err != nil {
		t.Fatal(err)
	}
	out = enc.Error(out, &llm.Error{})
	if !strings.HasSuffix(string(out), `data: {"error":{"message":"groq error: busy","type":"overloaded_error","param":null,"code":null}}`+"\n\n") {
		t.Errorf("got\n%s", out)
	}
	if got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}), llm.Event{Kind: llm.EventDone}, llm.Event{Kind: llm.EventDone}); strings.Count(got, "[DONE]") != 1 {
		t.Errorf("got %q", got)
	}
	if got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{})); got != "data: [DONE]\n\n" {
		t.Errorf("an empty stream gives %q", got)
	}
}

func TestPingsAreComments(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	for f, err := range frame.SSE(strings.NewReader(string(enc.Ping(nil))), 0) {
		if err != nil || len(f.Data) > 0 {
			t.Errorf("got %q, %v", f.Data, err)
		}
	}
}

func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, stream string
		kind         llm.ErrorKind
	}{
		{"nothing at all", "", llm.Truncated},
		{"nothing but the end", "data: [DONE]\n\n", llm.Truncated},
		{"cut", `data: {"choices":[{"index":0,"delta":{"content":"a"}}]}` + "\n\n", llm.Truncated},
		{"one of two answers cut", `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{"content":"a"}}]}` + "\n\ndata: [DONE]\n\n", llm.Truncated},
		{"not JSON", "data: {\"choices\"\n\n", llm.Upstream},
		{"not an object", "data: 7\n\n", llm.Upstream},
		{"a choice out of range", `data: {"choices":[{"index":1000000,"delta":{}}]}` + "\n\n", llm.Upstream},
		{"overloaded", `data: {"error":{"message":"x","code":"engine_overloaded"}}` + "\n\n", llm.Overloaded},
		{"status as code", `data: {"error":{"message":"x","code":401},"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}` + "\n\n", llm.Credential},
		{"Anthropic's form", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", llm.Overloaded},
		{"words only", "event: error\ndata: too many requests\n\n", llm.RateLimited},
		{"a string", `data: {"error":"rate limit reached"}` + "\n\n", llm.RateLimited},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(tt.stream)
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind {
				t.Errorf("got %v, want kind %s", err, tt.kind)
			}
		})
	}
}

func TestUsageIsTheLastThatCounts(t *testing.T) {
	t.Parallel()
	chunk := func(more string) string {
		return `data: {"id":"i","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"` + more + "\n\n"
	}
	tests := []struct{ name, stream string }{
		{"grows", chunk(`}],"usage":{"prompt_tokens":5,"completion_tokens":1}}`) + chunk(`}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`)},
		{"ends with zeroes", chunk(`}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`) + chunk(`}],"usage":{"prompt_tokens":0,"completion_tokens":0}}`)},
		{"in a choice", chunk(`,"usage":{"prompt_tokens":5,"completion_tokens":2}}]}`)},
		{"without choices", chunk(`}]}`) + `data: {"usage":{"prompt_tokens":5,"completion_tokens":2}}` + "\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := read(tt.stream)
			if err != nil {
				t.Fatal(err)
			}
			if u := dialecttest.Collect(events).Usage; u == nil || u.Input != 5 || u.Output != 2 {
				t.Errorf("got %+v", u)
			}
		})
	}
}

// TestAnyAnswerSurvivesTheStream makes answers at random: what a client
// collects from the stream is what it would have got in one piece.
func TestAnyAnswerSurvivesTheStream(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := randomAnswer(rand.New(rand.NewPCG(seed, 1)))
		for _, o := range []dialect.Options{{IncludeUsage: true}, {IncludeUsage: true, Strict: true}} {
			var events []llm.Event
			for e := range r.Events() {
				events = append(events, e)
			}
			stream := dialecttest.Written(t, Codec{}.EncodeStream(o), events...)
			again, err := read(stream)
			if err != nil {
				t.Fatalf("seed %d: %v in\n%s", seed, err, stream)
			}
			want, err := Codec{}.EncodeResponse(r, o)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Codec{}.EncodeResponse(dialecttest.Collect(again), o)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := dialecttest.Canonical(t, got, normalize), dialecttest.Canonical(t, want, normalize); got != want {
				t.Fatalf("seed %d, strict %v: got\n%s\nwant\n%s\nfrom\n%s", seed, o.Strict, got, want, stream)
			}
		}
	}
}

func randomAnswer(rnd *rand.Rand) *llm.Response {
	word := func() string { return fmt.Sprintf("w%d \"é\n<&>", rnd.IntN(100)) }
	r := &llm.Response{ID: "msg_1", Model: "m", Created: 1, Usage: &llm.Usage{Input: int64(rnd.IntN(9)) + 1, CacheRead: int64(rnd.IntN(2)), Output: 2}}
	for i := range 1 + rnd.IntN(2) {
		c := llm.Choice{Index: i, Finish: llm.Finish{Reason: llm.FinishLength, Raw: "max_tokens"}}
		if rnd.IntN(2) == 0 {
			c.Parts = append(c.Parts, &llm.Reasoning{Text: word(), Signature: word()}, &llm.Reasoning{Redacted: word()})
		}
		for range 1 + rnd.IntN(2) {
			c.Parts = append(c.Parts, &llm.Text{Text: word()})
		}
		if rnd.IntN(4) == 0 {
			c.Parts = append(c.Parts, &llm.Refusal{Text: word()})
		}
		for k := range rnd.IntN(3) {
			c.Parts = append(c.Parts, &llm.ToolCall{ID: fmt.Sprint("id", k), Name: "f", Arguments: strings.Repeat(`{"a":1}`, rnd.IntN(2)), Custom: rnd.IntN(3) == 0})
		}
		r.Choices = append(r.Choices, c)
	}
	return r
}

func TestHabitsOfStreams(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, chunks, want string }{
		{"the whole message at the end", `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`,
			`{"content":"Hi"}`},
		{"a name that comes late", `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a"}]}}]}
{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":"}}]}}]}
{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"1}"}}]},"finish_reason":"stop"}]}`,
			`{"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"n\":1}"}}]}`},
		{"arguments as an object", `{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"n":1.50}}}]},"finish_reason":"tool_calls"}]}`,
			`{"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"n\":1.50}"}}]}`},
		{"text after a call", `{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}}]}
{"choices":[{"index":0,"delta":{"content":"so","tool_calls":[{"id":"a","function":{"arguments":"}"}}]},"finish_reason":"tool_calls"}]}`,
			`{"content":"so","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}`},
		{"details of reasoning", `{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"H"}]}}]}
{"choices":[{"index":0,"delta":{"reasoning":"m","reasoning_details":[{"type":"reasoning.text","text":"m","signature":"s"}]}}]}
{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}`,
			`{"content":"x","reasoning_content":"Hm"}`},
		{"citations before a text", `{"choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":1}}]}}]}
{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}`,
			`{"content":"x","annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":1}}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := read("data: " + strings.ReplaceAll(tt.chunks, "\n", "\n\ndata: ") + "\n\n")
			if err != nil {
				t.Fatal(err)
			}
			got, err := Codec{}.EncodeResponse(dialecttest.Collect(events), dialect.Options{})
			if err != nil {
				t.Fatal(err)
			}
			message := dialecttest.Canonical(t, []byte(`{"choices":[{"message":`+string(json.Lookup(got, "choices", "0", "message"))+`}]}`), normalize)
			want := dialecttest.Canonical(t, []byte(`{"choices":[{"message":{"role":"assistant",`+tt.want[1:]+`}]}`), normalize)
			if message != want {
				t.Errorf("got %s, want %s", message, want)
			}
		})
	}
}

func TestCitationsAreWrittenWhenTheirTextIsWhole(t *testing.T) {
	t.Parallel()
	got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Strict: true}),
		llm.Event{Kind: llm.EventStart, ID: "msg_1", Model: "m", Created: 1},
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart}, llm.Event{Kind: llm.EventText, Text: "Ä: "}, llm.Event{Kind: llm.EventPartStop},
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart, Part: 1},
		llm.Event{Kind: llm.EventCitation, Part: 1, Citation: &llm.Citation{URL: "u", Title: "t"}}, llm.Event{Kind: llm.EventCitation, Part: 1, Citation: &llm.Citation{Quote: "no link"}},
		llm.Event{Kind: llm.EventText, Part: 1, Text: "BC"}, llm.Event{Kind: llm.EventPartStop, Part: 1}, llm.Event{Kind: llm.EventDone})
	want := `"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":3,"end_index":5}}]`
	if strings.Count(got, "annotations") != 1 || !strings.Contains(got, want) {
		t.Errorf("got\n%s", got)
	}
}
