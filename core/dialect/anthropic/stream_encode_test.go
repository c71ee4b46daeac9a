package anthropic

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestStreamSpeaksTheFirstPartysGrammar(t *testing.T) {
	t.Parallel()
	got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}),
		llm.Event{Kind: llm.EventStart, ID: "msg_1", Model: "m", Usage: &llm.Usage{Input: 25, Output: 1}},
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart},
		llm.Event{Kind: llm.EventText, Text: "Hel"}, llm.Event{Kind: llm.EventText, Text: "lo <é>\n"},
		llm.Event{Kind: llm.EventPartStop},
		llm.Event{Kind: llm.EventPartStart, Part: 1, PartKind: llm.ToolCallPart, ID: "toolu_1", Name: "f"},
		llm.Event{Kind: llm.EventArguments, Part: 1, Text: `{"a":`}, llm.Event{Kind: llm.EventArguments, Part: 1, Text: `"\"1"}`},
		llm.Event{Kind: llm.EventPartStop, Part: 1},
		llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls}},
		llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 25, CacheRead: 3, CacheWrite: 4, CacheWrite1h: 5, Output: 40, Reasoning: 7}},
		llm.Event{Kind: llm.EventDone})
	want := `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1}}}

event: ping
data: {"type": "ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo <é>\n"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"\\\"1\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":25,"cache_creation_input_tokens":9,"cache_read_input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":5},"output_tokens":40,"output_tokens_details":{"thinking_tokens":7}}}

event: message_stop
data: {"type":"message_stop"}

`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	grammar(t, got)
}

