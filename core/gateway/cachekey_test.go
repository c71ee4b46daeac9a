package gateway_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// A variant is a request that somebody else might make, or somebody about
// something else.
type variant struct {
	name, path, body, config string
	headers                  []string
}

// variants differ from the first in one thing each. host is a second upstream.
func variants(up, host *httptest.Server) []variant {
	base := simple("openai", up, `,"forward_headers":["x-forwarded"],"model_aliases":{"gpt-alias":"gpt-4.1"}`)
	with := func(old, new string) string { return strings.Replace(base, old, new, 1) }
	body := func(members string) string { return strings.Replace(plainHi, `{`, `{`+members+`,`, 1) }
	hook := `,"output_guardrails":[{"default.wordCount":{"minWords":1,"maxWords":%d},"deny":true}]`
	chat := "/v1/chat/completions"
	all := []variant{
		{"base", chat, plainHi, base, nil},
		{"another credential", chat, plainHi, with(`"api_key":"k"`, `"api_key":"l"`), nil},
		{"another host", chat, plainHi, with(up.URL, host.URL), nil},
		{"another path of the host", chat, plainHi, with(up.URL, up.URL+"/elsewhere"), nil},
		{"another provider", chat, plainHi, with(`"openai"`, `"groq"`), nil},
		{"an option of the provider", chat, plainHi, with(`"api_key"`, `"openai_organization":"o","api_key"`), nil},
		{"metadata", chat, plainHi, base, []string{"X-Portkey-Metadata", `{"_user":"ann"}`}},
		{"other metadata", chat, plainHi, base, []string{"X-Portkey-Metadata", `{"_user":"ben"}`}},
		{"a namespace", chat, plainHi, base, []string{"X-Portkey-Cache-Namespace", "n"}},
		{"another namespace", chat, plainHi, base, []string{"X-Portkey-Cache-Namespace", "m"}},
		{"a header that is forwarded", chat, plainHi, base, []string{"X-Forwarded", "yes"}},
		{"strictness", chat, plainHi, base, []string{"X-Portkey-Strict-Open-Ai-Compliance", "false"}},
		{"a parameter of the config", chat, plainHi, with(`"api_key"`, `"override_params":{"temperature":0.3},"api_key"`), nil},
		{"an output hook", chat, plainHi, simple("openai", up, fmt.Sprintf(hook, 50)), nil},
		{"another output hook", chat, plainHi, simple("openai", up, fmt.Sprintf(hook, 60)), nil},
		{"an alias", chat, strings.Replace(plainHi, "gpt-4o", "gpt-alias", 1), base, nil},
		{"the older completions", "/v1/completions", `{"model":"gpt-4o","prompt":"Hi"}`, base, nil},
	}
	for _, m := range []string{
		`"temperature":0.5`, `"temperature":0`, `"top_p":0.5`, `"max_tokens":5`, `"max_completion_tokens":6`, `"seed":1`, `"n":2`, `"stop":"x"`, `"stop":["x","y"]`, `"user":"u"`,
		`"frequency_penalty":1`, `"presence_penalty":1`, `"logit_bias":{"1":1}`, `"logprobs":true`, `"service_tier":"flex"`, `"reasoning_effort":"low"`,
		`"response_format":{"type":"json_object"}`, `"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}`,
		`"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"string"}}}`,
		`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]`, `"tools":[{"type":"function","function":{"name":"g","parameters":{"type":"object"}}}]`,
		`"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}]`,
		`"tool_choice":"none","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]`, `"metadata":{"a":"b"}`, `"unheard_of":1`,
	} {
		all = append(all, variant{"with " + m, chat, body(m), base, nil})
	}
	for _, turns := range []string{
		`{"role":"system","content":"Hi"}`, `{"role":"user","content":"hi"}`, `{"role":"user","content":"Hi "}`, `{"role":"user","content":"Hi","name":"ann"}`,
		`{"role":"user","content":"Hi"},{"role":"user","content":"Hi"}`, `{"role":"system","content":""},{"role":"user","content":"Hi"}`,
		`{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}`,
		`{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAA="}}]}`,
	} {
		all = append(all, variant{"turns " + turns, chat, `{"model":"gpt-4o","messages":[` + turns + `]}`, base, nil})
	}
	return append(all, variant{"another model", chat, strings.Replace(plainHi, "gpt-4o", "gpt-5", 1), base, nil})
}

