package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/usage"
)

// ordinary are headers as clients send them: 25, of which two are secret.
func ordinary() http.Header {
	h := http.Header{
		"Authorization": {"Bearer sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"}, "X-Portkey-Api-Key": {"sluice-key-0123456789abcdef"},
		"Content-Type": {"application/json"}, "Content-Length": {"2048"}, "Accept": {"application/json"}, "Accept-Encoding": {"gzip, deflate, br"},
		"User-Agent": {"OpenAI/Python 1.51.0"}, "X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"https"}, "Connection": {"keep-alive"},
		"X-Portkey-Provider": {"openai"}, "X-Portkey-Trace-Id": {"5f0c1b8e-0a63-4f6a-9b0e-0d3a3a1f7c11"}, "X-Portkey-Metadata": {`{"_user":"u-1","env":"test"}`},
	}
	for _, name := range []string{"Arch", "Async", "Lang", "Os", "Package-Version", "Retry-Count", "Runtime", "Runtime-Version", "Read-Timeout", "Helper-Method", "Raw-Response", "Poll-Helper"} {
		h["X-Stainless-"+name] = []string{"of the client"}
	}
	return h
}

// small is a request of 2 kB in JSON.
func small() []byte {
	return fmt.Appendf(nil, `{"model":"gpt-4o","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":%q}]}`, strings.Repeat("A line of talk, with \"quotes\".\n", 60))
}

// frames is a stream of n words.
func frames(n int) []byte {
	chunk := `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1726000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}` + "\n\n"
	return []byte(strings.Repeat(chunk, n) + "data: [DONE]\n\n")
}

// answered is a request that has been answered, with bodies.
func answered(kind string, answer []byte) *request {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
	r.Header = ordinary()
	q := &request{api: &api{Config: Config{Sinks: []usage.Sink{usage.NewLines(nil)}, Bodies: Bodies{Keep: usage.KeepFull}}}, w: w, r: r}
	q.capture()
	q.seen.request(small(), true)
	h := q.w.Header()
	h.Set("Content-Type", kind)
	for _, name := range []string{"Date", "X-Sluice-Request-Id", "X-Portkey-Trace-Id", "X-Portkey-Provider", "X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "Openai-Version"} {
		h.Set(name, "as the provider says")
	}
	_, _ = q.w.Write(answer)
	return q
}

// BenchmarkExchange is what is taken out of a request with 25 headers, of its
// body, and of the answer.
func BenchmarkExchange(b *testing.B) {
	for name, q := range map[string]*request{"whole": answered("application/json", small()), "200 frames": answered("text/event-stream", frames(200))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if x := q.exchange(); len(x.Response.Bytes) == 0 {
					b.Fatal("nothing is kept")
				}
			}
		})
	}
}

// BenchmarkCapture is the keeping of a stream while it goes out.
func BenchmarkCapture(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		answered("text/event-stream", nil)
	}
}