func TestStreamsOfOtherDialectsAreBroughtIntoOrder(t *testing.T) {
	t.Parallel()
	start := func(part int, kind llm.PartKind, id string) llm.Event {
		return llm.Event{Kind: llm.EventPartStart, Part: part, PartKind: kind, ID: id, Name: "f"}
	}
	delta := func(kind llm.EventKind, part int, s string) llm.Event {
		return llm.Event{Kind: kind, Part: part, Text: s}
	}
	stop := func(part int) llm.Event { return llm.Event{Kind: llm.EventPartStop, Part: part} }
	finish := llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls}}
	tests := []struct {
		name   string
		events []llm.Event
		want   string
	}{
		{"calls that interleave", []llm.Event{
			start(0, llm.ToolCallPart, "a"), start(1, llm.ToolCallPart, "b"),
			delta(llm.EventArguments, 1, `{"y":`), delta(llm.EventArguments, 0, `{"x":1`), delta(llm.EventArguments, 1, `2}`), delta(llm.EventArguments, 0, `}`),
			stop(0), stop(1), finish,
		}, `[{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"tool_use","id":"b","name":"f","input":{"y":2}}]`},
		{"parts that nobody stopped", []llm.Event{
			start(0, llm.ReasoningPart, ""), delta(llm.EventReasoning, 0, "hm"), start(1, llm.TextPart, ""), delta(llm.EventText, 1, "a"), finish,
		}, `[{"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"a"}]`},
		{"arguments behind the finish", []llm.Event{
			start(0, llm.ToolCallPart, "a"), delta(llm.EventArguments, 0, `{"x":1`), finish, delta(llm.EventArguments, 0, `}`),
		}, `[{"type":"tool_use","id":"a","name":"f","input":{"x":1}}]`},
		{"a call without arguments", []llm.Event{
			start(0, llm.ToolCallPart, "a"), delta(llm.EventArguments, 0, ``), stop(0), finish,
		}, `[{"type":"tool_use","id":"a","name":"f","input":{}}]`},
		{"a signature in pieces", []llm.Event{
			start(0, llm.ReasoningPart, ""), delta(llm.EventReasoning, 0, "hm"), delta(llm.EventSignature, 0, "ab"), delta(llm.EventSignature, 0, "cd"), stop(0), finish,
		}, `[{"type":"thinking","thinking":"hm","signature":"abcd"}]`},
		{"a refusal", []llm.Event{
			start(0, llm.RefusalPart, ""), delta(llm.EventRefusal, 0, "No."), stop(0), finish,
		}, `[{"type":"text","text":"No."}]`},
		{"free text for a tool", []llm.Event{
			{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Custom: true, ID: "a", Name: "p"},
			delta(llm.EventArguments, 0, "*** \"Be"), delta(llm.EventArguments, 0, "gin\"\n"), stop(0), finish,
		}, `[{"type":"tool_use","id":"a","name":"p","input":{"input":"*** \"Begin\"\n"}}]`},
		{"no free text for a tool", []llm.Event{
			{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Custom: true, ID: "a", Name: "p"}, stop(0), finish,
		}, `[{"type":"tool_use","id":"a","name":"p","input":{"input":""}}]`},
		{"a part that no client can read", []llm.Event{
			{Kind: llm.EventPartStart, PartKind: llm.ForeignPart, Name: "x", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"a":1}`))}, stop(0),
			start(1, llm.TextPart, ""), delta(llm.EventText, 1, "a"), stop(1), finish,
		}, `[{"type":"text","text":"a"}]`},
		{"a server tool's call", []llm.Event{
			{Kind: llm.EventPartStart, PartKind: llm.ForeignPart, Native: llm.NativeOf(llm.Anthropic, json.Value(`{"type":"server_tool_use","id":"s","input":{"q":1}}`))}, stop(0), finish,
		}, `[{"type":"server_tool_use","id":"s","input":{"q":1}}]`},
		{"a citation of another dialect", []llm.Event{
			start(0, llm.TextPart, ""), delta(llm.EventText, 0, "a"), {Kind: llm.EventCitation, Citation: &llm.Citation{URL: "https://x", Title: "X"}}, stop(0), finish,
		}, `[{"type":"text","text":"a","citations":[{"type":"web_search_result_location","cited_text":"","url":"https://x","title":"X","encrypted_index":""}]}]`},
		{"a second choice", []llm.Event{
			start(0, llm.TextPart, ""), {Kind: llm.EventPartStart, Choice: 1, PartKind: llm.TextPart}, {Kind: llm.EventText, Choice: 1, Text: "other"},
			delta(llm.EventText, 0, "a"), {Kind: llm.EventFinish, Choice: 1, Finish: llm.Finish{Reason: llm.FinishLength}}, finish,
		}, `[{"type":"text","text":"a"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, first := range []int{0, 1} { // with and without a start event
				events := append([]llm.Event{{Kind: llm.EventStart, ID: "msg_1"}}, tt.events...)[first:]
				out := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Model: "m"}), append(events, llm.Event{Kind: llm.EventDone})...)
				m := grammar(t, out)
				if got := string(json.Lookup(m, "content")); got != tt.want {
					t.Errorf("got %s, want %s\n%s", got, tt.want, out)
				}
				if got := string(json.Lookup(m, "stop_reason")); got != `"tool_use"` {
					t.Errorf("stop reason: got %s", got)
				}
			}
		})
	}
}

func TestCallWithoutArgumentsHasAnObject(t *testing.T) {
	t.Parallel()
	out := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}),
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, ID: "a", Name: "f"},
		llm.Event{Kind: llm.EventArguments}, llm.Event{Kind: llm.EventPartStop},
		llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls}}, llm.Event{Kind: llm.EventDone})
	if want := `"delta":{"type":"input_json_delta","partial_json":"{}"}`; strings.Count(out, want) != 1 {
		t.Errorf("clients that parse the pieces get no object:\n%s", out)
	}
}

func TestResidueOfAStreamIsWrittenBack(t *testing.T) {
	t.Parallel()
	own := func(s string) llm.Native { return llm.NativeOf(llm.Anthropic, json.Value(s)) }
	out := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}),
		llm.Event{Kind: llm.EventStart, ID: "msg_1", Native: own(`{"mood":1}`)},
		llm.Event{Kind: llm.EventNative, Native: own(`{"delta":{"type":"lost"}}`)}, // no block is open
		llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart, Native: own(`{"tone":2}`)},
		llm.Event{Kind: llm.EventNative, Native: own(`{"delta":{"type":"sparkle_delta", "x":[1]}}`)},
		llm.Event{Kind: llm.EventNative, Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"delta":{}}`))},
		llm.Event{Kind: llm.EventPartStop},
		llm.Event{Kind: llm.EventNative, Native: own(`{"beside":3}`)},
		llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop}, Native: own(`{"stop_details":null,"context_management":{}}`)},
		llm.Event{Kind: llm.EventDone})
	for _, want := range []string{
		`,"mood":1}}`,
		`"content_block":{"type":"text","text":"","tone":2}}`,
		`"index":0,"delta":{"type":"sparkle_delta","x":[1]}}`,
		`"delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},`,
		`,"beside":3,"context_management":{}}`,
	} {
		if strings.Count(out, want) != 1 {
			t.Errorf("want %s once", want)
		}
	}
	if strings.Contains(out, "lost") || strings.Count(out, "content_block_delta") != 2 || t.Failed() {
		t.Errorf("got\n%s", out)
	}
}

