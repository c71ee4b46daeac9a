package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/core/logs"
	"sluice/core/store/boltstore"
	"sluice/core/usage"
	"sluice/functions/internal/outputtest"
)

// logged runs a server until it has answered a request, and reads what it has
// logged.
func logged(t *testing.T, env, headers map[string]string) (log *logs.Log, stdout string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	began := time.Now()
	var printed *outputtest.Output
	t.Run("a server", func(t *testing.T) {
		var url string
		url, printed, _ = start(t, env, "--data", data)
		if status, body := post(t, url+"/v1/chat/completions", hello, headers); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	})
	table, err := boltstore.Open(filepath.Join(data, fileName), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	store := logs.New(table, logs.Options{})
	for r, err := range store.Between(t.Context(), began.Add(-time.Second), time.Now()) {
		if err != nil || log != nil {
			t.Fatalf("%v, %+v and %+v", err, log, r)
		}
		if log, err = store.Get(t.Context(), r.Workspace, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	if log == nil {
		t.Fatal("nothing was logged")
	}
	return log, printed.String()
}

// TestRequestsAreLoggedInTheStore, with their bodies if nobody else can ask.
func TestRequestsAreLoggedInTheStore(t *testing.T) {
	t.Parallel()
	withKey := map[string]string{"X-Portkey-Provider": "echo", "X-Portkey-Api-Key": "the-key"}
	tests := []struct {
		name         string
		env, headers map[string]string
		kept         usage.Keep
		lines        bool
	}{
		{"without a key", nil, echo, usage.KeepFull, false},
		{"without a key, and no bodies", map[string]string{"SLUICE_LOG_BODIES": "none"}, echo, usage.KeepNone, false},
		{"with a key", map[string]string{"SLUICE_KEY": "the-key"}, withKey, usage.KeepNone, false},
		{"with a key, and bodies", map[string]string{"SLUICE_KEY": "the-key", "SLUICE_LOG_BODIES": "redacted"}, withKey, usage.KeepRedacted, false},
		{"with lines", map[string]string{"SLUICE_LOG_LINES": "always"}, echo, usage.KeepFull, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			log, stdout := logged(t, tt.env, tt.headers)
			if log.Record.Provider != "echo" || log.Record.Status != 200 || log.Kept != tt.kept || (stdout != "") != tt.lines {
				t.Errorf("logged %+v, %s; printed %q", log.Record, log.Kept, stdout)
			}
			x := log.Record.Exchange
			if (x != nil) != (tt.kept != usage.KeepNone) {
				t.Fatalf("kept is %+v", x)
			}
			if x != nil && (string(x.Body.Bytes) != hello || !strings.HasSuffix(string(x.Response.Bytes), "data: [DONE]\n\n") || x.Header.Get("X-Portkey-Api-Key") != "") {
				t.Errorf("kept are %q, %q, %v", x.Body.Bytes, x.Response.Bytes, x.Header)
			}
		})
	}
}

// TestLogsAreFoundWhileTheServerRuns: it consumes its records itself.
func TestLogsAreFoundWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	url, _, stderr := start(t, nil)
	if status, body := post(t, url+"/v1/chat/completions", hello, map[string]string{"X-Portkey-Provider": "echo", "X-Portkey-Trace-Id": "trace-of-mine"}); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	var found string
	for range 1000 {
		if found = get(t, url+"/v1/logs?ai_org=echo"); strings.Contains(found, "trace-of-mine") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("got %s; the server says %s", found, stderr)
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
