package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestEachRequestHasALineOfMetrics: it is written before the process freezes,
// and not without a namespace.
func TestEachRequestHasALineOfMetrics(t *testing.T) {
	t.Parallel()
	for namespace, want := range map[string]int{"my-stack": 2, "": 0} {
		t.Run(namespace, func(t *testing.T) {
			t.Parallel()
			e, log := start(t, "SLUICE_KEY=the-gateway-key", "SLUICE_METRICS_NAMESPACE="+namespace)
			for range 2 {
				resp := ask(t, "POST", e.URL+"/v1/chat/completions", chat, "x-portkey-provider", "echo", "x-portkey-api-key", "the-gateway-key")
				if b, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 {
					t.Fatalf("%d %s %v", resp.StatusCode, b, err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := e.Idle(ctx); err != nil {
				t.Fatal(err)
			}
			e.Close() // kills the frozen process, and reads what it has written
			if got := metricLines(t, log.String(), namespace); got != want {
				t.Errorf("%d lines of metrics, want %d:\n%s", got, want, log)
			}
		})
	}
}

// metricLines counts the lines that CloudWatch makes metrics of.
func metricLines(t *testing.T, log, namespace string) (n int) {
	t.Helper()
	for line := range strings.Lines(log) {
		at := strings.Index(line, `{"_aws":`)
		if at < 0 {
			continue
		}
		n++
		var doc struct {
			AWS struct {
				CloudWatchMetrics []struct{ Namespace string }
			} `json:"_aws"`
			Provider string `json:"gen_ai.provider.name"`
		}
		if err := json.Unmarshal([]byte(line[at:]), &doc); err != nil || doc.Provider != "echo" || doc.AWS.CloudWatchMetrics[0].Namespace != namespace {
			t.Errorf("%v in %s", err, line)
		}
	}
	return n
}

// TestTracesAreSentBeforeTheProcessFreezes: each request's trace has arrived
// when its invocation is over, over connections that a freeze may have killed.
func TestTracesAreSentBeforeTheProcessFreezes(t *testing.T) {
	t.Parallel()
	var traces atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(b), `"stringValue":"echo"`) {
			t.Errorf("%v in %s", err, b)
		}
		traces.Add(1)
	}))
	t.Cleanup(collector.Close)
	e, log := start(t, "SLUICE_KEY=the-gateway-key", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	for i := range 3 {
		resp := ask(t, "POST", e.URL+"/v1/chat/completions", chat, "x-portkey-provider", "echo", "x-portkey-api-key", "the-gateway-key")
		if b, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d %s %v", resp.StatusCode, b, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := e.Idle(ctx)
		cancel()
		if n := traces.Load(); err != nil || int(n) != i+1 {
			t.Fatalf("%d traces after %d requests, %v:\n%s", n, i+1, err, log)
		}
		collector.CloseClientConnections()
	}
}
