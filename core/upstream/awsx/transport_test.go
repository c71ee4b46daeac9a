package awsx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/secret"
)

// The key pair of AWS's documentation.
const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testModel  = "anthropic.claude-3-5-sonnet-20240620-v1:0"
)

// upstream answers like Bedrock and keeps the last request.
type upstream struct {
	*httptest.Server
	mu   sync.Mutex
	req  *http.Request
	body []byte
}

func newUpstream(t *testing.T, answer http.HandlerFunc) *upstream {
	t.Helper()
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		u.mu.Lock()
		u.req, u.body = r, body
		u.mu.Unlock()
		if answer == nil {
			io.WriteString(w, "{}")
			return
		}
		answer(w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) last(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.req == nil {
		t.Fatal("no request came")
	}
	return u.req, u.body
}

// settings for u with options in pairs.
func (u *upstream) settings(options ...string) provider.Settings {
	s := provider.Settings{CustomHost: u.URL, Options: map[string]secret.Value{}}
	for i := 0; i < len(options); i += 2 {
		s.Options[options[i]] = secret.New(options[i+1])
	}
	return s
}

func (u *upstream) keys(options ...string) provider.Settings {
	return u.settings(append([]string{"aws_access_key_id", testKey, "aws_secret_access_key", testSecret}, options...)...)
}

func do(t *testing.T, tr *Transport, s provider.Settings, op Op, model, body string) (*http.Response, string) {
	t.Helper()
	resp, err := tr.Do(t.Context(), s, op, model, []byte(body), http.Header{"Accept": {"application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestSignaturesHoldForEveryModelAndOperation(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, nil)
	tr := New(Config{})
	models := map[string]string{
		"amazon.nova-lite-v1": "amazon.nova-lite-v1",
		testModel:             "anthropic.claude-3-5-sonnet-20240620-v1%3A0",
		"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc": "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc",
		"arn:aws:bedrock:us-east-1:123456789012:prompt/ABC:1":                      "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprompt%2FABC%3A1",
	}
	ops := map[Op]string{Converse: "converse", ConverseStream: "converse-stream", CountTokens: "count-tokens", InvokeModel: "invoke", InvokeModelStream: "invoke-with-response-stream"}
	for model, escaped := range models {
		for op, name := range ops {
			do(t, tr, u.keys(), op, model, `{"a":1}`)
			r, body := u.last(t)
			if got, want := r.URL.EscapedPath(), "/model/"+escaped+"/"+name; got != want || r.Method != "POST" {
				t.Errorf("got %s %s, want POST %s", r.Method, got, want)
			}
			sig := parseSignature(t, r.Header.Get("Authorization"))
			if err := sig.verify(r, body, testSecret); err != nil {
				t.Errorf("%s of %s: %v", name, model, err)
			}
			if sig.key != testKey || sig.region != "us-east-1" || sig.service != "bedrock" {
				t.Errorf("signed as %+v", sig)
			}
		}
	}
}

func TestTokensAreCountedForBaseModels(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, nil)
	do(t, New(Config{}), u.keys(), CountTokens, "us."+testModel, `{}`)
	if r, _ := u.last(t); !strings.HasPrefix(r.URL.Path, "/model/anthropic.") {
		t.Errorf("counted at %s", r.URL.Path)
	}
}

func TestNothingIsChangedOnTheWay(t *testing.T) {
	t.Parallel()
	const sent = "{ \"messages\" : [ ],\n\"unheardOf\":9007199254740993, \"x\":\"<é>\" }"
	const answered = "{\"output\":{\"unheardOf\":[1.50]} ,\"stopReason\":\"tomorrow\"}\n"
	for _, status := range []int{200, 201, 400, 403, 429, 500, 503, 302} {
		u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-ErrorType", "ThrottlingException:http://x")
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			w.WriteHeader(status)
			io.WriteString(w, answered)
		})
		for _, op := range []Op{Converse, ConverseStream, CountTokens, InvokeModel, InvokeModelStream} {
			resp, body := do(t, New(Config{}), u.keys(), op, testModel, sent)
			if resp.StatusCode != status || body != answered || resp.Header.Get("X-Amzn-ErrorType") != "ThrottlingException:http://x" {
				t.Errorf("operation %d: got %d %q %v", op, resp.StatusCode, body, resp.Header)
			}
			r, got := u.last(t)
			if string(got) != sent || r.ContentLength != int64(len(sent)) {
				t.Errorf("operation %d: sent %q (%d bytes)", op, got, r.ContentLength)
			}
		}
	}
}

func TestHeadersAreSignedAlong(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, nil)
	resp, err := New(Config{}).Do(t.Context(), u.keys(), Converse, testModel, []byte("{}"), http.Header{
		"Content-Type": {"application/json"}, "accept": {"application/json"}, "Traceparent": {"00-1-2-03"}, "X-Amzn-Bedrock-Trace": {"ENABLED"},
		"Authorization": {"Bearer evil"}, "Host": {"evil"}, "X-Amz-Security-Token": {"evil"}, "Content-Length": {"7"}, "User-Agent": {"evil"},
	})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	r, body := u.last(t)
	if err := parseSignature(t, r.Header.Get("Authorization")).verify(r, body, testSecret); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"Accept": "application/json", "Traceparent": "00-1-2-03", "X-Amzn-Bedrock-Trace": "ENABLED", "Content-Type": "application/json", "X-Amz-Security-Token": ""} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if s := fmt.Sprint(r.Header); strings.Contains(s, "evil") {
		t.Errorf("sent %s", s)
	}
}

