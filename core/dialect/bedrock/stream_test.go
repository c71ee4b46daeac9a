package bedrock

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

// decodeWith reads the lines of a stream as dialecttest has them.
func decodeWith(t *testing.T, x dialect.Exchange, lines string) ([]llm.Event, error) {
	t.Helper()
	var events []llm.Event
	raw := dialecttest.EventStream(t, []byte(lines))
	for e, err := range core.Events(frame.EventStream(bytes.NewReader(raw), 0), x.DecodeStream()) {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// lines is the inverse of dialecttest.EventStream.
func lines(t *testing.T, raw []byte) string {
	t.Helper()
	var b strings.Builder
	for f, err := range frame.EventStream(bytes.NewReader(raw), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Exception {
			b.WriteByte('!')
		}
		b.WriteString(f.Event + " " + string(f.Data) + "\n")
	}
	return b.String()
}

func encodeAll(t *testing.T, o dialect.Options, events ...llm.Event) string {
	t.Helper()
	enc := Codec{}.EncodeStream(o)
	var out []byte
	var err error
	for _, e := range events {
		if out, err = enc.Encode(out, e); err != nil {
			t.Fatal(err)
		}
	}
	if out, err = enc.Flush(out); err != nil {
		t.Fatal(err)
	}
	return lines(t, out)
}

func toolStart(part int, id string) llm.Event {
	return llm.Event{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Part: part, ID: id, Name: "f"}
}

func say(kind llm.EventKind, part int, text string) llm.Event {
	return llm.Event{Kind: kind, Part: part, Text: text}
}

var (
	begin      = llm.Event{Kind: llm.EventStart, ID: "x"}
	done       = llm.Event{Kind: llm.EventDone}
	toolFinish = llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls, Raw: "tool_calls"}}
)

