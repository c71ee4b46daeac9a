package bedrock

import (
	"bytes"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// conversation is about 32 kB of turns with calls.
func conversation() *llm.Request {
	text := strings.Repeat("words ", 100)
	r := &llm.Request{Tools: []llm.Tool{function("f"), function("g")}, MaxTokens: ptr(int64(100))}
	for range 16 {
		r.Turns = append(r.Turns,
			words(llm.User, text), parts(llm.Assistant, &llm.Text{Text: text}, call("t", "f", `{"a":"`+text+`"}`)),
			parts(llm.ToolRole, result("t", &llm.Text{Text: text})), words(llm.Assistant, text))
	}
	return r
}

func BenchmarkPrepare(b *testing.B) {
	r := conversation()
	b.ReportAllocs()
	for b.Loop() {
		x, err := Codec{}.Prepare(r, target(opus46))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(x.Body())))
	}
}

func BenchmarkDecodeRequest(b *testing.B) {
	x, err := Codec{}.Prepare(conversation(), target(opus46))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(x.Body())))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(core.Incoming{Body: x.Body(), Model: opus46}); err != nil {
			b.Fatal(err)
		}
	}
}

// tokens is a stream of 1,000 deltas.
func tokens(b *testing.B) []byte {
	lines := "messageStart {\"role\":\"assistant\"}\n" +
		strings.Repeat(`contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Hello"},"p":"abcdefghij"}`+"\n", 1000) +
		"contentBlockStop {\"contentBlockIndex\":0}\nmessageStop {\"stopReason\":\"end_turn\"}\n" +
		`metadata {"usage":{"inputTokens":1,"outputTokens":1000,"totalTokens":1001},"metrics":{"latencyMs":1}}`
	return dialecttest.EventStream(b, []byte(lines))
}

func BenchmarkDecodeStream(b *testing.B) {
	raw := tokens(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range core.Events(frame.EventStream(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkEncodeStream(b *testing.B) {
	var events []llm.Event
	for e, err := range core.Events(frame.EventStream(bytes.NewReader(tokens(b)), 0), Codec{}.Raw(nil).DecodeStream()) {
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, e)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		enc := Codec{}.EncodeStream(dialect.Options{})
		for i := range events {
			buf, _ = enc.Encode(buf[:0], events[i])
		}
	}
}
