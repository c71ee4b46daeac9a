package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// eitherOf is a config of two targets: the query leads to the first one.
func eitherOf(up *httptest.Server, query string) string {
	target := func(name string) string {
		return fmt.Sprintf(`{"name":%q,"provider":"openai","api_key":"k","custom_host":"%s","override_params":{"temperature":0.5}}`, name, up.URL)
	}
	return `{"strategy":{"mode":"conditional","conditions":[{"query":` + query + `,"then":"yes"}],"default":"no"},"targets":[` + target("yes") + "," + target("no") + `]}`
}

func everyAnswer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/embeddings"):
		write(w, `{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":1,"total_tokens":1}}`)
	case strings.HasSuffix(r.URL.Path, "/transcriptions"):
		write(w, `{"text":"Hi"}`)
	default:
		write(w, wholeChat)
	}
}

// TestConditionsSeeTheRequestAsTheClientSentIt asks on routes of several
// dialects.
func TestConditionsSeeTheRequestAsTheClientSentIt(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, everyAnswer)
	const file = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\nx\r\n--b--\r\n"
	const gemini = `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}`
	tests := []struct {
		name, path, body, query string
		header                  []string
		want                    bool
	}{
		{"a parameter before overrides", "/v1/chat/completions", strings.Replace(question, "{", `{"temperature":0.9,`, 1), `{"params.temperature":0.9}`, nil, true},
		{"an override is none", "/v1/chat/completions", question, `{"params.temperature":0.5}`, nil, false},
		{"deeper", "/v1/chat/completions", question, `{"params.messages.0.content":{"$regex":"^Hi$"}}`, nil, true},
		{"on Messages", "/v1/messages", question, `{"params.max_tokens":{"$lt":10},"url.pathname":"/v1/messages"}`, nil, true},
		{"a model in the path", "/v1beta/models/gemini-x:generateContent", gemini, `{"params.model":"gemini-x","params.contents.0.role":"user"}`, nil, true},
		{"an embedding", "/v1/embeddings", `{"model":"e","input":"Hi"}`, `{"params.input":"Hi"}`, nil, true},
		{"a form has no parameters", "/v1/audio/transcriptions", file, `{"params.model":"whisper-1"}`, []string{"Content-Type", "multipart/form-data; boundary=b"}, false},
		{"a number in the labels is one", "/v1/chat/completions", question, `{"metadata.seats":5}`, []string{"X-Portkey-Metadata", `{"seats":5}`}, true},
		{"a text in the labels is none", "/v1/chat/completions", question, `{"metadata.seats":5}`, []string{"X-Portkey-Metadata", `{"seats":"5"}`}, false},
		{"a header", "/v1/chat/completions", question, `{"headers.X-Team":"red"}`, []string{"x-team", "red"}, true},
		{"a credential is no header", "/v1/chat/completions", question, `{"headers.authorization":{"$regex":"."}}`, []string{"Authorization", "Bearer secret"}, false},
		{"what is missing is not unequal", "/v1/chat/completions", question, `{"metadata.tier":{"$ne":"gold"}}`, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := append([]string{"Content-Type", "application/json", "X-Portkey-Config", eitherOf(up, tt.query)}, tt.header...)
			want := "config.targets[1]"
			if tt.want {
				want = "config.targets[0]"
			}
			resp, body := askWith(t, front, tt.path, tt.body, header)
			if got := resp.Header.Get("X-Portkey-Last-Used-Option-Index"); resp.StatusCode != http.StatusOK || got != want {
				t.Errorf("%d from %q, want %s: %s", resp.StatusCode, got, want, body)
			}
		})
	}
}

