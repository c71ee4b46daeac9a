package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/gateway"
)

// oneAnswer is an upstream that says one thing.
func oneAnswer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		write(w, body)
	}
}

func chatSaying(message, finish string) string {
	return `{"id":"c","object":"chat.completion","created":1726000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant",` + message + `},"finish_reason":"` + finish + `"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`
}

func chatStreaming(text, finish string) string {
	return chunk(text) + strings.Replace(chatEnd, `"stop"`, `"`+finish+`"`, 1)
}

// TestOnlyWholeGoodAnswersAreKept: RC-05.
func TestOnlyWholeGoodAnswersAreKept(t *testing.T) {
	t.Parallel()
	const whole, events = "application/json", "text/event-stream"
	call := `"content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]`
	denies := `,"output_guardrails":[{"default.contains":{"operator":"none","words":["Hello"]},"deny":true}]`
	fails := `,"output_guardrails":[{"default.contains":{"operator":"none","words":["Hello"]}}]`
	tests := []struct {
		name, body, config string
		upstream           http.HandlerFunc
		status             int
		kept               bool
	}{
		{"an answer", plainHi, "", oneAnswer(200, whole, wholeChat), 200, true},
		{"a stream", asStream(plainHi), "", oneAnswer(200, events, chatStreaming("Hello", "stop")), 200, true},
		{"an error", plainHi, "", oneAnswer(400, whole, `{"error":{"message":"no"}}`), 400, false},
		{"an error of the server", plainHi, `,"retry":{"attempts":0}`, oneAnswer(500, whole, `{"error":{"message":"no"}}`), 500, false},
		{"an error with a good status", plainHi, `,"retry":{"attempts":0}`, oneAnswer(200, whole, `{"error":{"message":"no","code":429}}`), 429, false},
		{"what was cut", plainHi, "", oneAnswer(200, whole, chatSaying(`"content":"Hel"`, "length")), 200, false},
		{"a stream that was cut", asStream(plainHi), "", oneAnswer(200, events, chatStreaming("Hel", "length")), 200, false},
		{"a stream that broke", asStream(plainHi), "", oneAnswer(200, events, chunk("Hel")), 200, false},
		{"what was filtered", plainHi, "", oneAnswer(200, whole, chatSaying(`"content":""`, "content_filter")), 200, false},
		{"a refusal", plainHi, "", oneAnswer(200, whole, chatSaying(`"content":null,"refusal":"No."`, "stop")), 200, false},
		{"a call of a tool", plainHi, "", oneAnswer(200, whole, chatSaying(call, "tool_calls")), 200, false},
		{"a call of a tool that says stop", plainHi, "", oneAnswer(200, whole, chatSaying(call, "stop")), 200, false},
		{"an answer without a reason to end", plainHi, "", oneAnswer(200, whole, strings.Replace(wholeChat, `"stop"`, "null", 1)), 200, false},
		{"what a hook denies", plainHi, denies, oneAnswer(200, whole, wholeChat), 446, false},
		{"what a hook finds fault with", plainHi, fails, oneAnswer(200, whole, wholeChat), 246, false},
		{"a stream that a hook denies", asStream(plainHi), denies, oneAnswer(200, events, chatStreaming("Hello", "stop")), 446, false},
		{"a stream that a hook finds fault with", asStream(plainHi), fails, oneAnswer(200, events, chatStreaming("Hello", "stop")), 200, false},
		{"a stream that a hook denies in its middle", asStream(plainHi), denies, oneAnswer(200, events, chunk(strings.Repeat("So it goes. ", 200))+chatStreaming("Hello", "stop")), 200, false},
		{"a stream that a hook has judged", asStream(plainHi), strings.Replace(denies, "Hello", "Goodbye", 1), oneAnswer(200, events, chatStreaming("Hello", "stop")), 200, true},
		{"what a hook that nobody waits for finds fault with", plainHi, strings.Replace(fails, "}]", `,"async":true}]`, 1), oneAnswer(200, whole, wholeChat), 200, false},
		{"what is very long", plainHi, "", oneAnswer(200, whole, chatSaying(`"content":"`+strings.Repeat("long ", 300_000)+`"`, "stop")), 200, false},
		{"a stream that is very long", asStream(plainHi), "", oneAnswer(200, events, strings.Repeat(chunk(strings.Repeat("long ", 3000)), 100)+chatEnd), 200, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			plain, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) { asked++; tt.upstream(w, r) })
			front := withAfter(t, plain.Config.Handler)
			for i, want := range []string{"MISS", map[bool]string{true: "HIT", false: "MISS"}[tt.kept]} {
				resp, got := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(tt.body), "Content-Type", "application/json", "X-Portkey-Config", simple("openai", up, tt.config))
				if resp.StatusCode != tt.status || resp.Header.Get(cacheHead) != want {
					t.Errorf("request %d: %d %s, want %d %s: %.300s", i, resp.StatusCode, resp.Header.Get(cacheHead), tt.status, want, got)
				}
			}
			if want := map[bool]int{true: 1, false: 2}[tt.kept]; asked != want {
				t.Errorf("asked %d times, want %d", asked, want)
			}
		})
	}
}