func TestEncodedStreams(t *testing.T) {
	t.Parallel()
	const first = "messageStart {\"role\":\"assistant\"}\n"
	const end = `metadata {"usage":{"inputTokens":0,"outputTokens":0,"totalTokens":0},"metrics":{"latencyMs":0}}` + "\n"
	tests := []struct {
		name   string
		events []llm.Event
		want   string
	}{
		{
			"interleaved calls of a chat stream are put in a row",
			[]llm.Event{
				begin, toolStart(0, "a"), toolStart(1, "b"), say(llm.EventArguments, 1, `{"y":`), say(llm.EventArguments, 0, `{"x":1}`),
				say(llm.EventArguments, 1, `2}`), toolFinish, done,
			},
			first + `contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\"x\":1}"}}}
contentBlockStop {"contentBlockIndex":0}
contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"b","name":"f"}}}
contentBlockDelta {"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"y\":"}}}
contentBlockDelta {"contentBlockIndex":1,"delta":{"toolUse":{"input":"2}"}}}
contentBlockStop {"contentBlockIndex":1}
messageStop {"stopReason":"tool_use"}
` + end,
		},
		{
			"a call without arguments has an empty object, and blocks without a form leave no gap",
			[]llm.Event{
				begin,
				{Kind: llm.EventPartStart, PartKind: llm.ForeignPart, Name: "web_search_tool_result", Native: native(llm.Anthropic, `{"a":1}`)}, {Kind: llm.EventPartStop},
				{Kind: llm.EventPartStart, PartKind: llm.TextPart, Part: 1}, {Kind: llm.EventPartStop, Part: 1},
				toolStart(2, "a"), {Kind: llm.EventPartStop, Part: 2}, toolFinish, done,
			},
			first + `contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}
contentBlockStop {"contentBlockIndex":0}
messageStop {"stopReason":"tool_use"}
` + end,
		},
		{
			"the text of a freeform call becomes an object, piece by piece",
			[]llm.Event{
				begin, {Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, ID: "a", Name: "p", Custom: true},
				say(llm.EventArguments, 0, "*** \"x\"\n"), say(llm.EventArguments, 0, "é"), {Kind: llm.EventPartStop}, toolFinish, done,
			},
			first + `contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"p"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\"input\":\""}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"*** \\\"x\\\"\\n"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"é"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"\"}"}}}
contentBlockStop {"contentBlockIndex":0}
messageStop {"stopReason":"tool_use"}
` + end,
		},
		{
			"the last usage counts, wherever it came, and metadata are the end",
			[]llm.Event{
				begin, {Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1}}, {Kind: llm.EventPartStart, PartKind: llm.RefusalPart}, say(llm.EventRefusal, 0, "No."),
				{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStopSequence}, Text: "END"},
				{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 10, Output: 2, CacheRead: 5, CacheWrite1h: 3, ServiceTier: "flex"}}, done, done,
			},
			first + `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"No."}}
contentBlockStop {"contentBlockIndex":0}
messageStop {"stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"}}
metadata {"usage":{"inputTokens":10,"outputTokens":2,"totalTokens":20,"cacheReadInputTokens":5,"cacheWriteInputTokens":3,"cacheDetails":[{"inputTokens":3,"ttl":"1h"}]},"metrics":{"latencyMs":0},"serviceTier":{"type":"flex"}}
`,
		},
		{"nobody invents a stop reason", []llm.Event{begin}, first},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := encodeAll(t, dialect.Options{}, tt.events...); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestAnErrorEndsTheStreamOnce(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	out, _ := enc.Encode(nil, begin)
	out, _ = enc.Encode(out, llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart})
	out, _ = enc.Encode(out, say(llm.EventText, 0, "Hi"))
	out = enc.Error(out, &llm.Error{Kind: llm.RateLimited, Message: "slow down"})
	out = enc.Error(out, &llm.Error{Kind: llm.Upstream})
	out, _ = enc.Encode(out, toolFinish)
	out, _ = enc.Encode(out, done)
	out = enc.Ping(out)
	out, _ = enc.Flush(out)
	want := "messageStart {\"role\":\"assistant\"}\n" + `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Hi"}}` + "\n" +
		`!throttlingException {"message":"slow down"}` + "\n"
	if got := lines(t, out); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPingsMeanNothing(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{})
	out := enc.Ping(enc.Ping(nil))
	out, _ = enc.Encode(out, begin)
	out, _ = enc.Encode(out, llm.Event{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop}})
	out, _ = enc.Flush(out)
	got := lines(t, out)
	if strings.Count(got, "messageStart") != 1 || !strings.HasPrefix(got, "ping {}\nping {}\nmessageStart") {
		t.Errorf("got\n%s", got)
	}
	events, err := decodeWith(t, Codec{}.Raw(nil), strings.ReplaceAll(got, "ping {}", "ping"))
	if err != nil || events[len(events)-1].Kind != llm.EventDone {
		t.Errorf("with pings in it the stream reads as %s", dialecttest.Dump(events, err))
	}
}

func TestStreamedCallsHaveTheClientsNamesAndTexts(t *testing.T) {
	t.Parallel()
	r := llm.Request{Turns: hi, Tools: []llm.Tool{function("repo.search"), {Kind: llm.CustomTool, Name: "apply patch"}}}
	x, err := Codec{}.Prepare(&r, target(sonnet45))
	if err != nil {
		t.Fatal(err)
	}
	events, err := decodeWith(t, x, `
contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"`+legal("repo.search")+`"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}
contentBlockStop {"contentBlockIndex":0}
contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"b","name":"`+legal("apply patch")+`"}}}
contentBlockDelta {"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"input\":\"***"}}}
contentBlockDelta {"contentBlockIndex":1,"delta":{"toolUse":{"input":" \\\"x\\\"\"}"}}}
contentBlockStop {"contentBlockIndex":1}
messageStop {"stopReason":"tool_use"}`)
	if err != nil {
		t.Fatal(err)
	}
	parts := dialecttest.Collect(events).Choices[0].Parts
	if c := parts[0].(*llm.ToolCall); c.Name != "repo.search" || c.Arguments != "{}" {
		t.Errorf("got the call %+v", c)
	}
	if c := parts[1].(*llm.ToolCall); c.Name != "apply patch" || !c.Custom || c.Arguments != `*** "x"` {
		t.Errorf("got the call %+v", c)
	}
}

