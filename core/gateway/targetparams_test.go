package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/price"
)

// a visit is a request that came to one of the providers.
type visit struct{ host, path, body, key string }

// providers answer at hosts whose name begins with the status, in the dialect
// of the path, and note who came.
type providers struct {
	*httptest.Server // the gateway in front of them
	url              string
	mu               sync.Mutex
	visits           []visit
}

func newProviders(t *testing.T, c gateway.Config) *providers {
	p := &providers{}
	front, up := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		host, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		p.mu.Lock()
		p.visits = append(p.visits, visit{host, "/" + path, string(body), r.Header.Get("Authorization") + r.Header.Get("X-Api-Key")})
		p.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		status, err := strconv.Atoi(host[:3])
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		answer := `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`
		if status != http.StatusOK {
			answer = `{"error":{"message":"no: ` + host + `","type":"x"}}`
		} else if strings.HasSuffix(path, "/messages") {
			answer = messagesAnswer
		}
		_, _ = io.WriteString(w, answer)
	})
	p.Server, p.url = front, up.URL
	return p
}

// falls is a fallback over targets. In them, @200 is the host of that name.
func (p *providers) falls(targets ...string) string {
	all := strings.Join(targets, ",")
	for _, status := range []string{"200", "400", "429", "503"} {
		all = strings.ReplaceAll(all, `"`+"at "+status, `"api_key":"k","custom_host":"`+p.url+"/"+status)
	}
	return `{"strategy":{"mode":"fallback"},"targets":[` + all + `]}`
}

// post sends a request and returns what came of it, and whom it went to.
func (p *providers) post(t *testing.T, path, body string, headers map[string]string) (status int, answer string, visits []visit) {
	t.Helper()
	p.mu.Lock()
	p.visits = nil
	p.mu.Unlock()
	status, answer = post(t, p.Server, path, body, headers)
	p.mu.Lock()
	defer p.mu.Unlock()
	return status, answer, p.visits
}

func at(config string) map[string]string { return map[string]string{"X-Portkey-Config": config} }

const asksChat = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`

// The second target gets what its own parameters make of the request that the
// first one got, whether or not it has to be translated.
func TestParametersAreAppliedForEachTargetAnew(t *testing.T) {
	t.Parallel()
	p := newProviders(t, gateway.Config{})
	config := p.falls(
		`{"provider":"openai","at 503a","override_params":{"model":"first","temperature":0.10},"drop_params":["messages[0].name"]}`,
		`{"provider":"anthropic","at 503b/v1","default_params":{"temperature":0.20},"override_params":{"model":"second"}}`,
		`{"provider":"openai","at 200c","default_params":{"temperature":0.30,"max_tokens":1},"drop_params":["metadata"]}`)
	body := `{"model":"m","max_tokens":9,"metadata":{"k":"v"},"messages":[{"role":"user","name":"n","content":"Hi"}]}`
	status, _, visits := p.post(t, "/v1/chat/completions", body, at(config))
	if status != http.StatusOK || len(visits) != 3 {
		t.Fatalf("%d, visits %+v", status, visits)
	}
	if got := visits[0].body; got != `{"model":"first","max_tokens":9,"metadata":{"k":"v"},"messages":[{"role":"user","content":"Hi"}],"temperature":0.10}` {
		t.Errorf("first: %s", got)
	}
	if got := visits[1]; got.path != "/v1/messages" || json.Unquote(json.Lookup(json.Value(got.body), "model")) != "second" || string(json.Lookup(json.Value(got.body), "temperature")) != "0.20" {
		t.Errorf("second: %+v", got)
	}
	if got := visits[2].body; got != `{"model":"m","max_tokens":9,"messages":[{"role":"user","name":"n","content":"Hi"}],"temperature":0.30}` {
		t.Errorf("third: %s", got)
	}
}

// In a pool of targets, those that speak the client's dialect get its bytes,
// the others a translation, whichever came first.
func TestAMixedPoolTranslatesForEachTarget(t *testing.T) {
	t.Parallel()
	p := newProviders(t, gateway.Config{})
	const body = `{"model":"m", "max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"unheard_of":{"kept":1.50}}`
	const native, other = `{"provider":"anthropic","at 503n/v1"}`, `{"provider":"openai","at 503o"}`
	for _, order := range [][]string{{native, other, strings.Replace(native, "503n", "200n", 1)}, {other, native, strings.Replace(other, "503o", "200o", 1)}} {
		status, answer, visits := p.post(t, "/v1/messages", body, at(p.falls(order...)))
		if status != http.StatusOK || len(visits) != 3 || json.Unquote(json.Lookup(json.Value(answer), "type")) != "message" {
			t.Fatalf("%d %s, visits %+v", status, answer, visits)
		}
		for _, v := range visits {
			translated := strings.HasSuffix(v.path, "/chat/completions")
			if translated != strings.HasSuffix(v.host, "o") || translated == (v.body == body) {
				t.Errorf("%+v", v)
			}
		}
	}
}