// withAfter serves a handler whose after-hooks have run when the answer ends.
func withAfter(t *testing.T, h http.Handler) *httptest.Server {
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, after := core.WithAfter(r.Context())
		h.ServeHTTP(w, r.WithContext(ctx))
		after.Run(context.WithoutCancel(ctx), nil)
	}))
	t.Cleanup(front.Close)
	return front
}

func asStream(body string) string { return strings.Replace(body, "{", `{"stream":true,`, 1) }

// TestWhatIsToBeKeptElsewhereIsNoQuestion: a provider is to keep something of
// it, or it goes on from something there; or the client wants nothing kept.
func TestWhatIsToBeKeptElsewhereIsNoQuestion(t *testing.T) {
	t.Parallel()
	const chat, responses = "/v1/chat/completions", "/v1/responses"
	response := `{"model":"gpt-4o","input":"Hi"%s}`
	for _, tt := range []struct {
		path, body string
		header     []string
		cached     bool
	}{
		{chat, strings.Replace(plainHi, "{", `{"store":true,`, 1), nil, false},
		{chat, strings.Replace(plainHi, "{", `{"store":false,`, 1), nil, true},
		{responses, fmt.Sprintf(response, ``), nil, true},
		{responses, fmt.Sprintf(response, `,"store":false`), nil, true},
		{responses, fmt.Sprintf(response, `,"store":true`), nil, false},
		{responses, fmt.Sprintf(response, `,"previous_response_id":"resp_9"`), nil, false},
		{responses, fmt.Sprintf(response, `,"conversation":"conv_9"`), nil, false},
		{responses, fmt.Sprintf(response, `,"background":true`), nil, false},
		{chat, plainHi, []string{"X-Portkey-Debug", "false"}, false},
		{chat, plainHi, []string{"X-Portkey-Debug", "true"}, true},
		{chat, plainHi, []string{"Cache-Control", "no-store"}, false},
	} {
		u := &counter{}
		front, up := serve(t, gateway.Config{}, u.ServeHTTP)
		headers := append([]string{"Content-Type", "application/json", "X-Portkey-Config", simple("openai", up, "")}, tt.header...)
		var got [2]string
		for i := range got {
			resp, _ := ask(t, front, "POST", tt.path, strings.NewReader(tt.body), headers...)
			got[i] = resp.Header.Get(cacheHead)
		}
		want := [2]string{"DISABLED", "DISABLED"}
		if tt.cached {
			want = [2]string{"MISS", "HIT"}
		}
		if got != want {
			t.Errorf("%s %s %v: %v, want %v", tt.path, tt.body, tt.header, got, want)
		}
	}
}

