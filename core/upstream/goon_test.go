package upstream

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openaitext"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/secret"
)

// listener keeps what is sent and refuses it.
type listener struct{ path, body string }

func (l *listener) Do(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	l.path, l.body = r.URL.Path, string(b)
	return &http.Response{StatusCode: 500, Body: http.NoBody}, err
}

const asksChat = `{"model":"m","max_tokens":50,"stream":true,"unheard":1,"messages":[{"role":"user","content":"q"}]}`

func TestTheRestOfAnAnswerIsAskedFor(t *testing.T) {
	t.Parallel()
	yes := true
	tests := []struct {
		name, provider, model, body string
		client                      dialect.Inbound
		overrides                   string
		prefill                     *bool
		path, last                  string // where it went, and its last message; "" if nowhere
	}{
		{"in the client's own dialect", "anthropic", "claude-sonnet-4-5", `{"model":"m","max_tokens":50,"stream":true,"messages":[{"role":"user","content":"q"}]}`, anthropic.Codec{}, "", nil,
			"/v1/messages", `{"role":"assistant","content":[{"type":"text","text":"Once upon"}]}`},
		{"with thoughts asked for", "anthropic", "claude-sonnet-4-5", `{"model":"m","max_tokens":5000,"stream":true,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"q"}]}`, anthropic.Codec{}, "", nil,
			"/v1/messages", `{"role":"assistant","content":[{"type":"text","text":"Once upon"}]}`},
		{"in another dialect", "anthropic", "claude-sonnet-4-5", asksChat, openaichat.Codec{}, "", nil,
			"/v1/messages", `{"role":"assistant","content":[{"type":"text","text":"Once upon"}]}`},
		{"by a mark, elsewhere", "deepseek", "deepseek-chat", asksChat, openaichat.Codec{}, `{"temperature":0}`, nil,
			"/beta/chat/completions", `{"role":"assistant","content":"Once upon","prefix":true}`},
		{"of a prompt, as a conversation", "vllm", "m", `{"model":"m","prompt":"q","stream":true}`, openaitext.Codec{}, "", nil,
			"/v1/chat/completions", `{"role":"assistant","content":"Once upon"}`},
		{"by declaration", "openai", "ft-mine", asksChat, openaichat.Codec{}, "", &yes,
			"/v1/chat/completions", `{"role":"assistant","content":"Once upon"}`},
		{"of a model that would be refused", "anthropic", "claude-opus-4-6", asksChat, openaichat.Codec{}, "", nil, "", ""},
		{"of one that would answer anew", "openai", "gpt-4o", asksChat, openaichat.Codec{}, "", nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec, _ := provider.Find(tt.provider)
			sent := &listener{}
			call := (&core.Call{
				Incoming:  core.Incoming{Method: http.MethodPost, Header: http.Header{}, Body: []byte(tt.body), Model: tt.model, Stream: true},
				Operation: llm.Generate, Dialect: tt.client.Dialect(), Decoder: tt.client,
			}).Prepare()
			target := Target{Spec: spec, Settings: provider.Settings{APIKey: secret.New("k")}, Prefill: tt.prefill, Overrides: json.Value(tt.overrides)}
			if spec.BaseURL == "" {
				target.Settings.CustomHost = "https://vllm.example"
			}
			_, err := (&Client{HTTP: sent}).Do(t.Context(), call.Continue("Once upon "), target)
			if e, ok := errors.AsType[*llm.Error](err); !ok || (e.Kind == llm.Unsupported) != (tt.path == "") {
				t.Errorf("ended with %v", err)
			}
			messages, _ := json.Elements(json.Lookup([]byte(sent.body), "messages"))
			last := ""
			if len(messages) > 0 {
				last = string(messages[len(messages)-1])
			}
			if sent.path != tt.path || last != tt.last {
				t.Errorf("sent %s to %s", sent.body, sent.path)
			}
			if strings.Contains(sent.body, "thinking") || strings.Contains(sent.body, `"max_tokens":50,`) {
				t.Errorf("asks for thoughts, or for too much: %s", sent.body)
			}
		})
	}
}
