package partner_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sluice/core/guard"
	"sluice/core/guard/partner"
	"sluice/core/internal/json"
	"sluice/core/secret"
)

// key is a credential that must never be seen but by its service, and text
// what no error and no data may repeat.
const (
	key  = "canary-key-7f3a"
	text = "我的电话是 555-0100-canary"
)

// A sent is a request that has reached the services.
type sent struct {
	url    string // as the check meant it
	header http.Header
	body   string
}

// services is a server in the place of all services. It answers what it is
// told and keeps what it was asked.
type services struct {
	*httptest.Server
	mu     sync.Mutex
	sent   []sent
	status int
	answer string
	hang   bool // in the middle of the body
	// reply makes the answer of what was asked; nil: answer is it.
	reply func(body string) string
}

func newServices(t testing.TB, answer string) *services {
	s := &services{status: 200, answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.reply == nil {
		w.WriteHeader(s.status)
	}
	if s.hang {
		io.Copy(io.Discard, r.Body) // a server looks for the end of a connection behind the body only
		io.WriteString(w, `{"verdict`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return
	}
	if s.reply == nil {
		io.WriteString(w, s.answer)
		return
	}
	body, _ := io.ReadAll(r.Body)
	io.WriteString(w, s.reply(string(body)))
}

// Do takes a request for any host to the server.
func (s *services) Do(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	s.note(sent{r.URL.String(), r.Header.Clone(), string(body)})
	own := r.Clone(r.Context())
	own.URL.Scheme, own.URL.Host = "http", strings.TrimPrefix(s.URL, "http://")
	own.Host, own.Body = "", io.NopCloser(bytes.NewReader(body))
	return s.Client().Transport.RoundTrip(own)
}

func (s *services) note(r sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, r)
}

// env reaches nothing but the server.
func (s *services) env() guard.Env {
	return guard.Env{
		HTTP: s,
		ApplyGuardrail: func(ctx context.Context, c guard.GuardrailCall) ([]byte, error) {
			r, _ := http.NewRequestWithContext(ctx, "POST", "https://bedrock-runtime."+c.Options["aws_region"].Reveal()+".amazonaws.com/guardrail/"+
				c.ID+"/version/"+c.Version+"/apply", bytes.NewReader(c.Body))
			r.Header.Set("Authorization", c.Options["aws_secret_access_key"].Reveal())
			_, body, err := guard.Send(ctx, s, r, guard.MaxTimeout)
			return body, err
		},
		AzureToken: func(_ context.Context, options map[string]secret.Value, host string) (string, error) {
			return "token of " + options["azure_auth_mode"].Reveal() + " for " + host, nil
		},
	}
}

var library = guard.NewLibrary(partner.Specs()...)

// try makes a check.
func try(t testing.TB, e guard.Env, id, params string) (guard.Check, []guard.Fault) {
	t.Helper()
	spec, ok := library[id]
	if !ok {
		t.Fatalf("there is no check %s", id)
	}
	p := guard.NewParams([]byte(params))
	return spec.New(p, e), p.Faults()
}

// mustMake makes a check whose parameters are right.
func mustMake(t testing.TB, e guard.Env, id, params string) guard.Check {
	t.Helper()
	c, faults := try(t, e, id, params)
	if len(faults) > 0 {
		t.Fatalf("%s: faults %v", id, faults)
	}
	return lawful{c, t}
}

// lawful holds a check to the law that what replaces says so.
type lawful struct {
	check guard.Check
	t     testing.TB
}

func (l lawful) Check(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
	v, err := l.check.Check(ctx, in)
	if !l.replaces() && (v.Texts != nil || v.Request != nil || v.Response != nil) {
		l.t.Error("the check replaces and has not said that it may")
	}
	return v, err
}

func (l lawful) replaces() bool {
	r, ok := l.check.(guard.Replacer)
	return ok && r.Replaces()
}

// before and after are inputs of a chat; the question has a system message.
func before(texts ...string) *guard.Input {
	return &guard.Input{
		Event: guard.Before, Operation: "chatComplete", Provider: "openai", Model: "gpt-4o", Trace: "trace-1",
		Metadata: map[string]string{"_user": "u1", "user_name": "Ada"}, Texts: content("user", texts),
		Question: append([]guard.Text{{Place: guard.Content, Role: "system", Text: "Be kind."}}, content("user", texts)...),
		Request:  json.Value(`{"model":"gpt-4o","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":` + string(json.Quote(strings.Join(texts, "\n"))) + `}],"n":1.0}`),
	}
}

func after(texts ...string) *guard.Input {
	in := before("What is it?")
	in.Event, in.Texts = guard.After, content("assistant", texts)
	in.Response = json.Value(`{"choices":[{"message":{"role":"assistant","content":` + string(json.Quote(strings.Join(texts, "\n"))) + `}}]}`)
	return in
}

func content(role string, texts []string) []guard.Text {
	var out []guard.Text
	for _, s := range texts {
		out = append(out, guard.Text{Place: guard.Content, Role: role, Turn: 1, Text: s})
	}
	return out
}

func inputOf(id string, texts ...string) *guard.Input {
	if events := library[id].Events; len(events) == 0 || events[0] == guard.Before {
		return before(texts...)
	}
	return after(texts...)
}
