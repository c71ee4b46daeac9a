package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/llm"
	"sluice/core/usage"
)

// told is what an explanation says.
type told struct {
	Attempts []struct {
		Option, Provider, Model, Error, Cost string
		Status, More                         int
		Lost                                 bool
		Wait                                 int64 `json:"wait_ms"`
	}
	Notes       []struct{ Option, Text string }
	Dropped     []string
	Cost, Spent string
}

func explained(t *testing.T, text string) *told {
	t.Helper()
	var e told
	if err := json.Unmarshal([]byte(text), &e); err != nil || len(text) > 1024 {
		t.Fatalf("%v, %d bytes: %q", err, len(text), text)
	}
	return &e
}

// comment is the explanation behind the last event of a stream, "" if there
// is none.
func comment(body string) string {
	_, text, ok := strings.Cut(body, "\n\n: sluice-explain ")
	if !ok || !strings.HasSuffix(text, "\n\n") || strings.Count(text, "\n") != 2 {
		return ""
	}
	return strings.TrimSpace(text)
}

const providersWords = "the provider's own words"

// twoTargets makes a config of a target that fails and one that answers.
func twoTargets(up *httptest.Server, paths ...string) string {
	var targets []string
	for _, p := range paths {
		targets = append(targets, fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":"%s/%s","override_params":{"model":"gpt-4o"}}`, up.URL, p))
	}
	return `{"strategy":{"mode":"fallback"},"targets":[` + strings.Join(targets, ",") + `]}`
}

// pathUpstream fails at /bad, slowly at /slow, and answers elsewhere.
func pathUpstream(w http.ResponseWriter, r *http.Request) {
	dir := strings.Split(r.URL.Path, "/")[1]
	if dir == "slow" {
		time.Sleep(100 * time.Millisecond)
	}
	if dir == "bad" || dir == "slow" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		write(w, `{"error":{"message":"`+providersWords+`","type":"server_error"}}`)
		return
	}
	chatUpstream(w, r)
}

