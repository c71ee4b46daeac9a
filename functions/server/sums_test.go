package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sluice/core/logs"
	"sluice/core/rollup"
	"sluice/core/store/boltstore"
	"sluice/core/usage"
)

// awaited asks until an answer has a text in it.
func awaited(t *testing.T, url, text string) {
	t.Helper()
	for !strings.Contains(get(t, url), text) {
		time.Sleep(50 * time.Millisecond)
	}
}

// TestTheServerIndexesAndSumsUpItsLogs: those of its requests, and those that a
// process before it has left.
func TestTheServerIndexesAndSumsUpItsLogs(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	table, err := boltstore.Open(filepath.Join(data, fileName), 0)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	left := &usage.Record{ID: usage.NewID(at), Time: at, Provider: "left-behind", Status: 200}
	if err := logs.New(table, logs.Options{}).Write(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	t.Run("a server", func(t *testing.T) {
		url, _, _ := start(t, nil, "--data", data)
		ask := func(trace string) {
			headers := map[string]string{"X-Portkey-Provider": "echo", "X-Portkey-Trace-Id": trace}
			if status, body := post(t, url+"/v1/chat/completions", hello, headers); status != http.StatusOK {
				t.Fatalf("%d %s", status, body)
			}
			awaited(t, url+"/v1/logs?trace_id="+trace, `"trace_id":"`+trace+`"`)
		}
		awaited(t, url+"/v1/logs?ai_org=left-behind", `"ai_org":"left-behind"`)
		ask("first")
		ask("second") // the first has been summed up when this is found
	})
	if table, err = boltstore.Open(filepath.Join(data, fileName), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	sums := &rollup.Sums{Table: table}
	for provider, want := range map[string]string{"left-behind": `{"total":1}`, "echo": `{"total":[12]}`} {
		got, err := sums.Graph(t.Context(), "requests", rollup.Query{From: at, Dimension: rollup.Provider, Values: []string{provider}})
		if err != nil || !regexp.MustCompile(`^{"summary":`+want).Match(got) {
			t.Errorf("%s: %s, %v", provider, got, err)
		}
	}
}