func TestFailuresInStreams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, lines string
		kind        llm.ErrorKind
		status      int
	}{
		{"throttled", `!throttlingException {"message":"slow down"}`, llm.RateLimited, 429},
		{"the model broke", `!modelStreamErrorException {"message":"x","originalStatusCode":500}`, llm.Upstream, 424},
		{"the service broke", `!internalServerException {"message":"x"}`, llm.Upstream, 500},
		{"refused", `!validationException {"message":"x"}`, llm.BadRequest, 400},
		{"too long", `!validationException {"message":"The model returned the following errors: prompt is too long: 2 tokens > 1 maximum"}`, llm.ContextLength, 400},
		{"no capacity", `!serviceUnavailableException {"message":"x"}`, llm.Overloaded, 503},
		{"no answer in time", `!modelTimeoutException {"message":"x"}`, llm.Timeout, 408},
		{"unknown", `!exceptionOfTomorrow {"Message":"x"}`, llm.Upstream, 502},
		{"without words", `! `, llm.Upstream, 502},
		{"an event that is not JSON", `contentBlockDelta {"contentBlockIndex":0,`, llm.Upstream, 502},
		{"metadata that are not JSON", `metadata nope`, llm.Upstream, 502},
		{"an event of a wrong shape", `contentBlockDelta {"delta":{"text":7}}`, llm.Upstream, 502},
		{"input of a tool without a name", `contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}`, llm.Upstream, 502},
		{"a stream of nothing", ``, llm.Truncated, 502},
		{"counters without an end", `metadata {"usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}`, llm.Truncated, 502},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x, err := Codec{}.Prepare(&llm.Request{Turns: hi}, target(sonnet35))
			if err != nil {
				t.Fatal(err)
			}
			events, err := decodeWith(t, x, tt.lines)
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || e.HTTPStatus() != tt.status || e.Provider != "bedrock" || e.Message == "" {
				t.Errorf("got %s, want %v with status %d", dialecttest.Dump(events, err), tt.kind, tt.status)
			}
		})
	}
}

