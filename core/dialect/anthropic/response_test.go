package anthropic

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		kind       llm.ErrorKind
		status     int
	}{
		{"a page", `<html>`, llm.Upstream, 502},
		{"nothing", ``, llm.Upstream, 502},
		{"null", `null`, llm.Upstream, 502},
		{"no content", `{"type":"message"}`, llm.Upstream, 502},
		{"an error inside a good answer", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, llm.Overloaded, 529},
		{"OpenAI's error inside a good answer", `{"error":{"message":"x","type":"server_error"}}`, llm.Upstream, 502},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Raw(nil).DecodeResponse([]byte(tt.body))
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || e.HTTPStatus() != tt.status {
				t.Errorf("got %+v, want kind %q and status %d", err, tt.kind, tt.status)
			}
		})
	}
}

func TestOddAnswersAreRead(t *testing.T) {
	t.Parallel()
	r, err := Codec{}.Raw(nil).DecodeResponse([]byte(`{"id":5,"model":null,"content":[5,{"type":"text","text":7},{"type":"tool_use"},{},{"type":"text","text":"a","text":"b"}],"stop_reason":null,"usage":{"input_tokens":"x","output_tokens":1e2,"cache_read_input_tokens":-4,"cache_creation":[],"output_tokens_details":5}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := r.Choices[0]
	if c.Finish != (llm.Finish{}) {
		t.Errorf("a finish was made up: %+v", c.Finish)
	}
	if r.Usage.Input != 0 || r.Usage.Output != 100 || r.Usage.CacheRead != 0 {
		t.Errorf("usage: got %+v", r.Usage)
	}
	if last, ok := c.Parts[len(c.Parts)-1].(*llm.Text); !ok || last.Text != "b" {
		t.Errorf("parts: got %+v", c.Parts)
	}
}

func TestUsageBucketsAreDisjoint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, usage string
		want        llm.Usage
	}{
		{"with a split", `{"input_tokens":3,"cache_creation_input_tokens":30,"cache_read_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":4}`,
			llm.Usage{Input: 3, CacheRead: 7, CacheWrite: 10, CacheWrite1h: 20, Output: 4}},
		{"without a split", `{"input_tokens":3,"cache_creation_input_tokens":30}`, llm.Usage{Input: 3, CacheWrite: 30}},
		{"only a split", `{"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}`, llm.Usage{CacheWrite: 10, CacheWrite1h: 20}},
		{"a split that is not all", `{"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":20}}`, llm.Usage{CacheWrite: 10, CacheWrite1h: 20}},
		{"a split that is more than all", `{"cache_creation_input_tokens":15,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}`, llm.Usage{CacheWrite1h: 15}},
		{"thinking is part of the output", `{"output_tokens":9,"output_tokens_details":{"thinking_tokens":8},"service_tier":"priority"}`, llm.Usage{Output: 9, Reasoning: 8, ServiceTier: "priority"}},
		{"absurd numbers", `{"input_tokens":99999999999999999999999,"output_tokens":-5}`, llm.Usage{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := Codec{}.Raw(nil).DecodeResponse([]byte(`{"content":[],"usage":` + tt.usage + `}`))
			if err != nil || !reflect.DeepEqual(*r.Usage, tt.want) {
				t.Errorf("got %+v, %v, want %+v", r.Usage, err, tt.want)
			}
		})
	}
}

func TestStopReasons(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		finish llm.Finish
		want   string
	}{
		{"our own word", llm.Finish{Reason: llm.FinishPause, Raw: "compaction"}, "compaction"},
		{"Bedrock's, which is ours", llm.Finish{Reason: llm.FinishStop, Raw: "end_turn"}, "end_turn"},
		{"OpenAI's", llm.Finish{Reason: llm.FinishToolCalls, Raw: "tool_calls"}, "tool_use"},
		{"Gemini's", llm.Finish{Reason: llm.FinishLength, Raw: "MAX_TOKENS"}, "max_tokens"},
		{"a full context", llm.Finish{Reason: llm.FinishContextLength}, "model_context_window_exceeded"},
		{"a filter", llm.Finish{Reason: llm.FinishContentFilter, Raw: "content_filter"}, "refusal"},
		{"one that was overruled", llm.Finish{Reason: llm.FinishRefusal, Raw: "end_turn"}, "refusal"},
		{"another", llm.Finish{Reason: llm.FinishOther, Raw: "malformed_tool_use"}, "malformed_tool_use"},
		{"another without a word", llm.Finish{Reason: llm.FinishOther}, "max_tokens"},
	}
	for _, tt := range tests {
		if got := stopReason(tt.finish); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	for word, reason := range finishes {
		if f := finishOf(word); f.Reason != reason || stopReason(f) != word {
			t.Errorf("%s does not come back: %+v", word, f)
		}
	}
	for reason := range stopReasons {
		if back := finishOf(stopReasons[reason]).Reason; back != reason && reason != llm.FinishContentFilter {
			t.Errorf("%s comes back as %s", reason, back)
		}
	}
}

func TestAnswersOfOtherDialects(t *testing.T) {
	t.Parallel()
	r := &llm.Response{
		ID: "chatcmpl-1", Model: "gpt",
		Choices: []llm.Choice{{
			Parts: []llm.Part{
				&llm.Text{Text: ""},
				&llm.Refusal{Text: "No."},
				&llm.ToolCall{Name: "f", Arguments: "{broken"},
				&llm.ToolCall{ID: "c2", Name: "p", Arguments: "raw \"text\"", Custom: true},
				&llm.Foreign{Kind: "x", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"a":1}`))},
			},
			Finish: llm.Finish{Reason: llm.FinishToolCalls, Raw: "tool_calls"},
			Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"logprobs":{}}`)),
		}},
		Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"system_fingerprint":"x"}`)),
	}
	b, err := Codec{}.EncodeResponse(r, dialect.Options{Estimate: &llm.Usage{Input: 5}})
	if err != nil {
		t.Fatal(err)
	}
	if id := json.Unquote(json.Lookup(b, "id")); !strings.HasPrefix(id, "msg_") {
		t.Errorf("id: got %q", id)
	}
	if id := json.Unquote(json.Lookup(b, "content", "1", "id")); !strings.HasPrefix(id, "toolu_") {
		t.Errorf("id of a call that had none: got %q", id)
	}
	fixed, _ := json.Splice(b, json.Edit{Name: "id"})
	es, err := json.Elements(json.Lookup(fixed, "content"))
	if err != nil || len(es) != 3 {
		t.Fatalf("content: got %s, %v", fixed, err)
	}
	es[1], _ = json.Splice(es[1], json.Edit{Name: "id"})
	want := `[{"type":"text","text":"No."},{"type":"tool_use","name":"f","input":{"_raw":"{broken"}},{"type":"tool_use","id":"c2","name":"p","input":{"input":"raw \"text\""}}]`
	if got := string(marshal(es)); got != want {
		t.Errorf("content: got %s, want %s", got, want)
	}
	rest, _ := json.Splice(fixed, json.Edit{Name: "content"})
	want = `{"type":"message","role":"assistant","model":"gpt","stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":0}}`
	if string(rest) != want {
		t.Errorf("got %s, want %s", rest, want)
	}
}

func TestAnswersWithoutChoices(t *testing.T) {
	t.Parallel()
	b, err := Codec{}.EncodeResponse(&llm.Response{ID: "msg_1"}, dialect.Options{Model: "asked"})
	if err != nil || string(json.Lookup(b, "content")) != "[]" || string(json.Lookup(b, "stop_reason")) != "null" || string(json.Lookup(b, "model")) != `"asked"` {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestOddStreamsAreRead(t *testing.T) {
	t.Parallel()
	const start = `{"type":"message_start","message":{"id":"msg_1","content":[]}}`
	kinds := func(events []llm.Event) string {
		var b strings.Builder
		for _, e := range events {
			b.WriteByte("?SPtrgacxpfundo"[e.Kind])
		}
		return b.String()
	}
	tests := []struct {
		name string
		data []string
		want string // a letter for each event
	}{
		{"input that came whole", []string{start, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}`, `{"type":"content_block_stop","index":0}`}, "SPap"},
		{"input that deltas replace", []string{start, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}`, `{"type":"content_block_stop","index":0}`}, "SPap"},
		{"blocks that nobody stopped", []string{start, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":null}`, `{"type":"message_stop"}`}, "SPpfd"},
		{"a second start", []string{start, start}, "S"},
		{"a block that begins twice", []string{start, `{"type":"content_block_start","index":0,"content_block":{"type":"text"}}`, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}`}, "SPpPt"},
		{"a stop without a block", []string{start, `{"type":"content_block_stop","index":3}`}, "S"},
		{"the end of OpenAI's streams", []string{start, `[DONE]`}, "S"},
		{"whatever follows the end", []string{start, `{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`, `{"type":"message_stop"}`, `not JSON`}, "Sfd"},
		{"blocks that are none", []string{start, `{"type":"content_block_start","index":0,"content_block":5}`, `{"type":"content_block_start","index":1}`}, "S"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := kinds(decodeFrames(t, Codec{}.Raw(nil), tt.data...)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestStreamsThatFail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, data string
		kind       llm.ErrorKind
		status     int
	}{
		{"overload", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, llm.Overloaded, 529},
		{"rate limit", `{"type":"error","error":{"type":"rate_limit_error","message":"x"}}`, llm.RateLimited, 429},
		{"api error", `{"type":"error","error":{"type":"api_error","message":"x"}}`, llm.Upstream, 500},
		{"invalid request", `{"type":"error","error":{"type":"invalid_request_error","message":"x"}}`, llm.BadRequest, 400},
		{"authentication", `{"type":"error","error":{"type":"authentication_error","message":"x"}}`, llm.Credential, 401},
		{"permission", `{"type":"error","error":{"type":"permission_error","message":"x"}}`, llm.Credential, 403},
		{"not found", `{"type":"error","error":{"type":"not_found_error","message":"x"}}`, llm.NotFound, 404},
		{"too large", `{"type":"error","error":{"type":"request_too_large","message":"x"}}`, llm.TooLarge, 413},
		{"timeout", `{"type":"error","error":{"type":"timeout_error","message":"x"}}`, llm.Timeout, 504},
		{"billing", `{"type":"error","error":{"type":"billing_error","message":"x"}}`, llm.Quota, 402},
		{"an error of tomorrow", `{"type":"error","error":{"type":"moon_error","message":"x"}}`, llm.Upstream, 502},
		{"an error without anything", `{"type":"error"}`, llm.Upstream, 502},
		{"OpenAI's error", `{"error":{"message":"x","type":"server_error"}}`, llm.Upstream, 502},
		{"no JSON", `{"type":`, llm.Upstream, 502},
		{"an index of another type", `{"type":"content_block_stop","index":"x"}`, llm.Upstream, 502},
		{"a delta without a block", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}`, llm.Upstream, 502},
		{"an end without a reason", `{"type":"message_stop"}`, llm.Truncated, 502},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Raw(nil).DecodeStream().Decode(nil, frame.Frame{Data: []byte(tt.data)})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || e.HTTPStatus() != tt.status {
				t.Errorf("got %+v, want kind %q and status %d", err, tt.kind, tt.status)
			}
		})
	}
}
