package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"
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