func TestTheTroubleIsToldNotTheIncapacityAfterIt(t *testing.T) {
	t.Parallel()
	p := newProviders(t, gateway.Config{})
	for order, want := range map[string]int{"503a 400b": 503, "429a 503b 400c": 429, "400a 503b": 503, "400a 400b": 400, "503a 429b": 429} {
		var targets []string
		for host := range strings.FieldsSeq(order) {
			targets = append(targets, `{"provider":"openai","at `+host+`"}`)
		}
		status, answer, visits := p.post(t, "/v1/chat/completions", asksChat, at(p.falls(targets...)))
		if status != want || len(visits) != len(targets) || !strings.Contains(answer, "no: "+strconv.Itoa(want)) {
			t.Errorf("%s: %d %s after %d visits", order, status, answer, len(visits))
		}
	}
}

func TestNoFallbackWhenTheCallerForbidsIt(t *testing.T) {
	t.Parallel()
	p := newProviders(t, gateway.Config{})
	for name, config := range map[string]string{
		"fallback": p.falls(`{"provider":"openai","at 503a","retry":{"attempts":1,"on_status_codes":[503]}}`, `{"provider":"openai","at 200b"}`),
		"hedge": strings.Replace(p.falls(`{"provider":"openai","at 503a","retry":{"attempts":1,"on_status_codes":[503]}}`, `{"provider":"openai","at 200b"}`),
			`"mode":"fallback"`, `"mode":"hedge","delay":1`, 1),
	} {
		headers := at(config)
		headers["X-Sluice-Fallback"] = "false"
		status, _, visits := p.post(t, "/v1/chat/completions", asksChat, headers)
		if status != http.StatusServiceUnavailable || len(visits) != 2 || visits[1].host != "503a" {
			t.Errorf("%s: %d, visits %+v", name, status, visits)
		}
		headers["X-Sluice-Fallback"] = "true"
		if status, _, _ := p.post(t, "/v1/chat/completions", asksChat, headers); status != http.StatusOK {
			t.Errorf("%s: %d although it is allowed", name, status)
		}
	}
}

// Claude Code asks for a small model in the background that no other provider
// has.
func TestModelsOfBackgroundRequestsHaveAliases(t *testing.T) {
	t.Parallel()
	p := newProviders(t, gateway.Config{})
	config := p.falls(`{"provider":"openai","at 200a","model_aliases":{"claude-haiku-*":"gpt-4o-mini","*":"gpt-4o"}}`)
	for asked, want := range map[string]string{"claude-haiku-4-5-20251001": "gpt-4o-mini", "claude-opus-4-5": "gpt-4o"} {
		status, answer, visits := p.post(t, "/v1/messages", strings.Replace(asksChat, `"m"`, `"`+asked+`"`, 1), at(config))
		if status != http.StatusOK || len(visits) != 1 || json.Unquote(json.Lookup(json.Value(visits[0].body), "model")) != want {
			t.Errorf("%s: %d %s, visits %+v", asked, status, answer, visits)
		}
	}
}