func TestStreamsArriveAsTheyComeAndStayOpen(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-release
		io.WriteString(w, "last")
	})
	resp, err := New(Config{}).Do(t.Context(), u.keys(), ConverseStream, testModel, []byte("{}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
		t.Fatalf("got %q, %v", first, err)
	}
	close(release)
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "last" {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestNobodyTriesTwice(t *testing.T) {
	t.Parallel()
	n := 0
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.WriteHeader(503)
	})
	do(t, New(Config{}), u.keys(), Converse, testModel, "{}")
	if n != 1 {
		t.Errorf("%d requests came", n)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	slow := newUpstream(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	gone, leave := context.WithCancel(t.Context())
	leave()
	soon, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(stop)
	ours, cancel := context.WithCancelCause(t.Context())
	cancel(&llm.Error{Kind: llm.Truncated, Message: "nothing came"})
	closed := httptest.NewServer(nil)
	closed.Close()
	nowhere := slow.keys()
	nowhere.CustomHost = closed.URL
	noKeys, token := slow.settings(), slow.settings("aws_auth_type", "apiKey")
	badToken := slow.settings()
	badToken.APIKey = secret.New("a\r\nb")
	tests := []struct {
		name  string
		ctx   context.Context
		s     provider.Settings
		model string
		kind  llm.ErrorKind
		says  string
	}{
		{"no model", t.Context(), slow.keys(), "", llm.BadRequest, "Model is required"},
		{"no credentials", t.Context(), noKeys, testModel, llm.Credential, "set aws_access_key_id"},
		{"half of the keys", t.Context(), slow.settings("aws_access_key_id", testKey), testModel, llm.Credential, "set both"},
		{"no API key", t.Context(), token, testModel, llm.Credential, "API key"},
		{"an API key that breaks lines", t.Context(), badToken, testModel, llm.Credential, "characters"},
		{"no role", t.Context(), slow.keys("aws_auth_type", "assumedRole"), testModel, llm.Credential, "aws_role_arn"},
		{"a region that is a host", t.Context(), slow.keys("aws_region", "x.evil.example/"), testModel, llm.BadRequest, "aws_region"},
		{"no connection", t.Context(), nowhere, testModel, llm.Unreachable, "cannot be reached"},
		{"the client has gone", gone, slow.keys(), testModel, llm.Canceled, "gone"},
		{"no answer in time", soon, slow.keys(), testModel, llm.Timeout, "in time"},
		{"a timeout of ours", ours, slow.keys(), testModel, llm.Truncated, "nothing came"},
	}
	tr := New(Config{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := tr.Do(tt.ctx, tt.s, Converse, tt.model, []byte("{}"), nil)
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || resp != nil || e.Kind != tt.kind || !strings.Contains(e.Message, tt.says) {
				t.Fatalf("got %v, want %v that says %q", err, tt.kind, tt.says)
			}
			if s := fmt.Sprintf("%v %+v", err, err); strings.Contains(s, testSecret) || strings.Contains(s, "a\r\nb") {
				t.Errorf("the error tells a secret: %s", s)
			}
		})
	}
	if _, err := tr.Do(t.Context(), slow.keys(), Op(99), testModel, nil, nil); err == nil {
		t.Error("an operation that does not exist is done")
	}
}

func TestManyAtATime(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	tr := New(Config{})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			model := fmt.Sprintf("amazon.model-%d", i)
			resp, err := tr.Do(t.Context(), u.keys("aws_region", fmt.Sprintf("us-east-%d", i%3)), Converse, model, []byte("{}"), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if b, _ := io.ReadAll(resp.Body); string(b) != "/model/"+model+"/converse" {
				t.Errorf("%s got the answer of %s", model, b)
			}
		})
	}
	wg.Wait()
	if n := tr.clients.recent.Len(); n != 3 {
		t.Errorf("%d clients for 3 regions", n)
	}
}

func TestTheClientsUsedLastAreKept(t *testing.T) {
	t.Parallel()
	tr := New(Config{})
	first := identity{region: "us-east-1", key: "0"}
	kept := tr.clients.get(first, tr.newClient)
	for i := range maxClients {
		tr.clients.get(identity{region: "us-east-1", key: fmt.Sprint("k", i)}, tr.newClient)
		if i == maxClients/2 && tr.clients.get(first, tr.newClient) != kept {
			t.Fatal("the client of an identity changes")
		}
	}
	if tr.clients.recent.Len() != maxClients || len(tr.clients.byID) != maxClients {
		t.Errorf("%d clients are kept, %d are known", tr.clients.recent.Len(), len(tr.clients.byID))
	}
	if tr.clients.get(first, tr.newClient) != kept {
		t.Error("a client that was used was dropped")
	}
}
