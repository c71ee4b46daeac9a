package aws

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/core/usage"
)

// TestTheHeadersForTheCollectorComeFromASecret: they are in no variable, and in
// no log when they cannot be read.
func TestTheHeadersForTheCollectorComeFromASecret(t *testing.T) {
	t.Parallel()
	away := false
	secrets := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if away || !strings.Contains(string(b), `"otlp-headers"`) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"AccessDeniedException"}`)
			return
		}
		_, _ = io.WriteString(w, `{"Name":"otlp-headers","SecretString":"api-key=a%20secret,x-scope=b"}`)
	}))
	t.Cleanup(secrets.Close)
	var got []http.Header
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header) }))
	t.Cleanup(collector.Close)
	var log bytes.Buffer
	write := func() {
		sinks, err := Telemetry(env(map[string]string{
			"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets.URL,
			"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "SLUICE_OTLP_HEADERS_SECRET": "otlp-headers",
		}), "v", nil, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil || len(sinks) != 1 {
			t.Fatal(sinks, err)
		}
		if err := sinks[0].Write(t.Context(), &usage.Record{ID: "1", Time: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if len(got) != 1 || got[0].Get("Api-Key") != "a secret" || got[0].Get("X-Scope") != "b" || log.Len() != 0 {
		t.Errorf("the collector got %v: %s", got, &log)
	}
	away = true
	write()
	if len(got) != 1 || !strings.Contains(log.String(), "headers for the collector") {
		t.Errorf("without its headers the collector was called %d times: %s", len(got), &log)
	}
}

func TestTelemetryThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for name, vars := range map[string]map[string]string{
		"a namespace": {"SLUICE_METRICS_NAMESPACE": ":"},
		"an endpoint": {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector", "SLUICE_OTLP_HEADERS_SECRET": "s"},
	} {
		if sinks, err := Telemetry(env(vars), "v", nil, slog.Default()); err == nil {
			t.Errorf("%s: %v", name, sinks)
		}
	}
	if sinks, err := Telemetry(env(nil), "v", nil, slog.Default()); err != nil || sinks != nil {
		t.Errorf("nothing: %v, %v", sinks, err)
	}
}

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}
