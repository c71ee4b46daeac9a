package anthropic

import (
	"bytes"
	"errors"
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

// encode writes events and ends the stream properly.
func encode(t testing.TB, o dialect.Options, events ...llm.Event) string {
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
	return string(out)
}

// grammar reads a stream as the official TypeScript client does, and fails on
// whatever would make it throw or lose something. It returns the message that
// the client would hold in the end.
func grammar(t testing.TB, stream string) json.Value {
	t.Helper()
	g := &client{t: t, open: -1}
	for f, err := range frame.SSE(strings.NewReader(stream), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Data) == 0 {
			continue
		}
		if typ := json.Unquote(json.Lookup(f.Data, "type")); typ != f.Event {
			t.Errorf("event %q has data of type %q", f.Event, typ)
		}
		g.event(f.Event, f.Data)
	}
	if !g.stopped {
		t.Error("no message_stop")
	}
	g.set("content", marshal(g.blocks))
	return g.message
}

type client struct {
	t       testing.TB
	message json.Value
	blocks  []json.Value
	open    int // index of the open block, or -1
	input   string
	ended   bool
	stopped bool
}

func (g *client) set(name string, v json.Value) {
	g.message, _ = json.Splice(g.message, json.Edit{Name: name, Value: v})
}

func (g *client) event(name string, data json.Value) {
	if g.stopped {
		g.t.Errorf("%s after message_stop", name)
	}
	if name != "message_start" && g.message == nil {
		g.t.Errorf("%s before message_start", name)
	}
	index := -1
	if n, ok := integer(json.Lookup(data, "index")); ok {
		index = int(n)
	}
	switch name {
	case "message_start":
		if g.message != nil {
			g.t.Error("a second message_start")
		}
		g.message = json.Lookup(data, "message").Clone()
	case "content_block_start":
		if g.open >= 0 || index != len(g.blocks) {
			g.t.Errorf("block %d begins while block %d is open and there are %d", index, g.open, len(g.blocks))
		}
		g.blocks, g.open, g.input = append(g.blocks, json.Lookup(data, "content_block").Clone()), index, ""
	case "content_block_delta":
		if index != g.open {
			g.t.Fatalf("a delta for block %d while %d is open", index, g.open)
		}
		g.delta(json.Lookup(data, "delta"))
	case "content_block_stop":
		if index != g.open {
			g.t.Errorf("block %d ends while %d is open", index, g.open)
		}
		g.open = -1
	case "message_delta":
		if g.open >= 0 || g.ended {
			g.t.Errorf("message_delta while block %d is open, or twice (%v)", g.open, g.ended)
		}
		g.ended = true
		for _, n := range []string{"stop_reason", "stop_sequence"} {
			g.set(n, json.Lookup(data, "delta", n))
		}
		g.set("usage", mergeObjects(json.Lookup(g.message, "usage"), json.Lookup(data, "usage")))
	case "message_stop":
		g.stopped = true
		if !g.ended {
			g.t.Error("message_stop without message_delta")
		}
	case "ping":
	default:
		g.t.Errorf("unknown event %s", name)
	}
}

// delta joins what the client joins. Signatures replace each other.
func (g *client) delta(d json.Value) {
	b := &g.blocks[g.open]
	typ := json.Unquote(json.Lookup(*b, "type"))
	set := func(name string, v json.Value) { *b, _ = json.Splice(*b, json.Edit{Name: name, Value: v}) }
	join := func(name, want string) {
		if typ != want {
			g.t.Errorf("a %s in a block of type %s", json.Lookup(d, "type"), typ)
		}
		set(name, json.Quote(json.Unquote(json.Lookup(*b, name))+json.Unquote(json.Lookup(d, name))))
	}
	switch json.Unquote(json.Lookup(d, "type")) {
	case "text_delta":
		join("text", "text")
	case "thinking_delta":
		join("thinking", "thinking")
	case "signature_delta":
		if typ != "thinking" {
			g.t.Errorf("a signature in a block of type %s", typ)
		}
		set("signature", json.Lookup(d, "signature"))
	case "input_json_delta":
		if g.input += json.Unquote(json.Lookup(d, "partial_json")); json.Valid([]byte(g.input)) {
			set("input", json.Value(g.input))
		}
	case "citations_delta":
		if typ != "text" {
			g.t.Errorf("a citation in a block of type %s", typ)
		}
		var cs []json.Value
		_ = json.Unmarshal(json.Lookup(*b, "citations"), &cs)
		set("citations", marshal(append(cs, json.Lookup(d, "citation"))))
	}
}

func TestStreamSpeaksTheFirstPartysGrammar(t *testing.T) {
	t.Parallel()
	got := encode(t, dialect.Options{},
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
				out := encode(t, dialect.Options{Model: "m"}, append(events, llm.Event{Kind: llm.EventDone})...)
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

func TestStreamStartTellsTheEstimate(t *testing.T) {
	t.Parallel()
	out := encode(t, dialect.Options{Model: "m", Estimate: &llm.Usage{Input: 900, Estimated: true}},
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

// TestAnyAnswerGoesThroughAStream is the law: whatever the events say, a
// client that reads our stream holds what a client of the whole answer holds.
func TestAnyAnswerGoesThroughAStream(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		want := randomResponse(rand.New(rand.NewPCG(seed, 1)))
		out := encode(t, dialect.Options{}, shuffled(rand.New(rand.NewPCG(seed, 2)), want)...)
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