func TestATargetThatDoesNotSeeIsPassedOver(t *testing.T) {
	t.Parallel()
	o, err := price.ParseOverrides([]byte(`{"version":"t","providers":{"openai":{"blind":{"type":"chat","features":["tools"],"input":1}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	table, err := price.Default().With(o)
	if err != nil {
		t.Fatal(err)
	}
	p := newProviders(t, gateway.Config{Prices: table})
	image := `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]}`
	blind, sees := `{"provider":"openai","at 200a","override_params":{"model":"blind"}}`, `{"provider":"openai","at 200b"}`
	for _, tt := range []struct{ body, config, want string }{
		{image, p.falls(blind, sees), "200b"},
		{asksChat, p.falls(blind, sees), "200a"},
		{image, p.falls(blind), "200a"},        // never refused without having tried
		{image, p.falls(blind, blind), "200a"}, // nor when all are the same
	} {
		status, _, visits := p.post(t, "/v1/chat/completions", tt.body, at(tt.config))
		if status != http.StatusOK || len(visits) != 1 || visits[0].host != tt.want {
			t.Errorf("%s: %d, visits %+v", tt.config, status, visits)
		}
	}
}

func TestPassthroughTargetsTakeProviderAndCredentialFromTheRequest(t *testing.T) {
	t.Parallel()
	p := newProviders(t, gateway.Config{})
	config := fmt.Sprintf(`{"strategy":{"mode":"fallback"},"custom_host":"%s/200a/v1","targets":[{"passthrough":true},{"provider":"openai","api_key":"own"}]}`, p.url)
	for _, tt := range []struct{ provider, model, path, sent, key string }{
		{"", "@anthropic/claude-x", "/v1/messages", "claude-x", "sk-client"},
		{"@groq", "llama", "/v1/chat/completions", "llama", "Bearer sk-client"},
		{"", "m", "/v1/chat/completions", "m", "Bearer own"}, // nobody is named: the next target
	} {
		headers := at(config)
		headers["Authorization"], headers["X-Portkey-Provider"] = "Bearer sk-client", tt.provider
		status, _, visits := p.post(t, "/v1/chat/completions", strings.Replace(asksChat, `"m"`, `"`+tt.model+`"`, 1), headers)
		if status != http.StatusOK || len(visits) != 1 {
			t.Errorf("%+v: %d, visits %+v", tt, status, visits)
			continue
		}
		if v := visits[0]; v.path != tt.path || v.key != tt.key || json.Unquote(json.Lookup(json.Value(v.body), "model")) != tt.sent {
			t.Errorf("%+v: %+v", tt, v)
		}
	}
	status, answer, visits := p.post(t, "/v1/chat/completions", strings.Replace(asksChat, `"m"`, `"@groq/x"`, 1), map[string]string{
		"X-Portkey-Config": fmt.Sprintf(`{"passthrough":true,"custom_host":"%s/200a"}`, p.url), "Authorization": "Bearer k"})
	if status != http.StatusOK || len(visits) != 1 || !strings.Contains(visits[0].body, `"model":"x"`) {
		t.Errorf("as a root: %d %s, visits %+v", status, answer, visits)
	}
}

func TestProvidersOfARootAreFoundBySlug(t *testing.T) {
	t.Parallel()
	p := newProviders(t, gateway.Config{})
	for _, named := range []string{`"virtual_key":"openai"`, `"virtualKey":"openai"`, `"provider":"@openai"`, `"override_params":{"model":"@openai/m"}`} {
		config := fmt.Sprintf(`{%s,"custom_host":"%s/200a"}`, named, p.url)
		headers := at(config)
		headers["Authorization"] = "Bearer k"
		status, answer, visits := p.post(t, "/v1/chat/completions", asksChat, headers)
		if status != http.StatusOK || len(visits) != 1 || visits[0].body != asksChat {
			t.Errorf("%s: %d %s, visits %+v", named, status, answer, visits)
		}
	}
	for config, want := range map[string]string{`{"virtual_key":"prod"}`: "No provider is known by the name of 'prod'", "pc-fast-12": "no saved configs"} {
		if status, answer, _ := p.post(t, "/v1/chat/completions", asksChat, at(config)); status != http.StatusBadRequest || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %s", config, status, answer)
		}
	}
}
