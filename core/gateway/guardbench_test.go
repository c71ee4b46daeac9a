package gateway_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkGuardedRequest is a request of about 32 kB on its whole way, with
// all of its texts judged: to compare with BenchmarkPassThroughRequest.
func BenchmarkGuardedRequest(b *testing.B) {
	for _, bb := range []struct{ name, checks string }{
		{"none", ``},
		{"contains and regexMatch", `"default.contains":{"operator":"none","words":["Apple","forbidden fruit"]},"default.regexMatch":{"rule":"AKIA[0-9A-Z]{16}","not":true},`},
		{"pii", `"default.pii":{},`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			h, up := benchFront(b, wholeChat, "application/json")
			config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"input_guardrails":[{%s"scope":"all","deny":true}]}`, up, bb.checks)
			body := conversation(false)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/chat/completions", bytes.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Portkey-Config", config)
				w := &sink{header: http.Header{}}
				if h.ServeHTTP(w, r); w.status != http.StatusOK {
					b.Fatalf("status %d", w.status)
				}
			}
		})
	}
}