const question = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`

func TestAnAnswerIsExplainedToWhoAsks(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, pathUpstream)
	headers := []string{"Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "bad", "good")}
	resp, _ := ask(t, front, http.MethodPost, "/v1/chat/completions", strings.NewReader(question), headers...)
	if got := resp.Header.Get("X-Sluice-Explain"); got != "" {
		t.Errorf("nobody has asked for %s", got)
	}
	resp, body := ask(t, front, http.MethodPost, "/v1/messages", strings.NewReader(strings.Replace(question, "{", `{"top_k":3,`, 1)), append(headers, "X-Sluice-Explain", "true")...)
	text := resp.Header.Get("X-Sluice-Explain")
	e := explained(t, text)
	if resp.StatusCode != http.StatusOK || len(e.Attempts) != 2 {
		t.Fatalf("%d %s: %s", resp.StatusCode, body, text)
	}
	if a := e.Attempts[0]; a.Option != "config.targets[0]" || a.Provider != "openai" || a.Model != "gpt-4o" || a.Status != 503 || a.Error != "overloaded" {
		t.Errorf("the first: %+v", a)
	}
	if a := e.Attempts[1]; a.Option != "config.targets[1]" || a.Status != 200 || a.Error != "" {
		t.Errorf("the second: %+v", a)
	}
	if e.Cost == "" || e.Cost != resp.Header.Get("X-Sluice-Cost") || len(e.Dropped) != 1 || e.Dropped[0] != "top_k" {
		t.Errorf("cost %q, dropped %q", e.Cost, e.Dropped)
	}
	if strings.Contains(text, "words") {
		t.Errorf("a provider's text is in it: %s", text)
	}
}

// streamPaths are the dialects whose streams are server-sent events; their
// clients skip comments.
var streamPaths = map[string]string{
	"/v1/chat/completions": question, "/v1/messages": question, "/v1/completions": `{"model":"m","prompt":"Hi"}`,
	"/v1/responses": `{"model":"m","input":"Hi","store":false}`, "/v2/chat": question,
}

func TestTheEndOfAStreamIsExplainedBehindIt(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, pathUpstream)
	config := strings.ReplaceAll(twoTargets(up, "bad", "good"), "openai", "groq") // which speaks one dialect only
	for path, body := range streamPaths {
		for _, wanted := range []string{"true", ""} {
			resp, got := ask(t, front, http.MethodPost, path, strings.NewReader(strings.Replace(body, "{", `{"stream":true,`, 1)),
				"Content-Type", "application/json", "X-Portkey-Config", config, "X-Sluice-Explain", wanted)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d %s", path, resp.StatusCode, got)
			}
			if wanted == "" {
				if strings.Contains(got, "sluice-explain") || resp.Header.Get("X-Sluice-Explain") != "" {
					t.Errorf("%s: nobody has asked for %v\n%s", path, resp.Header, got)
				}
				continue
			}
			first, last := explained(t, resp.Header.Get("X-Sluice-Explain")), explained(t, comment(got))
			if len(first.Attempts) != 2 || first.Cost != "" || len(last.Attempts) != 2 || last.Cost == "" {
				t.Errorf("%s: at the commit %+v, at the end %+v", path, first, last)
			}
		}
	}
}

func TestStreamsWithoutCommentsEndAsTheyDo(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, pathUpstream)
	for path, body := range map[string]string{
		"/v1beta/models/m:streamGenerateContent?alt=sse": `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}`,
		"/v1beta/models/m:streamGenerateContent":         `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}`,
		"/model/m/converse-stream":                       `{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`,
	} {
		resp, got := ask(t, front, http.MethodPost, path, strings.NewReader(body),
			"Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "bad", "good"), "X-Sluice-Explain", "true")
		if resp.StatusCode != http.StatusOK || strings.Contains(got, "sluice-explain") || !strings.Contains(got, "Hi") {
			t.Errorf("%s: %d %q", path, resp.StatusCode, got)
		}
		if e := explained(t, resp.Header.Get("X-Sluice-Explain")); len(e.Attempts) != 2 {
			t.Errorf("%s: %+v", path, e)
		}
	}
}

// TestWhoeverIsFailedByAllIsToldWhatWasTried: FB-05.
func TestWhoeverIsFailedByAllIsToldWhatWasTried(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, pathUpstream)
	for _, streamed := range []string{"", `"stream":true,`} {
		for _, path := range bothRoutes {
			body := strings.Replace(question, "{", "{"+streamed, 1)
			resp, got := ask(t, front, http.MethodPost, path, strings.NewReader(body), "Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "bad", "bad"))
			if e := explained(t, resp.Header.Get("X-Sluice-Explain")); resp.StatusCode != http.StatusServiceUnavailable || len(e.Attempts) != 2 || e.Attempts[1].Error != "overloaded" {
				t.Errorf("%s: %d %s: %+v", path, resp.StatusCode, got, e)
			}
			resp, got = ask(t, front, http.MethodPost, path, strings.NewReader(body), "Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "bad"))
			if text := resp.Header.Get("X-Sluice-Explain"); text != "" {
				t.Errorf("%s: one target alone is explained: %s, %s", path, text, got)
			}
			resp, _ = ask(t, front, http.MethodPost, path, strings.NewReader(body), "Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "bad"), "X-Sluice-Explain", "true")
			if e := explained(t, resp.Header.Get("X-Sluice-Explain")); len(e.Attempts) != 1 {
				t.Errorf("%s: asked for, but %+v", path, e)
			}
		}
	}
	front, up = serve(t, gateway.Config{KeepAlive: 20 * time.Millisecond}, pathUpstream)
	for _, path := range bothRoutes { // the headers have gone when they fail
		body := strings.Replace(question, "{", `{"stream":true,`, 1)
		resp, got := ask(t, front, http.MethodPost, path, strings.NewReader(body), "Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "slow", "slow"))
		if e := explained(t, comment(got)); resp.StatusCode != http.StatusOK || len(e.Attempts) != 2 || resp.Header.Get("X-Sluice-Explain") != "" {
			t.Errorf("%s: %d %v %s", path, resp.StatusCode, resp.Header, got)
		}
	}
}

// costly is a strategy that has paid for an answer that nobody gets.
type costly struct{ next core.Handler }

func (h costly) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	c.Trace.Add(core.Attempt{
		Option: "config.targets[9]", Provider: "openai", Model: "gpt-4o", Status: 200, Lost: true, Took: time.Second, Waited: 2 * time.Second,
		Bill: &core.Bill{Usage: &llm.Usage{Input: 100, Output: 10}},
	})
	c.Trace.Note("config", "the second was faster")
	return h.next.Handle(ctx, c)
}

func TestWhatWasPaidBesideTheAnswerIsInTheBill(t *testing.T) {
	t.Parallel()
	const beside = 100*2500 + 10*10000 // nano-dollars, as the price page says
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Around: func(h core.Handler) core.Handler { return costly{h} }}, pathUpstream)
	resp, _ := ask(t, front, http.MethodPost, "/v1/chat/completions", strings.NewReader(question),
		"Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "good"), "X-Sluice-Explain", "true")
	r := b.one(t)
	if r.Cost == nil || r.Spent == nil || r.Spent.Nano != r.Cost.Nano+beside || r.Spent.Gap != "" {
		t.Fatalf("the answer costs %+v, all %+v", r.Cost, r.Spent)
	}
	if got := resp.Header.Get("X-Sluice-Cost"); got != r.Spent.String() {
		t.Errorf("the header says %s, the record %s", got, r.Spent)
	}
	if a := r.Attempts[0]; !a.Lost || a.Waited != 2e6 || a.Usage == nil || a.Usage.Input != 100 || a.Cost.Nano != beside || len(r.Attempts) != 2 || r.Attempts[1].Cost != nil {
		t.Errorf("attempts %+v", r.Attempts)
	}
	if len(r.Notes) != 1 || r.Notes[0] != (usage.Note{Option: "config", Text: "the second was faster"}) {
		t.Errorf("notes %+v", r.Notes)
	}
	e := explained(t, resp.Header.Get("X-Sluice-Explain"))
	if e.Cost != r.Cost.String() || e.Spent != r.Spent.String() || len(e.Notes) != 1 || !e.Attempts[0].Lost || e.Attempts[0].Wait != 2000 || e.Attempts[0].Cost != "0.00035" {
		t.Errorf("explained %+v", e)
	}
}

func TestABrokenAnswerIsExplained(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, chunk("Hi")+"data: {\"id\":")
	})
	for _, path := range bothRoutes {
		resp := streamWith(t, front, up, path, "X-Sluice-Explain", "true")
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if e := explained(t, comment(string(got))); len(e.Attempts) != 1 || e.Cost == "" {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func streamWith(t *testing.T, front, up *httptest.Server, path string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+path, strings.NewReader(strings.Replace(question, "{", `{"stream":true,`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	headers = append(headers, "Content-Type", "application/json", "Authorization", "Bearer k", "X-Portkey-Provider", "openai", "X-Portkey-Custom-Host", up.URL)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}
