package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

func events(r io.Reader) ([]llm.Event, error) {
	var out []llm.Event
	for e, err := range core.Events(frame.SSE(r, 0), Codec{}.Raw(nil).DecodeStream()) {
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
	return out, nil
}

func encodeAll(t testing.TB, c Codec, in []llm.Event) string {
	t.Helper()
	enc := c.EncodeStream(dialect.Options{Model: "m"})
	var out []byte
	var err error
	for _, e := range in {
		if out, err = enc.Encode(out, e); err != nil {
			t.Fatal(err)
		}
	}
	if out, err = enc.Flush(out); err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// chat is a stream as chat upstreams have them: the pieces of two calls
// alternate, and the usage comes last.
var chat = []llm.Event{
	{Kind: llm.EventStart, ID: "c1", Model: "gpt"},
	{Kind: llm.EventPartStart, PartKind: llm.ReasoningPart, Part: 0, Native: llm.Native{Dialect: llm.Anthropic}},
	{Kind: llm.EventReasoning, Part: 0, Text: "hm"}, {Kind: llm.EventSignature, Part: 0, Text: "Eq"}, {Kind: llm.EventPartStop, Part: 0},
	{Kind: llm.EventPartStart, PartKind: llm.TextPart, Part: 1}, {Kind: llm.EventText, Part: 1, Text: "Hi"}, {Kind: llm.EventPartStop, Part: 1},
	{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Part: 2, ID: "a", Name: "f"}, {Kind: llm.EventArguments, Part: 2, Text: `{"x":`},
	{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Part: 3, ID: "b", Name: "g"},
	{Kind: llm.EventArguments, Part: 2, Text: `1}`},
	{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls, Raw: "tool_calls"}},
	{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 4}},
	{Kind: llm.EventDone},
}

func TestEncodeStreamOfAnotherDialect(t *testing.T) {
	t.Parallel()
	want := `data: {"candidates":[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"},"index":0}],"modelVersion":"gpt","responseId":"c1"}

data: {"candidates":[{"content":{"parts":[{"text":"","thought":true,"thoughtSignature":"c2x1aWNlOmFudGhyb3BpYzpzaWduOkVx"}],"role":"model"},"index":0}],"modelVersion":"gpt","responseId":"c1"}

data: {"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"index":0}],"modelVersion":"gpt","responseId":"c1"}

data: {"candidates":[{"content":{"parts":[{"functionCall":{"id":"a","name":"f","args":{"x":1}}}],"role":"model"},"index":0}],"modelVersion":"gpt","responseId":"c1"}

data: {"candidates":[{"content":{"parts":[{"functionCall":{"id":"b","name":"g","args":{}}}],"role":"model"},"index":0}],"modelVersion":"gpt","responseId":"c1"}

data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7},"modelVersion":"gpt","responseId":"c1"}

`
	if got := encodeAll(t, Codec{}, chat); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnArraySaysWhatTheEventsSay(t *testing.T) {
	t.Parallel()
	enc := Codec{Array: true}.EncodeStream(dialect.Options{})
	out := enc.Ping(nil)
	for _, e := range chat {
		out, _ = enc.Encode(enc.Ping(out), e)
	}
	out, _ = enc.Flush(out)
	var chunks []json.RawMessage
	if err := json.Unmarshal(out, &chunks); err != nil || enc.ContentType() != "application/json" {
		t.Fatalf("%v in %s", err, out)
	}
	var again []byte
	for _, c := range chunks {
		again = frame.AppendSSE(again, "", c)
	}
	if want := encodeAll(t, Codec{}, chat); string(again) != want {
		t.Errorf("got\n%s\nwant\n%s", again, want)
	}
}

func TestAnErrorEndsAStreamOnce(t *testing.T) {
	t.Parallel()
	fail := llm.Errorf(llm.Overloaded, "busy")
	const body = `{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`
	for _, tt := range []struct {
		name  string
		codec Codec
		after int // events
		want  string
	}{
		{"outside of any event and in one", Codec{}, 0, body + "\n\ndata: " + body + "\n\n"},
		{"an array of one", Codec{Array: true}, 0, "[" + body + "]"},
		{"the array is closed", Codec{Array: true}, 3, `[{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"},"index":0}],"modelVersion":"gpt","responseId":"c1"}` + ",\r\n" + body + "]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			enc := tt.codec.EncodeStream(dialect.Options{})
			var out []byte
			for _, e := range chat[:tt.after] {
				out, _ = enc.Encode(out, e)
			}
			out = enc.Error(out, fail)
			out = enc.Ping(enc.Error(out, fail))
			out, _ = enc.Flush(out)
			out, _ = enc.Encode(out, llm.Event{Kind: llm.EventDone})
			if string(out) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", out, tt.want)
			}
		})
	}
}

