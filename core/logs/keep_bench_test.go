package logs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/usage"
)

// answered are exchanges as a client has them: of a small chat, and of one
// that is streamed in 200 frames.
func answered() map[string]*usage.Exchange {
	small := fmt.Sprintf(`{"model":"gpt-4o","messages":[{"role":"user","content":%q}]}`, strings.Repeat("A line of talk, with \"quotes\".\n", 60))
	chunk := `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1726000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}` + "\n\n"
	whole, stream := exchange(small, small), exchange(small, "")
	stream.Response = body("text/event-stream", strings.Repeat(chunk, 200)+"data: [DONE]\n\n")
	for _, x := range []*usage.Exchange{whole, stream} {
		x.Header, x.ResponseHeader = http.Header{}, http.Header{}
		for i := range 23 {
			x.Header.Set(fmt.Sprintf("X-Stainless-%d-Version", i), "of the client")
		}
		for i := range 8 {
			x.ResponseHeader.Set(fmt.Sprintf("X-Ratelimit-%d-Requests", i), "as the provider says")
		}
	}
	return map[string]*usage.Exchange{"whole": whole.Clean(redact.Secrets{}), "200 frames": stream.Clean(redact.Secrets{})}
}

// BenchmarkKept is what becomes of an exchange before it is stored.
func BenchmarkKept(b *testing.B) {
	for name, x := range answered() {
		for _, keep := range []usage.Keep{usage.KeepFull, usage.KeepRedacted} {
			b.Run(fmt.Sprint(name, ", ", keep), func(b *testing.B) {
				b.ReportAllocs()
				r := &usage.Record{Operation: llm.Generate, Exchange: x}
				for b.Loop() {
					if kept(r, keep, 64<<10).Answer.Text == nil {
						b.Fatal("nothing is kept")
					}
				}
			})
		}
	}
}

// BenchmarkPack writes what is kept.
func BenchmarkPack(b *testing.B) {
	for name, x := range answered() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			s := kept(&usage.Record{Operation: llm.Generate, Exchange: x}, usage.KeepFull, 64<<10)
			for b.Loop() {
				if _, err := compress(s.append(nil)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