// TestNobodyIsGivenWhatSomebodyElseWasAnswered: RC-01, RC-02. Every input of a
// request decides what it is; each has its own answer, again and again.
func TestNobodyIsGivenWhatSomebodyElseWasAnswered(t *testing.T) {
	t.Parallel()
	u := &counter{}
	front, up := serve(t, gateway.Config{}, u.ServeHTTP)
	host := httptest.NewServer(u)
	defer host.Close()
	all := variants(up, host)
	answers := make([]string, len(all))
	for round, want := range []string{"MISS", "HIT", "HIT"} {
		for i, v := range all {
			headers := append([]string{"Content-Type", "application/json", "X-Portkey-Config", v.config}, v.headers...)
			resp, got := ask(t, front, http.MethodPost, v.path, strings.NewReader(v.body), headers...)
			if resp.StatusCode != http.StatusOK || resp.Header.Get(cacheHead) != want {
				t.Errorf("%s, round %d: %d %s, want %s: %s", v.name, round, resp.StatusCode, resp.Header.Get(cacheHead), want, got)
			}
			got, _, _ = strings.Cut(got, `,"usage"`) // behind it stand the results of hooks, which have not run again
			if round == 0 {
				answers[i] = got
			} else if got != answers[i] {
				t.Errorf("%s is given %s, and was given %s", v.name, got, answers[i])
			}
		}
	}
	if n := u.asked.Load(); n != int64(len(all)) {
		t.Errorf("%d requests upstream for %d that differ", n, len(all))
	}
}

// TestWhatDecidesNothingSharesAnEntry: the white space and the order of JSON,
// ids, traces, and what only says how the answer is to come.
func TestWhatDecidesNothingSharesAnEntry(t *testing.T) {
	t.Parallel()
	u := &counter{}
	front, up := serve(t, gateway.Config{}, u.ServeHTTP)
	limited := strings.Replace(plainHi, "{", `{"max_tokens":9,`, 1)
	for i, v := range []variant{
		{"another way to write a limit", "", strings.Replace(limited, "max_tokens", "max_completion_tokens", 1), "", nil},
		{"the older name of a limit", "", limited, "", nil},
		{"Messages", "/v1/messages", limited, "", nil},
		{"Responses", "/v1/responses", `{"model":"gpt-4o","input":"Hi","max_output_tokens":9}`, "", nil},
		{"base", "", plainHi, "", nil},
		{"white space", "", `{ "model" : "gpt-4o", "messages" : [ {"role":"user", "content":"Hi"} ] }`, "", nil},
		{"order", "", `{"messages":[{"content":"Hi","role":"user"}],"model":"gpt-4o"}`, "", nil},
		{"parts", "", `{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`, "", nil},
		{"no stream", "", `{"model":"gpt-4o","stream":false,"messages":[{"role":"user","content":"Hi"}]}`, "", nil},
		{"a stream", "", `{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}`, "", nil},
		{"a stream with usage", "", `{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}`, "", nil},
		{"a trace", "", plainHi, "", []string{"X-Portkey-Trace-Id", "t-1", "X-Request-Id", "request-1", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}},
		{"another client", "", plainHi, "", []string{"User-Agent", "other/1"}},
	} {
		headers := append([]string{"Content-Type", "application/json", "X-Portkey-Config", simple("openai", up, "")}, v.headers...)
		resp, got := ask(t, front, http.MethodPost, cmp.Or(v.path, "/v1/chat/completions"), strings.NewReader(v.body), headers...)
		want, answer := "HIT", "Answer 1"
		if i == 0 || v.name == "base" {
			want = "MISS"
		}
		if i >= 4 {
			answer = "Answer 2"
		}
		if resp.Header.Get(cacheHead) != want || !strings.Contains(got, answer) {
			t.Errorf("%s: %s %s", v.name, resp.Header.Get(cacheHead), got)
		}
	}
}
