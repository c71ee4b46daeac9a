package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestAConversationOutlivesTheServer goes on from a response, and from a
// compacted history, that an earlier server on the same folder gave.
func TestAConversationOutlivesTheServer(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent string
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		sent = string(b)
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"The answer."},"finish_reason":"stop"}]}`)
	}))
	t.Cleanup(up.Close)
	headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	data := filepath.Join(t.TempDir(), "data")
	serve := func(name string, use func(t *testing.T, url string)) {
		t.Run(name, func(t *testing.T) {
			url, _, _ := start(t, nil, "--data", data)
			use(t, url)
		})
	}
	type response struct {
		ID     string
		Output []json.RawMessage
	}
	ask := func(t *testing.T, url, body string) (r response) {
		t.Helper()
		status, got := post(t, url+"/v1/responses", body, headers)
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, got)
		}
		if err := json.Unmarshal([]byte(got), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	var id string
	var item string
	serve("the first", func(t *testing.T, url string) {
		id = ask(t, url, `{"model":"m","input":"The question."}`).ID
		got := ask(t, url, `{"model":"m","input":[{"role":"user","content":"Long work."},{"type":"compaction_trigger"}]}`)
		if len(got.Output) != 1 {
			t.Fatalf("%s", got.Output)
		}
		item = string(got.Output[0])
	})
	serve("the second", func(t *testing.T, url string) {
		ask(t, url, `{"model":"m","input":"And why?","previous_response_id":"`+id+`"}`)
		for _, want := range []string{"The question.", "The answer.", "And why?"} {
			if !strings.Contains(sent, want) {
				t.Errorf("no %q in %s", want, sent)
			}
		}
		ask(t, url, `{"model":"m","input":[`+item+`,{"role":"user","content":"Go on."}]}`)
		if !strings.Contains(sent, "The answer.") || strings.Contains(sent, "Long work.") {
			t.Errorf("the compacted history came as %s", sent)
		}
	})
}
