package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// framesPerStream is how many text deltas one streamed answer has here.
const framesPerStream = 1000

// benchFront is a gateway in front of an upstream that answers in no time.
func benchFront(b *testing.B, answer, contentType string) (h http.Handler, upstream string) {
	b.Helper()
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, answer)
	}))
	b.Cleanup(up.Close)
	h, err := gateway.New(gateway.Config{AllowLoopback: true})
	if err != nil {
		b.Fatal(err)
	}
	return h, up.URL
}

// sink takes a response and keeps nothing of it.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { s.bytes += len(p); return len(p), nil }
func (s *sink) Flush()                      {}

func run(b *testing.B, h http.Handler, path, upstream string, body []byte, more ...string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer k")
		r.Header.Set("X-Portkey-Provider", "openai")
		r.Header.Set("X-Portkey-Custom-Host", upstream)
		for i := 0; i+1 < len(more); i += 2 {
			r.Header.Set(more[i], more[i+1])
		}
		w := &sink{header: http.Header{}}
		if h.ServeHTTP(w, r); w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
}

// conversation is a request of about 32 kB.
func conversation(stream bool) []byte {
	var turns []string
	for i := range 40 {
		role := []string{"user", "assistant"}[i%2]
		turns = append(turns, fmt.Sprintf(`{"role":%q,"content":%q}`, role, strings.Repeat("A line of talk, with \"quotes\" and 世界. ", 18)))
	}
	turns = append(turns, `{"role":"user","content":"And now?"}`)
	return fmt.Appendf(nil, `{"model":"m","max_tokens":100,"stream":%t,"messages":[%s]}`, stream, strings.Join(turns, ","))
}

const wholeChat = `{"id":"c","object":"chat.completion","created":1726000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}`

func BenchmarkPassThroughRequest(b *testing.B) {
	h, up := benchFront(b, wholeChat, "application/json")
	run(b, h, "/v1/chat/completions", up, conversation(false))
}

func BenchmarkTranslatedRequest(b *testing.B) {
	h, up := benchFront(b, wholeChat, "application/json")
	run(b, h, "/v1/messages", up, conversation(false))
}

func benchStream(b *testing.B, path string, more ...string) {
	h, up := benchFront(b, strings.Repeat(chunk("word "), framesPerStream)+chatEnd, "text/event-stream")
	run(b, h, path, up, []byte(`{"model":"m","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`), more...)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/framesPerStream, "ns/frame")
}

func BenchmarkForwardedFrames(b *testing.B) { benchStream(b, "/v1/chat/completions") }

func BenchmarkTranslatedFrames(b *testing.B) { benchStream(b, "/v1/messages") }

// Frames that two checks judge while they go out.
func benchGated(b *testing.B, path string) {
	benchStream(b, path, "X-Portkey-Default-Output-Guardrails", `[{"default.contains":{"operator":"none","words":["Apple","forbidden fruit"]},`+
		`"default.regexMatch":{"rule":"AKIA[0-9A-Z]{16}","not":true},"deny":true}]`)
}

func BenchmarkGatedFrames(b *testing.B) { benchGated(b, "/v1/chat/completions") }

func BenchmarkGatedTranslatedFrames(b *testing.B) { benchGated(b, "/v1/messages") }

// BenchmarkHeldFrames is what a stream costs that is judged as a whole.
func BenchmarkHeldFrames(b *testing.B) {
	benchStream(b, "/v1/chat/completions", "X-Portkey-Default-Output-Guardrails", `[{"default.contains":{"operator":"any","words":["word"]},"deny":true}]`)
}

// BenchmarkCacheHit is an equal request again and again.
func BenchmarkCacheHit(b *testing.B) {
	h, up := benchFront(b, wholeChat, "application/json")
	config := `{"provider":"openai","api_key":"k","custom_host":"` + up + `","cache":{"mode":"simple","max_age":3600}}`
	const body = `{"model":"m","max_tokens":100,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is the capital of France?"}]}`
	b.ReportAllocs()
	var w *sink
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Portkey-Config", config)
		w = &sink{header: http.Header{}}
		h.ServeHTTP(w, r)
	}
	if got := w.header.Get("X-Portkey-Cache-Status"); w.status != http.StatusOK || got != "HIT" {
		b.Fatalf("%d %s", w.status, got)
	}
}
