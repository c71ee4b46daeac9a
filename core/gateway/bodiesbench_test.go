package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/api"
	"sluice/core/gateway"
	"sluice/core/logs"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// benchLogged is what a request costs with records, and with bodies, up to the
// table: each is written before the next request.
func benchLogged(b *testing.B, answer, contentType string, body []byte, headers ...string) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, answer)
	}))
	b.Cleanup(up.Close)
	for _, keep := range []usage.Keep{"off", usage.KeepNone, usage.KeepFull, usage.KeepRedacted} {
		b.Run(string(keep), func(b *testing.B) {
			c := gateway.Config{AllowLoopback: true}
			if keep != "off" {
				c.Bodies = api.Bodies{Keep: keep}
				c.Sinks = []usage.Sink{sinkFunc(func(ctx context.Context, r *usage.Record) error {
					return logs.New(memstore.New(), logs.Options{Keep: keep}).Write(ctx, r) // a new one: nothing piles up
				})}
			}
			h, err := gateway.New(c)
			if err != nil {
				b.Fatal(err)
			}
			run(b, h, "/v1/chat/completions", up.URL, body, headers...)
		})
	}
}

func BenchmarkLoggedRequest(b *testing.B) {
	benchLogged(b, wholeChat, "application/json", conversation(false))
}

// BenchmarkLoggedSmallRequest has 2 kB both ways, and 25 headers.
func BenchmarkLoggedSmallRequest(b *testing.B) {
	var headers []string
	for i := range 21 {
		headers = append(headers, fmt.Sprintf("X-Stainless-%d-Version", i), "of the client")
	}
	said := strings.Repeat(`A line of talk, with \"quotes\". `, 55)
	body := `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"` + said + `"}]}`
	benchLogged(b, strings.Replace(wholeChat, "Hello!", said, 1), "application/json", []byte(body), headers...)
}

func BenchmarkLoggedFrames(b *testing.B) {
	benchLogged(b, strings.Repeat(chunk("word "), framesPerStream)+chatEnd, "text/event-stream", []byte(`{"model":"m","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`))
}
