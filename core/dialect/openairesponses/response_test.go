package openairesponses

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestClientsGetTheFullObject(t *testing.T) {
	t.Parallel()
	got := encoded(t, &llm.Response{ID: "chatcmpl-1", Created: 7, Choices: []llm.Choice{
		{Parts: []llm.Part{&llm.Reasoning{Text: "Hm"}, say("Hi"), say(" you"), &llm.ToolCall{ID: "c", Name: "f"}}, Finish: llm.Finish{Reason: llm.FinishToolCalls}},
		{Parts: []llm.Part{say("another")}},
	}, Usage: &llm.Usage{Input: 3, CacheRead: 50, CacheWrite: 20, Output: 15, Reasoning: 4}}, dialect.Options{Provider: "groq", Model: "m"})
	want := `{"id":"resp_1","object":"response","created_at":7,"status":"completed","error":null,"incomplete_details":null,"model":"m","output":[` +
		`{"id":"rs_1_0","type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"sluice::s:"},` +
		`{"id":"msg_1_1","status":"completed","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]},{"type":"output_text","text":" you","annotations":[]}]},` +
		`{"id":"fc_1_2","status":"completed","type":"function_call","call_id":"c","name":"f","arguments":"{}"}],` +
		`"background":false,"instructions":null,"max_output_tokens":null,"metadata":{},"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},` +
		`"temperature":null,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled","user":null,` +
		`"usage":{"input_tokens":73,"input_tokens_details":{"cached_tokens":50},"output_tokens":15,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":88},"provider":"groq"}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestIDsAreOurs(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "msg_0A", "chatcmpl-x", "äöü", strings.Repeat("x", 99), "resp_1"} {
		got := json.Unquote(json.Lookup(encoded(t, &llm.Response{ID: id}, dialect.Options{}), "id"))
		if !strings.HasPrefix(got, "resp_") || len(got) < 6 || len(got) > 69 || strings.ContainsFunc(got, dialect.IllegalInName) {
			t.Errorf("%q became %q", id, got)
		}
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	refusal := []llm.Part{&llm.Refusal{Text: "no"}}
	tests := []struct {
		f              llm.Finish
		parts          []llm.Part
		status, reason string
	}{
		{llm.Finish{Reason: llm.FinishStop, Raw: "end_turn"}, nil, "completed", ""},
		{llm.Finish{Reason: llm.FinishStopSequence}, nil, "completed", ""},
		{llm.Finish{Reason: llm.FinishToolCalls}, nil, "completed", ""},
		{llm.Finish{Reason: llm.FinishLength, Raw: "max_tokens"}, nil, "incomplete", "max_output_tokens"},
		{llm.Finish{Reason: llm.FinishContextLength}, nil, "incomplete", "max_output_tokens"},
		{llm.Finish{Reason: llm.FinishContentFilter}, nil, "incomplete", "content_filter"},
		{llm.Finish{Reason: llm.FinishRefusal}, nil, "incomplete", "content_filter"},
		{llm.Finish{Reason: llm.FinishRefusal}, refusal, "completed", ""},
		{llm.Finish{Reason: llm.FinishOther, Raw: "odd"}, nil, "incomplete", "odd"},
		{llm.Finish{Reason: llm.FinishOther}, nil, "incomplete", "other"},
	}
	for _, tt := range tests {
		out := encoded(t, &llm.Response{Choices: []llm.Choice{{Finish: tt.f, Parts: tt.parts}}}, dialect.Options{})
		status, reason := json.Unquote(json.Lookup(out, "status")), json.Unquote(json.Lookup(out, "incomplete_details", "reason"))
		if status != tt.status || reason != tt.reason {
			t.Errorf("%+v: got %s, %s; want %s, %s", tt.f, status, reason, tt.status, tt.reason)
		}
	}
}

func TestAnswersThatAreErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		kind       llm.ErrorKind
	}{
		{"failed", `{"status":"failed","error":{"code":"rate_limit_exceeded","message":"x"},"output":[]}`, llm.RateLimited},
		{"failed and silent", `{"status":"failed","error":null,"output":[]}`, llm.Upstream},
		{"the server's fault", `{"status":"failed","error":{"code":"server_error","message":"x"}}`, llm.Upstream},
		{"an envelope", `{"error":{"message":"x","type":"invalid_request_error"}}`, llm.BadRequest},
		{"no output", `{"id":"x"}`, llm.Upstream},
		{"chat", `{"choices":[]}`, llm.Upstream},
		{"not JSON", `<html>`, llm.Upstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Raw(nil).DecodeResponse([]byte(tt.body))
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || e.Message == "" {
				t.Errorf("got %v, want kind %s", err, tt.kind)
			}
		})
	}
}

func TestAStreamEndsOnce(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{Provider: "groq"})
	var out []byte
	add := func(e llm.Event) {
		t.Helper()
		var err error
		if out, err = enc.Encode(out, e); err != nil {
			t.Fatal(err)
		}
	}
	add(llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart})
	add(llm.Event{Kind: llm.EventText, Text: "a"})
	out = enc.Error(out, &llm.Error{Kind: llm.Overloaded, Message: "busy"})
	add(llm.Event{Kind: llm.EventText, Text: "b"})
	add(llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop}})
	add(llm.Event{Kind: llm.EventDone})
	out = enc.Ping(enc.Error(out, &llm.Error{}))
	if _, err := enc.Flush(nil); err != nil {
		t.Fatal(err)
	}
	last := grammar(t, string(out))
	want := `{"code":"server_is_overloaded","message":"groq error: busy"}`
	if got := string(json.Lookup(last, "error")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := strings.Count(string(out), "event: response.failed"); n != 1 {
		t.Errorf("%d ends in\n%s", n, out)
	}
	if got := (Codec{}).EncodeStream(dialect.Options{}).Error(nil, &llm.Error{Kind: llm.ContextLength}); json.Unquote(json.Lookup(grammar(t, string(got)), "error", "code")) != "context_length_exceeded" {
		t.Errorf("got\n%s", got)
	}
}

func TestAStreamWithoutAReasonIsBroken(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	_, err := enc.Encode(nil, llm.Event{Kind: llm.EventDone})
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Truncated {
		t.Errorf("got %v", err)
	}
	if _, err := enc.Flush(nil); err == nil {
		t.Error("the end was made up")
	}
}

func TestPingsAreComments(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	n := 0
	for f, err := range frame.SSE(strings.NewReader(string(enc.Ping(nil))), 0) {
		if n++; err != nil || len(f.Data) > 0 {
			t.Errorf("got %q, %v", f.Data, err)
		}
	}
	if n != 1 {
		t.Errorf("got %d frames", n)
	}
}

func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, stream string
		kind         llm.ErrorKind
	}{
		{"nothing at all", "", llm.Truncated},
		{"nothing but an end of another dialect", "data: [DONE]\n\n", llm.Truncated},
		{"not JSON", "data: {\"type\"\n\n", llm.Upstream},
		{"not an object", "data: 7\n\n", llm.Upstream},
		{"an envelope", `data: {"error":{"message":"x","code":"slow_down"}}` + "\n\n", llm.Overloaded},
		{"words only", "event: error\ndata: too many requests\n\n", llm.RateLimited},
		{"a status as code", `data: {"type":"error","code":"401","message":"x"}` + "\n\n", llm.Credential},
		{"failed at the end", `data: {"type":"response.completed","response":{"status":"failed","error":{"code":"server_error","message":"x"}}}` + "\n\n", llm.Upstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(tt.stream)
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != tt.kind {
				t.Errorf("got %v, want kind %s", err, tt.kind)
			}
		})
	}
}

func TestStopSequencesAreDoneHere(t *testing.T) {
	t.Parallel()
	const answer = "yes</blo </block>no"
	x := prepare(t, &llm.Request{Stop: []string{"", "</block>", "zzz"}})
	if got := x.Dropped(); !slices.Equal(got, []string{"stop"}) {
		t.Errorf("dropped %q", got)
	}
	whole := encoded(t, &llm.Response{ID: "resp_1", Model: "m", Created: 1, Native: llm.NativeOf(llm.OpenAIResponses, fullMembers),
		Choices: []llm.Choice{{Parts: []llm.Part{say(answer), &llm.ToolCall{ID: "c", Name: "f"}}, Finish: llm.Finish{Reason: llm.FinishToolCalls}}}, Usage: &llm.Usage{Input: 3, Output: 9}}, dialect.Options{})
	want, err := x.DecodeResponse(whole)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= len(answer); n++ {
		events := []llm.Event{{Kind: llm.EventStart, ID: "resp_1", Model: "m", Created: 1}, {Kind: llm.EventPartStart, PartKind: llm.TextPart}}
		for chunk := range slices.Chunk([]byte(answer), n) {
			events = append(events, llm.Event{Kind: llm.EventText, Text: string(chunk)})
		}
		events = append(events, llm.Event{Kind: llm.EventPartStart, Part: 1, PartKind: llm.ToolCallPart, ID: "c", Name: "f"}, llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 9}},
			llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls}}, llm.Event{Kind: llm.EventDone})
		again, err := readWith(x, dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}), events...))
		if err != nil {
			t.Fatal(err)
		}
		orderly(t, again)
		for _, r := range []*llm.Response{want, dialecttest.Collect(again)} {
			c := r.Choices[0]
			if text, ok := soleText(c.Parts); !ok || text.Text != "yes</blo " || c.Finish.Reason != llm.FinishStopSequence || c.StopSequence != "</block>" || r.Usage.Output != 9 {
				t.Errorf("in pieces of %d: got %+v with %d parts", n, c, len(c.Parts))
			}
		}
	}
}

func TestWhatLooksLikeAStopSequenceIsNotLost(t *testing.T) {
	t.Parallel()
	c := stopper{stops: []string{"\n\nHuman:"}}
	var out []llm.Event
	for _, e := range []llm.Event{{Kind: llm.EventText, Text: "a\n"}, {Kind: llm.EventText, Text: "\nHum"}, {Kind: llm.EventPartStop}, {Kind: llm.EventText, Part: 1, Text: "an:"}} {
		out = c.event(out, e)
	}
	var got string
	for _, e := range out {
		got += e.Text
	}
	if got != "a\n\nHuman:" || out[len(out)-2].Kind != llm.EventPartStop {
		t.Errorf("got %q, %+v", got, out)
	}
}
