package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/gateway"
)

// TestEveryAnswerHasTheReferencesHeaders: SDKs of the reference decide by them
// whether to try again, and read from them who answered.
func TestEveryAnswerHasTheReferencesHeaders(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{Around: func(h core.Handler) core.Handler { return buggyFor{h} }}, pathUpstream)
	hasty, slow := serve(t, gateway.Config{KeepAlive: 20 * time.Millisecond}, pathUpstream)
	streamed := strings.Replace(question, "{", `{"stream":true,`, 1)
	retried := strings.Replace(twoTargets(up, "bad"), `"strategy"`, `"retry":{"attempts":1,"on_status_codes":[503]},"strategy"`, 1)
	const chat = "/v1/chat/completions"
	of := func(index, retries string) map[string]string {
		return map[string]string{
			"Last-Used-Option-Index": index, "Retry-Attempt-Count": retries, "Provider": "openai", "Cache-Status": "DISABLED", "Gateway-Exception": "", "Request-Id": "",
		}
	}
	failed := func(h map[string]string) map[string]string { h["Request-Id"] = "request-1"; return h }
	exception := map[string]string{"Last-Used-Option-Index": "", "Retry-Attempt-Count": "", "Provider": "", "Cache-Status": "", "Gateway-Exception": "true", "Request-Id": "request-1"}
	refusal := map[string]string{"Last-Used-Option-Index": "", "Retry-Attempt-Count": "", "Provider": "", "Cache-Status": "", "Gateway-Exception": "", "Request-Id": "request-1"}
	for _, tt := range []struct {
		name, method, path, body, config string
		status                           int
		want                             map[string]string
	}{
		{"whole", "POST", chat, question, twoTargets(up, "good"), 200, of("config.targets[0]", "0")},
		{"of the second target", "POST", chat, question, twoTargets(up, "bad", "good"), 200, of("config.targets[1]", "0")},
		{"streamed", "POST", chat, streamed, twoTargets(up, "bad", "good"), 200, of("config.targets[1]", "0")},
		{"translated", "POST", "/v1/messages", question, twoTargets(up, "good"), 200, of("config.targets[0]", "0")},
		{"translated stream", "POST", "/v1/messages", streamed, twoTargets(up, "good"), 200, of("config.targets[0]", "0")},
		{"relayed", "POST", "/v1/threads", question, twoTargets(up, "good"), 200, of("config.targets[0]", "0")},
		{"relayed HEAD", "HEAD", "/v1/files/file-1", "", twoTargets(up, "good"), 200, of("config.targets[0]", "0")},
		{"relayed error", "POST", "/v1/threads", question, twoTargets(up, "bad"), 503, failed(of("config.targets[0]", "0"))},
		{"error", "POST", chat, question, twoTargets(up, "bad"), 503, failed(of("config.targets[0]", "0"))},
		{"error instead of a stream", "POST", chat, streamed, twoTargets(up, "bad"), 503, failed(of("config.targets[0]", "0"))},
		{"error after all retries", "POST", chat, question, retried, 503, failed(of("config.targets[0]", "-1"))},
		{"not supported", "POST", "/v1/images/generations", `{"model":"m","prompt":"p"}`, strings.ReplaceAll(twoTargets(up, "good"), "openai", "anthropic"), 400, exception},
		{"a bug", "POST", chat, strings.Replace(question, `"m"`, `"buggy"`, 1), twoTargets(up, "good"), 500, exception},
		{"a bug before a stream", "POST", chat, strings.Replace(streamed, `"m"`, `"buggy"`, 1), twoTargets(up, "good"), 500, exception},
		{"no target", "POST", chat, question, "", 400, refusal},
		{"no JSON", "POST", chat, "{", twoTargets(up, "good"), 400, refusal},
		{"opened before the target was known", "POST", chat, streamed, twoTargets(slow, "slow", "good"), 200,
			map[string]string{"Last-Used-Option-Index": "", "Retry-Attempt-Count": "", "Provider": "", "Cache-Status": ""}},
	} {
		headers := []string{"Content-Type", "application/json", "X-Request-Id", "request-1"}
		if tt.config != "" {
			headers = append(headers, "X-Portkey-Config", tt.config)
		}
		server := front
		if strings.HasPrefix(tt.name, "opened") {
			server = hasty
		}
		resp, body := ask(t, server, tt.method, tt.path, strings.NewReader(tt.body), headers...)
		if resp.StatusCode != tt.status || resp.Header.Get("X-Portkey-Trace-Id") != "request-1" || resp.Header.Get("X-Sluice-Request-Id") != "request-1" {
			t.Errorf("%s: %d %v\n%s", tt.name, resp.StatusCode, resp.Header, body)
		}
		for name, want := range tt.want {
			if got := resp.Header.Get("X-Portkey-" + name); got != want {
				t.Errorf("%s: %s is %q, want %q", tt.name, name, got, want)
			}
		}
	}
	resp, _ := ask(t, front, http.MethodPut, "/v1/sluice/uploads/none", strings.NewReader("x"))
	if resp.StatusCode < 400 || resp.Header.Get("X-Portkey-Trace-Id") == "" {
		t.Errorf("an upload: %d %v", resp.StatusCode, resp.Header)
	}
}

// buggyFor has a bug that one model finds.
type buggyFor struct{ next core.Handler }

func (h buggyFor) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	if c.Model == "buggy" {
		panic("a bug")
	}
	return h.next.Handle(ctx, c)
}
