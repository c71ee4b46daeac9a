package guard_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/guard"
	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
)

// answering sends requests to h.
func answering(h http.HandlerFunc) guard.Env {
	return guard.Env{HTTP: httpx.NewClient(httpx.Local(h))}
}

// heard is what a program was told.
type heard struct {
	header http.Header
	body   json.Value
	method string
	url    string
}

// replying answers everything with a status and a body, and notes the last request.
func replying(status int, body string) (guard.Env, *heard) {
	h := &heard{}
	return answering(func(w http.ResponseWriter, r *http.Request) {
		h.header, h.method, h.url = r.Header.Clone(), r.Method, r.URL.String()
		h.body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}), h
}

const canary = "sk-canary-1234567890"

// question is a request with credentials in its headers.
func question() *guard.Input {
	return &guard.Input{
		Event: guard.Before, Operation: "chatComplete", Provider: "openai", Model: "m", Metadata: map[string]string{"user": "a"},
		Header:   http.Header{"Authorization": {"Bearer " + canary}, "X-Portkey-Config": {canary}, "Cookie": {canary}, "X-Api-Key": {canary}},
		Texts:    []guard.Text{{Place: guard.Content, Role: "user", Turn: 1, Text: "hello"}},
		Question: []guard.Text{{Place: guard.Content, Role: "system", Text: "brief"}, {Place: guard.Content, Role: "user", Turn: 1, Text: "hello"}},
		Request:  json.Value(`{"model":"m","messages":[]}`),
	}
}

func answered() *guard.Input {
	in := question()
	in.Event, in.Status, in.Response = guard.After, 200, json.Value(`{"choices":[]}`)
	in.Texts = []guard.Text{{Place: guard.Content, Role: "assistant", Text: "你好"}}
	return in
}

const hook = `{"webhookURL":"https://user:` + canary + `@hook.example/path?token=` + canary + `","headers":{"x-custom-auth":"` + canary + `","n":1}}`

func TestWebhook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		answer string
		pass   bool
		err    string
		data   string
	}{
		{name: "pass", status: 200, answer: `{"verdict":true,"data":{"reason":"fine"}}`, pass: true,
			data: `{"verdict":true,"explanation":"Webhook request succeeded","webhookUrl":"https://hook.example/path","responseData":{"reason":"fine"},"requestContext":{"timeout":3000}}`},
		{name: "fail", status: 200, answer: `{"verdict":false}`, data: `{"verdict":false}`},
		{name: "no verdict", status: 200, answer: `{}`, data: `{"verdict":false}`},
		{name: "a text is no verdict", status: 200, answer: `{"verdict":"true"}`},
		{name: "down", status: 500, answer: `{"error":"down"}`, err: "HTTP error! status: 500", data: `{"explanation":"Webhook error: HTTP error! status: 500","responseData":{"error":"down"}}`},
		{name: "redirect", status: 302, answer: `{"verdict":true}`, err: "status: 302"},
		{name: "no JSON", status: 200, answer: `<html>`, err: "not a JSON object"},
		{name: "too long", status: 200, answer: `{"verdict":true,"data":"` + long("x") + `"}`, err: "longer than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := replying(tt.status, tt.answer)
			v, err := makeCheck(t, e, "default.webhook", hook).Check(t.Context(), question())
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error %v", err)
			}
			if v.Pass != tt.pass {
				t.Errorf("pass is %v", v.Pass)
			}
			hasMembers(t, v.Data, tt.data)
			if said := string(v.Data) + fmt.Sprint(err); strings.Contains(said, canary) {
				t.Errorf("a credential is told: %s", said)
			}
		})
	}
}

func TestProgramsHearNoCredentials(t *testing.T) {
	t.Parallel()
	const request = `"request":{"json":{"model":"m","messages":[]},"text":"hello","isStreamingRequest":false,"isTransformed":false}`
	const rest = `"provider":"openai","requestType":"chatComplete","metadata":{"user":"a"}`
	for _, tt := range []struct {
		id, params string
		in         *guard.Input
		want       string
	}{
		{"default.webhook", `{"webhookURL":"http://h/x"}`, question(), `{` + request + `,"response":{"json":{},"text":"","statusCode":null,"isTransformed":false},` + rest + `,"eventType":"beforeRequestHook"}`},
		{"default.webhook", `{"webhookURL":"http://h/x"}`, answered(), `{` + request + `,"response":{"json":{"choices":[]},"text":"你好","statusCode":200,"isTransformed":false},` + rest + `,"eventType":"afterRequestHook"}`},
		{"default.log", `{"logURL":"http://h/x"}`, answered(), `{` + request + `,"response":{"json":{"choices":[]},"text":"你好","statusCode":200,"isTransformed":false},` + rest + `}`},
	} {
		e, h := replying(200, `{"verdict":true}`)
		if v, err := makeCheck(t, e, tt.id, tt.params).Check(t.Context(), tt.in); err != nil || !v.Pass {
			t.Errorf("%s: %v, %v", tt.id, v.Pass, err)
		}
		if string(h.body) != tt.want {
			t.Errorf("%s heard %s\nwant %s", tt.id, h.body, tt.want)
		}
		if h.method != http.MethodPost || h.header.Get("Content-Type") != "application/json" || strings.Contains(fmt.Sprint(h.header), canary) {
			t.Errorf("%s: %s %v", tt.id, h.method, h.header)
		}
	}
}

