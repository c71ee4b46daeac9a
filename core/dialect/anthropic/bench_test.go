package anthropic

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// conversation is a request of about 32 kB, as an agent sends it.
func conversation() []byte {
	var b strings.Builder
	b.WriteString(`{"model":"claude-opus-4-8","max_tokens":32000,"stream":true,"system":[{"type":"text","text":` + string(json.Quote(strings.Repeat("You are an agent. ", 200))) + `,"cache_control":{"type":"ephemeral"}}],"tools":[`)
	for i := range 12 {
		fmt.Fprintf(&b, `%s{"name":"tool_%d","description":"A tool that does things","input_schema":{"type":"object","properties":{"path":{"type":"string","description":"Where"},"n":{"type":"integer"}},"required":["path"],"additionalProperties":false}}`, comma(i), i)
	}
	b.WriteString(`],"messages":[`)
	for i := range 24 {
		fmt.Fprintf(&b, `%s{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_%d","content":%s}]},`, comma(i), i, json.Quote(strings.Repeat("a line of \"output\"\n", 30)))
		fmt.Fprintf(&b, `{"role":"assistant","content":[{"type":"text","text":"Going on."},{"type":"tool_use","id":"toolu_%d","name":"tool_1","input":{"path":"/src/main.go","n":%d}}]}`, i+1, i)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func BenchmarkDecodeRequest(b *testing.B) { dialecttest.BenchDecodeRequest(b, Codec{}, conversation()) }

func BenchmarkPrepare(b *testing.B) {
	body := conversation()
	r := decode(b, string(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).Prepare(r, dialect.Target{Model: "claude-opus-4-8"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTexts(b *testing.B) { dialecttest.BenchTexts(b, Codec{}, conversation()) }

func BenchmarkDecodeFrame(b *testing.B) {
	dec := Codec{}.Raw(nil).DecodeStream()
	if _, err := dec.Decode(nil, frame.Frame{Data: []byte(`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`)}); err != nil {
		b.Fatal(err)
	}
	dialecttest.BenchDecodeFrame(b, dec, frame.Frame{Event: "content_block_delta", Data: []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}}`)})
}

func BenchmarkEncodeFrame(b *testing.B) {
	dialecttest.BenchEncodeText(b, Codec{}.EncodeStream(dialect.Options{}), llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart})
}
