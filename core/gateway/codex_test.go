package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

func responsesEvents(events ...string) string {
	var b []byte
	for i, e := range events {
		data := strings.Replace(e, "{", fmt.Sprintf(`{"sequence_number":%d,`, i), 1)
		b = frame.AppendSSE(b, str([]byte(e), "type"), []byte(data))
	}
	return string(b)
}

const (
	theirsCreated  = `{"type":"response.created","response":{"id":"resp_theirs","object":"response","created_at":1,"status":"in_progress","model":"gpt-5","output":[]}}`
	theirsKeep     = `{"type":"keepalive"}`
	theirsItem     = `{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}`
	theirsDelta    = `{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"}`
	theirsComplete = `{"type":"response.completed","response":{"id":"resp_theirs","object":"response","created_at":1,"status":"completed","error":null,"incomplete_details":null,"model":"gpt-5","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}}`
)

// playback asks a provider that streams events for a response.
func playback(t *testing.T, path, body, events string) string {
	t.Helper()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, events)
	})
	_, got := post(t, front, path, body, map[string]string{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"})
	return got
}

// TestKeepalivesOfAResponsePass: same dialect, same bytes.
func TestKeepalivesOfAResponsePass(t *testing.T) {
	t.Parallel()
	events := responsesEvents(theirsCreated, theirsKeep, theirsItem, theirsKeep, theirsDelta, theirsComplete)
	if got := playback(t, "/v1/responses", `{"model":"gpt-5","input":"Hi","stream":true}`, events); got != events {
		t.Errorf("got %s", got)
	}
}

// TestAnErrorContinuesTheStreamOfTheProvider: it is of the same response, has
// the number after the last one that was sent, and begins nothing anew.
func TestAnErrorContinuesTheStreamOfTheProvider(t *testing.T) {
	t.Parallel()
	events := responsesEvents(theirsCreated, theirsItem, theirsDelta, theirsKeep)
	got := playback(t, "/v1/responses", `{"model":"gpt-5","input":"Hi","stream":true}`, events)
	rest, ok := strings.CutPrefix(got, events)
	if !ok || strings.Count(rest, "event: ") != 1 || !strings.HasPrefix(rest, "event: response.failed\n") {
		t.Fatalf("got %s", got)
	}
	for f := range frame.SSE(strings.NewReader(rest), 0) {
		if string(json.Lookup(f.Data, "sequence_number")) != "4" || str(f.Data, "response", "id") != "resp_theirs" || str(f.Data, "response", "status") != "failed" ||
			str(f.Data, "response", "error", "code") == "" {
			t.Errorf("it ended with %s", f.Data)
		}
	}
}

// TestEveryEventHasTheNextNumber holds for streams that are translated, with
// thoughts and calls, and for those that break.
func TestEveryEventHasTheNextNumber(t *testing.T) {
	t.Parallel()
	for _, th := range thinkers(t) {
		for name, answer := range map[string]http.HandlerFunc{
			"whole": th.ServeHTTP,
			"broken": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", th.contentType)
				write(w, th.calls[:len(th.calls)*2/3])
			},
		} {
			if name == "broken" && th.provider == "google" {
				continue // it says all at once
			}
			front, up := serve(t, gateway.Config{}, answer)
			headers := map[string]string{"X-Portkey-Provider": th.provider, "X-Portkey-Custom-Host": up.URL}
			for k, v := range th.headers {
				headers[k] = v
			}
			_, got := post(t, front, "/v1/responses", `{"model":"claude-sonnet-4-5","input":"Hi","stream":true,`+weatherTool+`}`, headers)
			n, last := 0, ""
			for f, err := range frame.SSE(strings.NewReader(got), 0) {
				if err != nil || string(json.Lookup(f.Data, "sequence_number")) != fmt.Sprint(n) || f.Event != str(f.Data, "type") {
					t.Fatalf("%s, %s: event %d is %s, %v", th.provider, name, n, f.Data, err)
				}
				n, last = n+1, f.Event
			}
			if want := map[string]string{"whole": "response.completed", "broken": "response.failed"}[name]; last != want {
				t.Errorf("%s, %s: it ended with %q in\n%s", th.provider, name, last, got)
			}
		}
	}
}