func TestHeadersForPrograms(t *testing.T) {
	t.Parallel()
	for _, headers := range []string{`{"x-auth":"s3cret","X-N":7}`, `"{\"x-auth\":\"s3cret\",\"X-N\":7}"`} {
		for id, url := range map[string]string{"default.webhook": "webhookURL", "default.log": "logURL"} {
			e, h := replying(200, `{"verdict":true}`)
			c := makeCheck(t, e, id, `{"`+url+`":"https://h/x","headers":`+headers+`}`)
			if _, err := c.Check(t.Context(), question()); err != nil || h.header.Get("X-Auth") != "s3cret" || h.header.Get("X-N") != "7" {
				t.Errorf("%s %s: %v, %v", id, headers, h.header, err)
			}
		}
	}
}

func TestWebhookReplaces(t *testing.T) {
	t.Parallel()
	e, _ := replying(200, `{"verdict":true,"transformedData":{"request":{"json":{"a":1}},"response":{"json":{"b":2}}}}`)
	c := makeCheck(t, e, "default.webhook", `{"webhookURL":"https://h/x"}`)
	if v, err := c.Check(t.Context(), question()); err != nil || string(v.Request) != `{"a":1}` || v.Response != nil {
		t.Errorf("%s %s %v", v.Request, v.Response, err)
	}
	if v, err := c.Check(t.Context(), answered()); err != nil || string(v.Response) != `{"b":2}` || v.Request != nil {
		t.Errorf("%s %s %v", v.Request, v.Response, err)
	}
	e, _ = replying(200, `{"verdict":true,"transformedData":{"request":{"json":"x"}}}`)
	if v, _ := makeCheck(t, e, "default.webhook", `{"webhookURL":"https://h/x"}`).Check(t.Context(), question()); v.Request != nil {
		t.Errorf("what is no object replaces nothing: %s", v.Request)
	}
}

// The deadline holds for the body too.
func TestProgramsHaveADeadline(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"no body": func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("{"))
			<-r.Context().Done()
		},
	} {
		for id, url := range map[string]string{"default.webhook": "webhookURL", "default.log": "logURL"} {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := makeCheck(t, answering(h), id, `{"`+url+`":"https://h/x","timeout":50}`).Check(t.Context(), question())
				if e, ok := err.(*guard.Error); !ok || e.Name != "TimeoutError" || e.Message != "Request timed out after 50ms" || time.Since(start) != 50*time.Millisecond {
					t.Errorf("%s, %s: %v after %v", id, name, err, time.Since(start))
				}
			})
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	e, _ := replying(204, "")
	v, err := makeCheck(t, e, "default.log", `{"logURL":"https://h/x?key=`+canary+`"}`).Check(t.Context(), answered())
	if err != nil || !v.Pass || string(v.Data) != `{"message":"Logged the request to https://h/x"}` {
		t.Errorf("%s, %v", v.Data, err)
	}
	e, _ = replying(403, canary)
	if _, err := makeCheck(t, e, "default.log", `{"logURL":"https://h/x"}`).Check(t.Context(), answered()); err == nil || err.Error() != "HTTP error! status: 403" {
		t.Errorf("error %v", err)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	g, err := httpx.NewGuard(httpx.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	e := guard.Env{HTTP: httpx.NewClient(&http.Transport{DialContext: g.DialContext})}
	for id, url := range map[string]string{"default.webhook": "webhookURL", "default.log": "logURL"} {
		for _, host := range []string{"[::ffff:10.0.0.1]", "127.0.0.1:9", "169.254.169.254", "[::1]:9", "10.0.0.1"} {
			_, err := makeCheck(t, e, id, `{"`+url+`":"http://`+host+`/x"}`).Check(t.Context(), question())
			if err == nil || err.Error() != "address refused" {
				t.Errorf("%s %s: %v", id, host, err)
			}
		}
	}
}
