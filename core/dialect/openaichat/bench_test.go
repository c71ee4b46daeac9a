package openaichat

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// longRequest is a chat of an agent, of about 32 kB.
func longRequest() []byte {
	var b strings.Builder
	b.WriteString(`{"model":"gpt-5.1","stream":true,"temperature":0.70,"tools":[`)
	for i := range 10 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"function","function":{"name":"tool_%d","description":%q,"parameters":{"type":"object","properties":{"path":{"type":"string"},"n":{"type":"integer","minimum":0}},"required":["path"],"additionalProperties":false}}}`,
			i, strings.Repeat("Reads a file. ", 20))
	}
	b.WriteString(`],"messages":[{"role":"system","content":"You are an agent."}`)
	for i := 0; b.Len() < 32<<10; i++ {
		fmt.Fprintf(&b, `,{"role":"user","content":[{"type":"text","text":%q}]}`, strings.Repeat("Please look at the file and fix it.\n", 15))
		fmt.Fprintf(&b, `,{"role":"assistant","content":null,"tool_calls":[{"id":"call_%d","type":"function","function":{"name":"tool_1","arguments":"{\"path\":\"a.go\"}"}}]}`, i)
		fmt.Fprintf(&b, `,{"role":"tool","tool_call_id":"call_%d","content":%q}`, i, strings.Repeat("func main() {\n\treturn\n}\n", 20))
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func BenchmarkRequest(b *testing.B) { dialecttest.BenchRoundTrip(b, Codec{}, Codec{}, longRequest()) }

func BenchmarkDecodeRequest(b *testing.B) { dialecttest.BenchDecodeRequest(b, Codec{}, longRequest()) }

func BenchmarkTexts(b *testing.B) { dialecttest.BenchTexts(b, Codec{}, longRequest()) }

var frameOfText = frame.Frame{Data: []byte(`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1726000000,"model":"gpt-4o-mini","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" world"},"logprobs":null,"finish_reason":null}],"obfuscation":"abcdefg"}`)}

func BenchmarkStreamDecode(b *testing.B) {
	dialecttest.BenchDecodeFrame(b, Codec{}.Raw(nil).DecodeStream(), frameOfText)
}

func BenchmarkStreamEncode(b *testing.B) {
	start := llm.Event{Kind: llm.EventStart, ID: "msg_1", Model: "claude", Created: 1}
	dialecttest.BenchEncodeText(b, Codec{}.EncodeStream(dialect.Options{Provider: "anthropic", Strict: true}), start)
}