// Our own error is an error for our own decoder, whichever form it reads.
func TestOurErrorCanBeRead(t *testing.T) {
	t.Parallel()
	raw := Codec{}.EncodeStream(dialect.Options{}).Error(nil, llm.Errorf(llm.Overloaded, "busy"))
	_, err := events(bytes.NewReader(raw))
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Overloaded || e.Message != "busy" {
		t.Errorf("got %v", err)
	}
}

func TestPingsSayNothing(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	raw := enc.Ping(nil)
	for _, e := range chat {
		raw, _ = enc.Encode(enc.Ping(raw), e)
	}
	with, err := events(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	without, err := events(strings.NewReader(encodeAll(t, Codec{}, chat)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dialecttest.Dump(with, nil), dialecttest.Dump(without, nil); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestStreamsOfManyForms(t *testing.T) {
	t.Parallel()
	const a, done = `{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`, `{"candidates":[{"finishReason":"STOP"}]}`
	tests := []struct {
		name string
		data []string
		want string // texts
		err  string
	}{
		{"chunks", []string{a, a, done}, "aa", ""},
		{"chunks in an array", []string{"[" + a + "," + done + "]"}, "a", ""},
		{"an error in an array", []string{a, `[{"error":{"message":"no"}}]`}, "a", "no"},
		{"a pause", []string{a, `{}`, done}, "a", ""},
		{"content after the reason", []string{a, done, a}, "aa", ""},
		{"one candidate without a reason", []string{a, `{"candidates":[{"finishReason":"STOP","index":1}]}`}, "a", "before the answer was complete"},
		{"not JSON", []string{a, `nonsense`}, "a", "cannot be read"},
		{"nothing", nil, "", "before the answer was complete"},
		{"nothing but pauses", []string{`{}`}, "", "before the answer was complete"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var raw []byte
			for _, d := range tt.data {
				raw = frame.AppendSSE(raw, "", []byte(d))
			}
			got, err := events(bytes.NewReader(raw))
			text := ""
			for _, e := range got {
				text += e.Text
			}
			if text != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q and %v", text, err)
			}
		})
	}
}

func TestProbabilitiesOfAStreamArePutTogether(t *testing.T) {
	t.Parallel()
	chunk := func(token, rest string) string {
		return `data: {"candidates":[{"content":{"parts":[{"text":"` + token + `"}]},"logprobsResult":{"chosenCandidates":[{"token":"` + token + `"}]}` + rest + `}]}` + "\n\n"
	}
	got, err := events(strings.NewReader(chunk("a", "") + chunk("b", `,"finishReason":"STOP"`)))
	i := slices.IndexFunc(got, func(e llm.Event) bool { return e.Kind == llm.EventFinish })
	if err != nil || i < 0 {
		t.Fatal(err)
	}
	if n, want := string(got[i].Native.Members), `{"logprobsResult":{"chosenCandidates":[{"token":"a"},{"token":"b"}]}}`; n != want {
		t.Errorf("got %s, want %s", n, want)
	}
}

func TestSkipLeavesOutOnlyContent(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{
		`{"candidates":[{"content":{"parts":[{"text":"a \"finishReason\""}]},"index": 0}]}`: true,
		`{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`:                             true,
		`{"candidates":[{"content":{"parts":[{"text":"a"}]},"index": 1}]}`:                  false,
		`{"candidates":[{"finishReason":"STOP"}]}`:                                          false,
		`{"usageMetadata":{}}`: false,
		`{"error":{}}`:         false,
		`[{"candidates":[]}]`:  false,
		``:                     false,
	} {
		d := &streamDecoder{started: true}
		if got := d.Skip(frame.Frame{Data: []byte(data)}); got != want {
			t.Errorf("%s: got %t", data, got)
		}
	}
}
