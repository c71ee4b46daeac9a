package gateway_test

import (
	"context"
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
func benchLogged(b *testing.B, answer, contentType string, body []byte) {
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
			run(b, h, "/v1/chat/completions", up.URL, body)
		})
	}
}

func BenchmarkLoggedRequest(b *testing.B) {
	benchLogged(b, wholeChat, "application/json", conversation(false))
}

func BenchmarkLoggedFrames(b *testing.B) {
	benchLogged(b, strings.Repeat(chunk("word "), framesPerStream)+chatEnd, "text/event-stream", []byte(`{"model":"m","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`))
}
