package gateway_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// wide is a config of n targets that all answer in this process.
func wide(mode string, n int) string {
	strategy := fmt.Sprintf(`{"mode":%q}`, mode)
	if mode == "conditional" {
		strategy = `{"mode":"conditional","conditions":[{"query":{"params.model":{"$eq":"echo"}},"then":"t0"}],"default":"t0"}`
	}
	targets := make([]string, n)
	for i := range targets {
		targets[i] = fmt.Sprintf(`{"name":"t%d","provider":"echo","weight":%d,"retry":{"attempts":2},"override_params":{"user":"u%d"}}`, i, i%7+1, i)
	}
	return fmt.Sprintf(`{"strategy":%s,"targets":[%s]}`, strategy, strings.Join(targets, ","))
}

// asked is a request through a config, again and again.
func asked(tb testing.TB, config string) func() {
	tb.Helper()
	h, err := gateway.New(gateway.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	body := []byte(strings.Replace(hello, `"m"`, `"echo"`, 1))
	return func() {
		r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/v1/chat/completions", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Portkey-Config", config)
		w := &sink{header: http.Header{}}
		if h.ServeHTTP(w, r); w.status != http.StatusOK {
			tb.Fatalf("status %d", w.status)
		}
	}
}

var wideModes = []string{"fallback", "loadbalance", "conditional", "latency", "cost", "hedge"}

// BenchmarkTargetsOfAConfig shows what a request costs by the number of
// targets that its config has: 100 are to cost at most 1.2 times what 10 do.
func BenchmarkTargetsOfAConfig(b *testing.B) {
	for _, mode := range wideModes {
		for _, n := range []int{10, 100} {
			b.Run(fmt.Sprintf("%s/%d", mode, n), func(b *testing.B) {
				ask := asked(b, wide(mode, n))
				ask()
				b.ReportAllocs()
				for b.Loop() {
					ask()
				}
			})
		}
	}
}