// TestOperationsOnWhatAProviderKeepsAreNotCached: files, batches, relays, and
// the edits of images, as in the reference.
func TestOperationsOnWhatAProviderKeepsAreNotCached(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ method, path, body string }{
		{"GET", "/v1/files", ""}, {"GET", "/v1/files/f", ""}, {"DELETE", "/v1/files/f", ""}, {"POST", "/v1/batches", `{"input_file_id":"f"}`}, {"GET", "/v1/batches/b", ""},
		{"POST", "/v1/fine_tuning/jobs", `{"model":"m"}`}, {"GET", "/v1/fine_tuning/jobs/j", ""}, {"GET", "/v1/models", ""}, {"POST", "/v1/proxy/anything", `{"a":1}`},
		{"GET", "/v1/responses/resp_1", ""}, {"POST", "/v1/images/edits", "form"},
	} {
		asked := 0
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"object":"list","data":[]}`)
		})
		for range 2 {
			contentType, body := "application/json", tt.body
			if body == "form" {
				b, t := form(t, []byte("png"), "prompt", "a cat")
				contentType, body = t, b.String()
			}
			resp, got := ask(t, front, tt.method, tt.path, strings.NewReader(body), "Content-Type", contentType, "X-Portkey-Config", simple("openai", up, ""))
			if s := resp.Header.Get(cacheHead); resp.StatusCode != 200 || s != "" && s != "DISABLED" {
				t.Errorf("%s %s: %d %s %s", tt.method, tt.path, resp.StatusCode, s, got)
			}
		}
		if asked != 2 {
			t.Errorf("%s %s was asked %d times", tt.method, tt.path, asked)
		}
	}
}

// TestGuardrailsJudgeHits: RC-07. Those of the input run each time; those of
// the output have judged what is kept, and others make another key.
func TestGuardrailsJudgeHits(t *testing.T) {
	t.Parallel()
	u := &counter{}
	front, up := serve(t, gateway.Config{}, u.ServeHTTP)
	send := func(more string) (*http.Response, string) {
		return ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(plainHi), "Content-Type", "application/json", "X-Portkey-Config", simple("openai", up, more))
	}
	const word = `[{"default.contains":{"operator":"none","words":[%q]},"deny":%t}]`
	for _, step := range []struct {
		input, output string
		status        int
		cache         string
		asked         int64
	}{
		{"", "", 200, "MISS", 1},
		{fmt.Sprintf(word, "Hi", true), "", 446, "", 1},
		{fmt.Sprintf(word, "Hi", false), "", 246, "HIT", 1},
		{fmt.Sprintf(word, "Ho", true), "", 200, "HIT", 1},
		{"", fmt.Sprintf(word, "Answer", true), 446, "MISS", 2},
		{"", fmt.Sprintf(word, "Ho", true), 200, "MISS", 3},
		{"", fmt.Sprintf(word, "Ho", true), 200, "HIT", 3},
		{"", "", 200, "HIT", 3},
	} {
		more := ""
		if step.input != "" {
			more += `,"input_guardrails":` + step.input
		}
		if step.output != "" {
			more += `,"output_guardrails":` + step.output
		}
		resp, got := send(more)
		if resp.StatusCode != step.status || resp.Header.Get(cacheHead) != step.cache || u.asked.Load() != step.asked {
			t.Errorf("%+v: %d %s, asked %d times: %s", step, resp.StatusCode, resp.Header.Get(cacheHead), u.asked.Load(), got)
		}
		if strings.Contains(got, "before_request_hooks") != (step.input != "") && step.output == "" {
			t.Errorf("%+v: the results of hooks: %s", step, got)
		}
	}
}

// TestARefreshIsKept: what the client wants to be new takes the place of what
// was there.
func TestARefreshIsKept(t *testing.T) {
	t.Parallel()
	u := &counter{}
	front, up := serve(t, gateway.Config{}, u.ServeHTTP)
	for _, step := range []struct{ refresh, status, want string }{
		{"", "MISS", "Answer 1"}, {"true", "REFRESH", "Answer 2"}, {"", "HIT", "Answer 2"}, {"false", "HIT", "Answer 2"}, {"1", "REFRESH", "Answer 3"}, {"", "HIT", "Answer 3"},
	} {
		resp, got := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(plainHi), "Content-Type", "application/json",
			"X-Portkey-Config", simple("openai", up, ""), "X-Portkey-Cache-Force-Refresh", step.refresh)
		if resp.Header.Get(cacheHead) != step.status || !strings.Contains(got, step.want) {
			t.Errorf("%+v: %s %s", step, resp.Header.Get(cacheHead), got)
		}
	}
}

// TestTargetsInheritTheCache, or have one of their own, and a fallback keeps
// the answer of the target that gave it.
func TestTargetsInheritTheCache(t *testing.T) {
	t.Parallel()
	u := &counter{}
	down := false
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if down && strings.HasPrefix(r.URL.Path, "/one/") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		u.ServeHTTP(w, r)
	})
	at := func(path, more string) string {
		return fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q%s}`, up.URL+path, more)
	}
	config := `{"cache":{"mode":"simple"},"retry":{"attempts":0},"strategy":{"mode":"fallback"},"targets":[` + at("/one", "") + `,` + at("/two", "") + `]}`
	own := `{"retry":{"attempts":0},"strategy":{"mode":"fallback"},"targets":[` + at("/one", "") + `,` + at("/two", `,"cache":{"mode":"simple"}`) + `]}`
	for _, step := range []struct {
		config       string
		down         bool
		option, want string
	}{
		{config, true, "config.targets[1]", "MISS"}, {config, true, "config.targets[1]", "HIT"},
		{config, false, "config.targets[0]", "MISS"}, {config, true, "config.targets[0]", "HIT"},
		{own, true, "config.targets[1]", "HIT"}, {own, false, "config.targets[0]", "DISABLED"},
	} {
		down = step.down
		resp, got := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(plainHi), "Content-Type", "application/json", "X-Portkey-Config", step.config)
		if resp.Header.Get(cacheHead) != step.want || resp.Header.Get("X-Portkey-Last-Used-Option-Index") != step.option {
			t.Errorf("%+v: %v %s", step, resp.Header, got)
		}
	}
}