// TestWhatOnlyOpenAICanDoIsRefusedByName sends each to a provider of chat.
func TestWhatOnlyOpenAICanDoIsRefusedByName(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		t.Errorf("the provider was sent %s", b)
	})
	headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	for member, value := range map[string]string{
		"previous_response_id": `"resp_of_openai"`, "conversation": `{"id":"conv_1"}`, "background": "true", "truncation": `"auto"`, "prompt": `{"id":"pmpt_1"}`,
		"tools": `[{"type":"web_search"}]`, "input": `[{"type":"item_reference","id":"msg_of_openai"}]`,
	} {
		body := `{"model":"m","input":"Hi","` + member + `":` + value + `}`
		if member == "input" {
			body = `{"model":"m","input":` + value + `}`
		}
		status, got := post(t, front, "/v1/responses", body, headers)
		if status != http.StatusBadRequest || !strings.Contains(got, member) && !strings.Contains(got, "item_reference") && !strings.Contains(got, "web_search") {
			t.Errorf("%s: %d %s", member, status, got)
		}
	}
}

// TestWhatIsLeftOutOfAResponseIsNamed: compaction by the provider is an offer
// to it, without which the answer is the same.
func TestWhatIsLeftOutOfAResponseIsNamed(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		write(w, wholeChat)
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/v1/responses",
		strings.NewReader(`{"model":"m","input":"Hi","metadata":{"a":"b"},"context_management":[{"type":"compaction","compact_threshold":9000}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k", "Content-Type": "application/json"} {
		req.Header.Set(k, v)
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("X-Sluice-Dropped"); resp.StatusCode != http.StatusOK || got != "context_management" {
		t.Errorf("%s, dropped %q", resp.Status, got)
	}
}

// TestResponsesAreBooked: what a response used is in its record, however it
// was asked for and whoever made it.
func TestResponsesAreBooked(t *testing.T) {
	t.Parallel()
	const body = `{"model":"gpt-5","input":"Hi"}`
	for name, tt := range map[string]struct{ path, provider, body, contentType, answer string }{
		"native":               {"/v1/responses", "openai", body, "application/json", string(json.Lookup([]byte(theirsComplete), "response"))},
		"native, streamed":     {"/v1/responses", "openai", `{"model":"gpt-5","input":"Hi","stream":true}`, "text/event-stream", responsesEvents(theirsCreated, theirsItem, theirsDelta, theirsComplete)},
		"translated":           {"/v1/responses", "groq", body, "application/json", wholeChat},
		"translated, streamed": {"/v1/responses", "groq", `{"model":"gpt-5","input":"Hi","stream":true}`, "text/event-stream", chatStream},
		"compacted":            {"/v1/responses/compact", "groq", body, "application/json", wholeChat},
		"compacted natively":   {"/v1/responses/compact", "openai", body, "application/json", `{"id":"resp_c","object":"response.compaction","created_at":1,"output":[{"id":"cmp_1","type":"compaction","encrypted_content":"gAAA"}],"usage":{"input_tokens":5,"output_tokens":1,"total_tokens":6}}`},
	} {
		t.Run(name, func(t *testing.T) {
			b := &books{}
			front, up := serve(t, gateway.Config{Data: memstore.New(), Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				write(w, tt.answer)
			})
			if status, got := post(t, front, tt.path, tt.body, map[string]string{"X-Portkey-Provider": tt.provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}); status != http.StatusOK {
				t.Fatalf("%d %s", status, got)
			}
			if r := b.next(t); r.Usage == nil || r.Usage.Estimated || r.Usage.Output == 0 || r.Usage.Input == 0 {
				t.Errorf("the record says %+v", r.Usage)
			}
		})
	}
}