func TestOddStreamsAreRead(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, lines, want string }{
		{"metadata before the end", `
messageStart {}
metadata {"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}
messageStop {"stopReason":"end_turn"}`, "start usage finish done"},
		{"metadata twice", `
messageStop {"stopReason":"end_turn"}
metadata {"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}
metadata {"usage":{"inputTokens":1,"outputTokens":3,"totalTokens":4}}`, "start finish usage done usage"},
		{"metadata that count nothing", `
messageStop {"stopReason":"end_turn"}
metadata {"metrics":{"latencyMs":1}}`, "start finish done"},
		{"a block that says nothing", `
contentBlockStart {"contentBlockIndex":0,"start":{}}
contentBlockStop {"contentBlockIndex":0}
contentBlockDelta {"contentBlockIndex":1,"delta":{}}
contentBlockDelta {"contentBlockIndex":1}
messageStop {"stopReason":"end_turn"}`, "start finish done"},
		{"a block that changes its kind", `
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"a"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"b"}}
messageStop {"stopReason":"end_turn"}`, "start part reasoning stop part text stop finish done"},
		{"two blocks open at a time", `
contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}
contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"b","name":"f"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}
contentBlockStop {"contentBlockIndex":1}
contentBlockStop {"contentBlockIndex":0}
messageStop {"stopReason":"tool_use"}`, "start part part arguments arguments stop stop finish done"},
		{"an index that is not there", `
contentBlockDelta {"delta":{"text":"b"}}
messageStop {"stopReason":"end_turn"}`, "start part text stop finish done"},
		{"kinds of blocks of tomorrow", `
contentBlockStart {"contentBlockIndex":0,"start":{"hologram":{}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"hologram":{}}}
messageStop {"stopReason":"end_turn"}`, "start native native finish done"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := decodeWith(t, Codec{}.Raw(nil), tt.lines)
			var got []string
			for line := range strings.Lines(dialecttest.Dump(events, err)) {
				got = append(got, strings.Fields(line)[0])
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
}

func TestJoinBase64(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "YWI=": "YWI=", "YWJj": "YWJj", "YWI=Y2Rl": "YWJjZGU=", "YQ==YWI=": "YWFi", "=bad=x": "=bad=x"} {
		if got := joinBase64(in); got != want {
			t.Errorf("joined %q to %q, want %q", in, got, want)
		}
	}
}

func TestAnswersOfOtherDialects(t *testing.T) {
	t.Parallel()
	r := &llm.Response{
		Choices: []llm.Choice{{
			Parts: []llm.Part{
				&llm.Reasoning{Text: "hm", Origin: llm.OpenAIChat}, &llm.Reasoning{}, &llm.Text{Text: "A", Native: chat(`{"x":1}`)},
				&llm.Text{Text: "B", Citations: []llm.Citation{{URL: "https://example.com", Title: "T", Quote: "q"}}},
				&llm.Refusal{Text: "No."}, call("t", "f", `{"a":`), &llm.ToolCall{ID: "u", Name: "p", Arguments: "x", Custom: true},
				&llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "AAAA"}, &llm.Media{Kind: llm.Image, URL: "https://example.com"},
				&llm.Foreign{Kind: "x", Native: chat(`{"y":1}`)},
			},
			Finish: llm.Finish{Reason: llm.FinishOther, Raw: "insufficient_system_resource"},
		}, {Parts: []llm.Part{&llm.Text{Text: "second"}}}},
		Usage: &llm.Usage{Input: 1, Output: 2, CacheWrite1h: 3, CacheWrite: 4},
	}
	got, err := Codec{}.EncodeResponse(r, dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm"}}},{"text":"A"},` +
		`{"citationsContent":{"content":[{"text":"B"}],"citations":[{"title":"T","sourceContent":[{"text":"q"}],"location":{"web":{"url":"https://example.com"}}}]}},` +
		`{"text":"No."},{"toolUse":{"toolUseId":"t","name":"f","input":{"arguments":"{\"a\":"}}},{"toolUse":{"toolUseId":"u","name":"p","input":{"input":"x"}}},` +
		`{"image":{"format":"png","source":{"bytes":"AAAA"}}}]}},"stopReason":"insufficient_system_resource",` +
		`"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":10,"cacheWriteInputTokens":7,"cacheDetails":[{"inputTokens":3,"ttl":"1h"},{"inputTokens":4,"ttl":"5m"}]},` +
		`"metrics":{"latencyMs":0}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, err = (Codec{}).EncodeResponse(&llm.Response{}, dialect.Options{}); err != nil || !jsonvalue.Valid(got) {
		t.Errorf("an empty answer gives %s, %v", got, err)
	}
}

func TestUnreadableAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `nope`, `[]`, `{}`, `{"message":"broken"}`, `{"output":7}`, `{"output":{"message":{"content":"x"}}}`, `{"usage":{"inputTokens":"1"},"stopReason":"x"}`} {
		r, err := Codec{}.Raw(nil).DecodeResponse([]byte(body))
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Upstream {
			t.Errorf("%s gives %+v, %v", body, r, err)
		}
	}
	sparse := `{"output":{"message":{"content":[{},{"toolUse":{"name":"f"}},{"reasoningContent":{}},{"toolResult":{}},{"text":null}]}},"usage":{}}`
	r, err := Codec{}.Raw(nil).DecodeResponse([]byte(sparse))
	if err != nil || r.Choices[0].Finish.Reason != llm.FinishOther || r.Choices[0].Parts[0].(*llm.ToolCall).Arguments != "{}" {
		t.Errorf("a sparse answer gives %+v, %v", r, err)
	}
}

func TestUsageSplitsCacheWritesByLifetime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, usage        string
		read, short, hours int64
	}{
		{"both", `{"cacheReadInputTokens":5,"cacheWriteInputTokens":10,"cacheDetails":[{"ttl":"1h","inputTokens":6},{"ttl":"5m","inputTokens":4}]}`, 5, 4, 6},
		{"no details", `{"cacheWriteInputTokens":10}`, 0, 10, 0},
		{"half of the details", `{"cacheWriteInputTokens":10,"cacheDetails":[{"ttl":"1h","inputTokens":6}]}`, 0, 4, 6},
		{"details only", `{"cacheDetails":[{"ttl":"1h","inputTokens":6},{"ttl":"5m","inputTokens":4}]}`, 0, 4, 6},
		{"details that cannot be read", `{"cacheWriteInputTokens":10,"cacheDetails":7}`, 0, 10, 0},
	}
	for _, tt := range tests {
		r, err := Codec{}.Raw(nil).DecodeResponse([]byte(`{"stopReason":"end_turn","usage":` + tt.usage + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if u := r.Usage; u.CacheRead != tt.read || u.CacheWrite != tt.short || u.CacheWrite1h != tt.hours {
			t.Errorf("%s: got %+v", tt.name, u)
		}
	}
}
