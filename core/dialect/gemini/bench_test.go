package gemini

import (
	"bytes"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// conversation is about 32 kB of turns with calls.
func conversation() *llm.Request {
	text := strings.Repeat("words ", 100)
	schema := `{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"$ref":"#/$defs/B"}},"$defs":{"B":{"enum":["x","y"]}},"additionalProperties":false}`
	r := &llm.Request{Tools: []llm.Tool{declared("f", schema), declared("g", schema)}, MaxTokens: ptr[int64](100)}
	for range 16 {
		r.Turns = append(r.Turns,
			turn(llm.User, say(text)), turn(llm.Assistant, say(text), call("t", "f", `{"a":"`+text+`"}`)),
			turn(llm.ToolRole, returned("t", say(text))), turn(llm.Assistant, say(text)))
	}
	return r
}

func BenchmarkPrepare(b *testing.B) {
	r := conversation()
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(prepare(b, r, google(pro25)).Body())))
	}
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := prepare(b, conversation(), google(pro25)).Body()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(core.Incoming{Body: body, Model: pro25}); err != nil {
			b.Fatal(err)
		}
	}
}

// helloes is a stream of 1,000 chunks.
func helloes() []byte {
	chunk := `data: {"candidates": [{"content": {"parts": [{"text": "Hello"}],"role": "model"},"index": 0}],"modelVersion": "gemini-2.5-pro","responseId": "abc"}` + "\r\n\r\n"
	end := `data: {"candidates": [{"content": {"parts": [{"text": ""}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 1,"candidatesTokenCount": 1000,"totalTokenCount": 1001}}` + "\r\n\r\n"
	return []byte(strings.Repeat(chunk, 1000) + end)
}

func BenchmarkDecodeStream(b *testing.B) {
	raw := helloes()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := events(bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSkip(b *testing.B) {
	var frames []frame.Frame
	for f := range frame.SSE(bytes.NewReader(helloes()), 0) {
		frames = append(frames, f.Clone())
	}
	d := &streamDecoder{started: true}
	b.ReportAllocs()
	for b.Loop() {
		for i := range frames {
			d.Skip(frames[i])
		}
	}
}

func BenchmarkEncodeStream(b *testing.B) {
	all, err := events(bytes.NewReader(helloes()))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		enc := Codec{}.EncodeStream(dialect.Options{})
		for i := range all {
			buf, _ = enc.Encode(buf[:0], all[i])
		}
	}
}
