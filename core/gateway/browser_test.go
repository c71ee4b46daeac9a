package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/provider"
)

// Pages of other origins may not call the gateway: nobody has listed them.
func TestBrowsersOfOtherOriginsAreNotLetIn(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Content-Type", "application/json")
		write(w, wholeChat)
	})
	for _, path := range []string{"/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/models", "/v1/files", "/v1/proxy/x", "/"} {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			req, err := http.NewRequestWithContext(t.Context(), method, front.URL+path, strings.NewReader(hello))
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range map[string]string{
				"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization",
				"Content-Type": "application/json", "X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k",
			} {
				req.Header.Set(k, v)
			}
			resp, err := front.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			for name := range resp.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s: %s: %s", method, path, name, resp.Header.Get(name))
				}
			}
			if method == http.MethodOptions && resp.StatusCode < 400 {
				t.Errorf("%s %s: %d", method, path, resp.StatusCode)
			}
		}
	}
}

func TestHeadersAboutTheClientStayHere(t *testing.T) {
	t.Parallel()
	var got http.Header
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.Header().Set("Content-Type", "application/json")
		write(w, wholeChat)
	})
	headers := map[string]string{
		"X-Portkey-Provider": "openrouter", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k",
		"User-Agent": "OpenAI/Python 2.0", "X-Stainless-Lang": "python", "X-Stainless-Os": "Linux", "Http-Referer": "https://intranet.example", "X-Title": "secret project", "Referer": "https://intranet.example/",
	}
	if status, body := post(t, front, "/v1/chat/completions", hello, headers); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if got.Get("User-Agent") != "sluice" {
		t.Errorf("user-agent: %s", got.Get("User-Agent"))
	}
	for name := range headers {
		if name != "Authorization" && name != "User-Agent" && got.Get(name) != "" {
			t.Errorf("%s is sent: %s", name, got.Get(name))
		}
	}
}

func TestModelsAreListedInTheFormOfTheClient(t *testing.T) {
	t.Parallel()
	env := map[string]string{"ANTHROPIC_API_KEY": "k"}
	h, err := gateway.New(gateway.Config{Keyring: &provider.Keyring{Env: func(n string) string { return env[n] }}})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string, headers ...string) string {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		h.ServeHTTP(w, r)
		return w.Body.String()
	}
	first := get("/v1/models?limit=2", "Anthropic-Version", "2023-06-01")
	for _, want := range []string{`"has_more":true`, `"type":"model"`, `"display_name":"claude-`, `"first_id":"@`, `"created_at":"1970-01-01T00:00:00Z"`} {
		if !strings.Contains(first, want) {
			t.Errorf("%s is missing in %s", want, first)
		}
	}
	if strings.Count(first, `"type":"model"`) != 2 || strings.Contains(first, `"object"`) {
		t.Errorf("page: %s", first)
	}
	_, last, _ := strings.Cut(first, `"last_id":"`)
	last, _, _ = strings.Cut(last, `"`)
	if second := get("/v1/models?limit=1000&after_id="+last, "Anthropic-Version", "2023-06-01"); !strings.Contains(second, `"has_more":false`) || strings.Contains(second, `"id":"`+last+`"`) {
		t.Errorf("the rest: %s", second)
	}
	if all := get("/v1/models?limit=1000", "Anthropic-Version", "2023-06-01"); !strings.Contains(all, `"max_tokens":`) {
		t.Errorf("no limits in %s", all)
	}
	if bad := get("/v1/models?limit=0", "Anthropic-Version", "2023-06-01"); !strings.Contains(bad, "limit") {
		t.Errorf("a page of nothing: %s", bad)
	}
	if none := get("/v1/models?after_id=x", "Anthropic-Version", "2023-06-01"); !strings.Contains(none, `"data":[{`) {
		t.Errorf("behind a model that is gone: %s", none)
	}
	gemini := get("/v1beta/models?pageSize=1")
	for _, want := range []string{`{"models":[{"name":"models/@`, `"supportedGenerationMethods":["generateContent"`, `"nextPageToken":"@`} {
		if !strings.Contains(gemini, want) {
			t.Errorf("%s is missing in %s", want, gemini)
		}
	}
	if openai := get("/v1/models?limit=1"); !strings.Contains(openai, `{"object":"list"`) {
		t.Errorf("OpenAI's form: %s", openai)
	}
}
