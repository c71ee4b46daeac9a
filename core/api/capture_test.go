package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"sluice/core/usage"
)

func TestWhereNothingIsKeptNothingIsCaptured(t *testing.T) { // alone: it counts allocations
	sinks := []usage.Sink{usage.NewLines(nil)}
	tests := []struct {
		name string
		c    Config
		head string
		kept bool
	}{
		{"by default", Config{Sinks: sinks}, "", false},
		{"none", Config{Sinks: sinks, Bodies: Bodies{Keep: usage.KeepNone}}, "true", false},
		{"nobody takes records", Config{Bodies: Bodies{Keep: usage.KeepFull}}, "", false},
		{"the client does not want it", Config{Sinks: sinks, Bodies: Bodies{Keep: usage.KeepFull}}, "false", false},
		{"full", Config{Sinks: sinks, Bodies: Bodies{Keep: usage.KeepFull}}, "", true},
	}
	for _, tt := range tests {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
		if tt.head != "" {
			r.Header.Set("X-Portkey-Debug", tt.head)
		}
		q := &request{api: &api{Config: tt.c}, w: w, r: r}
		allocs := testing.AllocsPerRun(10, func() { q.w, q.seen = w, nil; q.capture() })
		if (q.w != http.ResponseWriter(w)) != tt.kept || (q.seen != nil) != tt.kept || !tt.kept && allocs > 0 {
			t.Errorf("%s: captured by %T, %v allocations", tt.name, q.w, allocs)
		}
	}
}

func TestWhatIsText(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "application/json", "application/json; charset=utf-8", "text/plain", "text/event-stream", "application/vnd.amazon.eventstream", "application/x-ndjson", "application/problem+json", "application/jsonl"} {
		if !isText(kind) {
			t.Errorf("%q is text", kind)
		}
	}
	for _, kind := range []string{"multipart/form-data; boundary=x", "audio/mpeg", "image/png", "image/png;x", "application/octet-stream", "application/pdf", "application/zip", ";;", "json"} {
		if isText(kind) {
			t.Errorf("%q is no text", kind)
		}
	}
}
