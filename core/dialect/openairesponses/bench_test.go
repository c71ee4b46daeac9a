package openairesponses

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// longRequest is a history of an agent, of about 32 kB.
func longRequest() []byte {
	var b strings.Builder
	b.WriteString(`{"model":"gpt-5.1","stream":true,"temperature":0.70,"instructions":"You are an agent.","tools":[`)
	for i := range 10 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"function","name":"tool_%d","description":%q,"parameters":{"type":"object","properties":{"path":{"type":"string"},"n":{"type":"integer","minimum":0}},"required":["path"],"additionalProperties":false}}`,
			i, strings.Repeat("Reads a file. ", 20))
	}
	b.WriteString(`],"input":[{"role":"user","content":"Hello"}`)
	for i := 0; b.Len() < 32<<10; i++ {
		fmt.Fprintf(&b, `,{"type":"message","role":"user","content":[{"type":"input_text","text":%q}]}`, strings.Repeat("Please look at the file and fix it.\n", 15))
		fmt.Fprintf(&b, `,{"type":"reasoning","id":"rs_%d","summary":[],"encrypted_content":%q}`, i, strings.Repeat("gAAA", 100))
		fmt.Fprintf(&b, `,{"type":"function_call","id":"fc_%d","call_id":"call_%d","name":"tool_1","arguments":"{\"path\":\"a.go\"}"}`, i, i)
		fmt.Fprintf(&b, `,{"type":"function_call_output","call_id":"call_%d","output":%q}`, i, strings.Repeat("func main() {\n\treturn\n}\n", 20))
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func BenchmarkRequest(b *testing.B) { dialecttest.BenchRoundTrip(b, Codec{}, Codec{}, longRequest()) }

func BenchmarkDecodeRequest(b *testing.B) { dialecttest.BenchDecodeRequest(b, Codec{}, longRequest()) }

func BenchmarkTexts(b *testing.B) { dialecttest.BenchTexts(b, Codec{}, longRequest()) }

var frameOfText = frame.Frame{Event: "response.output_text.delta", Data: []byte(`{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_67c9fdcf37fc8190ba82116e33fb28c501b8b0cd4d9b4d9b","output_index":0,"content_index":0,"delta":" world","logprobs":[],"obfuscation":"abcdefg"}`)}

func BenchmarkStreamDecode(b *testing.B) {
	dialecttest.BenchDecodeFrame(b, Codec{}.Raw(nil).DecodeStream(), frameOfText)
}

func BenchmarkStreamEncode(b *testing.B) {
	start := llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart}
	dialecttest.BenchEncodeText(b, Codec{}.EncodeStream(dialect.Options{Provider: "anthropic"}), start)
}
