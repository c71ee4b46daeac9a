package cohere

import (
	"strings"
	"testing"
	"time"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

func stream(events ...llm.Event) string {
	enc := Codec{}.EncodeStream(dialect.Options{})
	var out []byte
	for _, e := range events {
		out, _ = enc.Encode(out, e)
	}
	return string(out)
}

// TestStreamsOfOthersAreWritten shows parts of other dialects as events.
func TestStreamsOfOthersAreWritten(t *testing.T) {
	t.Parallel()
	start := llm.Event{Kind: llm.EventStart, ID: "a"}
	part := func(n int, k llm.PartKind) llm.Event {
		return llm.Event{Kind: llm.EventPartStart, Part: n, PartKind: k, ID: "c", Name: "f"}
	}
	stop := func(n int) llm.Event { return llm.Event{Kind: llm.EventPartStop, Part: n} }
	says := func(n int, k llm.EventKind, s string) llm.Event { return llm.Event{Kind: k, Part: n, Text: s} }
	tests := []struct {
		name   string
		events []llm.Event
		want   string
	}{
		{"a signature stands behind the thought", []llm.Event{
			start, {Kind: llm.EventPartStart, PartKind: llm.ReasoningPart, Native: llm.Native{Dialect: llm.Gemini}},
			says(0, llm.EventReasoning, "Hm."), says(0, llm.EventSignature, "si"), says(0, llm.EventSignature, "g"), stop(0),
		}, `{"content":{"thinking":"","signature":"sluice:gemini:sig"}}}}` + "\n\nevent: content-end"},
		{"calls side by side come in a row", []llm.Event{
			start, part(0, llm.ToolCallPart), part(1, llm.ToolCallPart), says(1, llm.EventArguments, "{}"), says(0, llm.EventArguments, "{}"), stop(0), stop(1),
		}, "event: tool-call-end\ndata: {\"type\":\"tool-call-end\",\"index\":0}\n\nevent: tool-call-start\ndata: {\"type\":\"tool-call-start\",\"index\":1"},
		{"no arguments are an object", []llm.Event{start, part(0, llm.ToolCallPart), stop(0)}, `{"function":{"arguments":"{}"}}`},
		{"free text stands in an object", []llm.Event{
			start, {Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Custom: true, Name: "p"}, says(0, llm.EventArguments, "a\n"), says(0, llm.EventArguments, "b"), stop(0),
		}, `{"arguments":"{\"input\":\"a\\nb\"}"}`},
		{"a refusal is a text", []llm.Event{start, part(0, llm.RefusalPart), says(0, llm.EventRefusal, "No."), stop(0)}, `{"content":{"text":"No."}}`},
		{"a citation of others", []llm.Event{
			start, part(0, llm.TextPart), says(0, llm.EventText, "Größe"), {Kind: llm.EventCitation, Citation: &llm.Citation{URL: "https://e.x"}}, stop(0),
		}, `"citations":{"start":0,"end":5,"text":"Größe","sources":[{"type":"document","id":"https://e.x"`},
		{"the end", []llm.Event{start, {Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishLength, Raw: "max_tokens"}},
			{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1, CacheRead: 2, Output: 3}}, {Kind: llm.EventDone}},
			`{"finish_reason":"MAX_TOKENS","usage":{"billed_units":{"input_tokens":3,"output_tokens":3},"tokens":{"input_tokens":3,"output_tokens":3},"cached_tokens":2}}}` + "\n\ndata: [DONE]\n\n"},
		{"what a policy cut short is not complete", []llm.Event{start, {Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishContentFilter, Raw: "SAFETY"}}, {Kind: llm.EventDone}},
			`"delta":{"error":"the answer was cut short by a content filter","finish_reason":"ERROR"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := stream(tt.events...); !strings.Contains(got, tt.want) {
				t.Errorf("got\n%s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestABrokenStreamEndsOnce: an error is told in the last event, and nothing
// follows it.
func TestABrokenStreamEndsOnce(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	out, _ := enc.Encode(nil, llm.Event{Kind: llm.EventStart, ID: "a"})
	out = enc.Error(out, &llm.Error{Kind: llm.Truncated, Provider: "openai", Message: "broke off"})
	out, _ = enc.Encode(out, llm.Event{Kind: llm.EventDone})
	out = enc.Error(out, &llm.Error{Kind: llm.Timeout})
	out, _ = enc.Flush(out)
	if s := string(out); !strings.HasSuffix(s, `{"error":"openai error: broke off","finish_reason":"ERROR"}}`+"\n\n") || strings.Count(s, "message-end") != 2 {
		t.Error(s)
	}
	if late := enc.Ping(nil); string(late) != ": ping\n\n" {
		t.Errorf("ping is %q", late)
	}
}

func TestFreeTextComesBackFromItsObject(t *testing.T) {
	t.Parallel()
	x, err := Codec{}.Prepare(&llm.Request{Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "patch"}}}, dialect.Target{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := x.DecodeResponse([]byte(`{"message":{"tool_calls":[{"id":"1","type":"function","function":{"name":"patch","arguments":"{\"input\":\"a b\"}"}}]},"finish_reason":"TOOL_CALL"}`))
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := r.Choices[0].Parts[0].(*llm.ToolCall); !ok || !c.Custom || c.Arguments != "a b" {
		t.Errorf("got %+v", r.Choices[0].Parts[0])
	}
}

// TestNamesOfOtherDialectsComeBack: MCP clients have dots in names.
func TestNamesOfOtherDialectsComeBack(t *testing.T) {
	t.Parallel()
	call := &llm.ToolCall{ID: "1", Name: "fs.read file"}
	x, err := Codec{}.Prepare(&llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: call.Name}}, Turns: []llm.Turn{assistant(call)}}, dialect.Target{})
	if err != nil {
		t.Fatal(err)
	}
	sent := dialect.LegalName(call.Name, dialect.MaxToolName)
	if n := strings.Count(string(x.Body()), `"name":"`+sent+`"`); n != 2 || call.Name != "fs.read file" {
		t.Errorf("sent %s", x.Body())
	}
	r, err := x.DecodeResponse([]byte(`{"message":{"tool_calls":[{"id":"1","type":"function","function":{"name":"` + sent + `","arguments":"{}"}}]},"finish_reason":"TOOL_CALL"}`))
	if err != nil || r.Choices[0].Parts[0].(*llm.ToolCall).Name != call.Name {
		t.Errorf("%+v, %v", r, err)
	}
	events, err := x.DecodeStream().Decode(nil, frame.Frame{Data: []byte(`{"type":"tool-call-start","delta":{"message":{"tool_calls":{"id":"1","function":{"name":"` + sent + `"}}}}}`)})
	if err != nil || len(events) != 2 || events[1].Name != call.Name {
		t.Errorf("%+v, %v", events, err)
	}
}

// TestAnAnswerOf200MayBeAFailure: what broke off, and what is no answer, is
// tried again elsewhere.
func TestAnAnswerOf200MayBeAFailure(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]llm.ErrorKind{
		`{"id":"a","message":{"role":"assistant","content":[{"type":"text","text":"Hal"}]},"finish_reason":"ERROR"}`:   llm.Upstream,
		`{"id":"a","message":{"role":"assistant","content":[{"type":"text","text":"Hal"}]},"finish_reason":"TIMEOUT"}`: llm.Timeout,
		`{"message":"too many requests"}`: llm.RateLimited,
		`{"error":{"message":"no"}}`:      llm.Upstream,
		`{"id":"a"}`:                      llm.Upstream,
		`<html>`:                          llm.Upstream,
	} {
		_, err := Codec{}.Raw(nil).DecodeResponse([]byte(body))
		if e, ok := err.(*llm.Error); !ok || e.Kind != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestErrorsKeepTheirFormAndTheirPatience(t *testing.T) {
	t.Parallel()
	own := Codec{}.Raw(nil).DecodeError(429, map[string][]string{"Retry-After": {"7"}}, []byte(`{"id":"e","message":"slow down"}`))
	if own.RetryAfter != 7*time.Second || own.Kind != llm.RateLimited {
		t.Errorf("got %+v", own)
	}
	if b := (Codec{}).EncodeError(own, dialect.Options{RequestID: "r"}); string(b) != `{"id":"e","message":"slow down"}` {
		t.Errorf("its own error became %s", b)
	}
	other := &llm.Error{Kind: llm.RateLimited, Provider: "openai", Message: "slow down", Raw: []byte(`{}`), RawDialect: llm.OpenAIChat}
	if b := (Codec{}).EncodeError(other, dialect.Options{RequestID: "r"}); string(b) != `{"id":"r","message":"openai error: slow down"}` {
		t.Errorf("another's error became %s", b)
	}
}