// askWith sends headers of which a later one takes the place of an earlier.
func askWith(t *testing.T, front *httptest.Server, path, body string, header []string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := front.Client().Do(req)
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

// TestRouterFaultsAreToldInTheReferencesWords holds status and body, on the
// reference's four routes with a 400 and on those where it has a 500.
func TestRouterFaultsAreToldInTheReferencesWords(t *testing.T) {
	t.Parallel()
	front, _ := serve(t, gateway.Config{}, func(http.ResponseWriter, *http.Request) { t.Error("sent on") })
	const target = `"targets":[{"name":"a","provider":"openai","api_key":"k"}]`
	tests := []struct{ strategy, want string }{
		{`{"mode":"conditional"}`, `{"status":"failure","message":"No conditions passed in the query router"}`},
		{`{"mode":"conditional","conditions":[{"query":{"params.x":1},"then":"a"}]}`, `{"status":"failure","message":"Query router did not resolve to any valid target"}`},
		{`{"mode":"conditional","conditions":[{"query":{},"then":"b"}]}`, `{"status":"failure","message":"Invalid target name found in the query router: b"}`},
		{`{"mode":"conditional","conditions":[],"default":"b"}`, `{"status":"failure","message":"Invalid target name found in the query router: b"}`},
		{`{"mode":"conditional","conditions":[{"query":{"params.x":{"$like":1}},"then":"a"}]}`, `{"status":"failure","message":"Unsupported operator used in the query router: $like"}`},
		{`{"mode":"conditional","conditions":[{"query":{"params.x":{"$regex":"("}},"then":"a"}]}`,
			`{"status":"failure","message":"Invalid config passed","errors":["path: strategy,conditions,0,query,params.x,$regex, message: Unsupported regular expression: missing closing ): ` + "`(`" + `"]}`},
		{`{"mode":"conditional","conditions":[{"query":{},"then":"b"}],"default":"c"}`,
			`{"status":"failure","message":"Invalid target name found in the query router: b","errors":["path: strategy,conditions,0,then, message: Invalid target name found in the query router: b",` +
				`"path: strategy,default, message: Invalid target name found in the query router: c"]}`},
	}
	for _, tt := range tests {
		for _, path := range []string{"/v1/chat/completions", "/v1/embeddings"} {
			body := `{"model":"m","input":"Hi","messages":[{"role":"user","content":"Hi"}]}`
			status, got := post(t, front, path, body, map[string]string{"X-Portkey-Config": `{"strategy":` + tt.strategy + "," + target + "}"})
			if status != http.StatusBadRequest || got != tt.want {
				t.Errorf("%s with %s: %d %s", path, tt.strategy, status, got)
			}
		}
	}
}

// TestAFallbackPassesARouterOverThatKnowsNobody is where the reference ends
// with the router's error.
func TestAFallbackPassesARouterOverThatKnowsNobody(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, everyAnswer)
	target := fmt.Sprintf(`{"name":"a","provider":"openai","api_key":"k","custom_host":"%s"}`, up.URL)
	router := `{"strategy":{"mode":"conditional","conditions":[{"query":{"metadata.tier":"gold"},"then":"a"}]},"targets":[` + target + `]}`
	config := `{"strategy":{"mode":"fallback"},"targets":[` + router + `,` + target + `]}`
	for labels, want := range map[string]string{`{"tier":"gold"}`: "config.targets[0].targets[0]", `{}`: "config.targets[1]"} {
		resp, body := askWith(t, front, "/v1/chat/completions", question, []string{"Content-Type", "application/json", "X-Portkey-Metadata", labels, "X-Portkey-Config", config})
		if got := resp.Header.Get("X-Portkey-Last-Used-Option-Index"); got != want {
			t.Errorf("%s: %d from %q: %s", labels, resp.StatusCode, got, body)
		}
	}
}

// Names of models are remembered by targets and stand in logs: no client may
// send a megabyte of them.
func TestAModelHasANameOfSomeLength(t *testing.T) {
	t.Parallel()
	asked := false
	front, up := serve(t, gateway.Config{}, func(http.ResponseWriter, *http.Request) { asked = true })
	body := fmt.Sprintf(`{"model":"%s","messages":[{"role":"user","content":"Hi"}]}`, strings.Repeat("m", 3000))
	resp, text := askWith(t, front, "/v1/chat/completions", body, []string{"x-portkey-provider", "openai", "x-portkey-custom-host", up.URL, "Authorization", "Bearer k", "Content-Type", "application/json"})
	if resp.StatusCode != 400 || !strings.Contains(text, "model must not be longer than 2048 bytes") || asked {
		t.Errorf("%d %s, asked %t", resp.StatusCode, text, asked)
	}
}