func TestStreamStartTellsTheEstimate(t *testing.T) {
	t.Parallel()
	out := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Model: "m", Estimate: &llm.Usage{Input: 900, Estimated: true}}),
		llm.Event{Kind: llm.EventStart, ID: "chatcmpl-1"},
		llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop}, Text: "END"},
		llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 880, CacheRead: 20, Output: 3}},
		llm.Event{Kind: llm.EventDone})
	if !strings.Contains(out, `"usage":{"input_tokens":900,`) || !strings.Contains(out, `"usage":{"input_tokens":880,`) {
		t.Errorf("the estimate or the truth is missing:\n%s", out)
	}
	m := grammar(t, out)
	if id := json.Unquote(json.Lookup(m, "id")); !strings.HasPrefix(id, "msg_") || len(id) < 20 {
		t.Errorf("an id of another form was not replaced: %q", id)
	}
	if json.Unquote(json.Lookup(m, "model")) != "m" || json.Unquote(json.Lookup(m, "stop_reason")) != "stop_sequence" || json.Unquote(json.Lookup(m, "stop_sequence")) != "END" {
		t.Errorf("got %s", m)
	}
}

func TestBrokenAnswersGetNoStopReason(t *testing.T) {
	t.Parallel()
	for _, events := range [][]llm.Event{
		nil,
		{{Kind: llm.EventStart}},
		{{Kind: llm.EventStart}, {Kind: llm.EventPartStart, PartKind: llm.TextPart}, {Kind: llm.EventText, Text: "a"}},
		{{Kind: llm.EventFinish}},
	} {
		enc := Codec{}.EncodeStream(dialect.Options{})
		var out []byte
		for _, e := range events {
			out, _ = enc.Encode(out, e)
		}
		out, err := enc.Flush(out)
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != llm.Truncated {
			t.Errorf("got %v, want an error of kind truncated", err)
		}
		if bytes.Contains(out, []byte("message_stop")) || bytes.Contains(out, []byte("stop_reason\":\"")) {
			t.Errorf("a reason was made up:\n%s", out)
		}
	}
}

func TestErrorEndsTheStream(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{RequestID: "req_1"})
	out, err := enc.Encode(nil, llm.Event{Kind: llm.EventStart, ID: "msg_1"})
	if err != nil {
		t.Fatal(err)
	}
	out = out[:0]
	out = enc.Error(out, llm.Errorf(llm.Overloaded, "no capacity"))
	want := "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no capacity\"},\"request_id\":\"req_1\"}\n\n"
	if string(out) != want {
		t.Errorf("got %s, want %s", out, want)
	}
	out = enc.Error(enc.Ping(nil), llm.Errorf(llm.Internal, "again"))
	for _, e := range []llm.Event{{Kind: llm.EventPartStart, PartKind: llm.TextPart}, {Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop}}, {Kind: llm.EventDone}} {
		if out, err = enc.Encode(out, e); err != nil {
			t.Fatal(err)
		}
	}
	if out, err = enc.Flush(out); err != nil || len(out) > 0 {
		t.Errorf("something follows the error: %s, %v", out, err)
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	if got := string(enc.Ping(nil)); !strings.HasPrefix(got, ":") {
		t.Errorf("before message_start: got %q, want a comment", got)
	}
	if _, err := enc.Encode(nil, llm.Event{Kind: llm.EventStart}); err != nil {
		t.Fatal(err)
	}
	if got := string(enc.Ping(nil)); got != ping {
		t.Errorf("after message_start: got %q, want %q", got, ping)
	}
	if got := enc.ContentType(); got != "text/event-stream" {
		t.Errorf("content type: got %q", got)
	}
}
