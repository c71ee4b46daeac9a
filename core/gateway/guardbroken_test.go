package gateway_test

import (
	"fmt"
	"testing"

	"sluice/core/gateway"
)

// A body that a guardrail cannot read, but a provider perhaps can, is refused.
func TestABodyThatGuardrailsCannotReadIsRefused(t *testing.T) {
	t.Parallel()
	bodies := map[string][]string{
		"/v1/chat/completions": {
			`{"model":"m","messages":[{"role":"user","content":"FORBIDDEN","content":"x"}]}`,
			`{"model":"m","messages":[{"role":"user","content":"FORBIDDEN"}],"messages":[{"role":"user","content":"x"}]}`,
			`{"model":"m","messages":[{"role":"user","content":"FORBIDDEN"}],"metadata":{"a":1,"a":2}}`,
			`{"model":"m","messages":[{"role":"user","content":"FORBIDDEN"}],}`,
			`{"model":"m","messages":[{"role":"user","content":"FORBIDDEN"}]} {}`,
			"\ufeff" + `{"model":"m","messages":[{"role":"user","content":"FORBIDDEN"}]}`,
			`{"model":"m","messages":[{"role":"user","content":"FORBIDDEN` + "\xff" + `"}]}`,
			`{"model":"m","messages":[{"role":"user","content":"FORBIDDEN \ud800"}]}`,
			`{"model":"m","messages":{"role":"user","content":"FORBIDDEN"}}`,
		},
		"/v1/embeddings": {
			`{"model":"m","input":"FORBIDDEN","input":"x"}`,
			`{"model":"m","user":"a","user":"b","input":"FORBIDDEN"}`,
			`{"model":"m","input":"FORBIDDEN` + "\xff" + `"}`,
		},
		"/v1/messages": {
			`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"FORBIDDEN"}],"metadata":{"a":1,"a":2}}`,
			`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"FORBIDDEN` + "\xff" + `"}]}`,
		},
		"/v1/responses": {
			`{"model":"m","store":false,"input":"FORBIDDEN","metadata":{"a":"1","a":"2"}}`,
			`{"model":"m","store":false,"input":{"role":"user","content":"FORBIDDEN"}}`,
		},
	}
	for path, list := range bodies {
		for _, provider := range []string{"openai", "anthropic", "groq"} {
			for _, body := range list {
				a := &guarded{texts: []string{"Hi"}}
				front, up := serve(t, gateway.Config{}, a.ServeHTTP)
				config := fmt.Sprintf(`{"provider":%q,"api_key":"k","custom_host":%q,%s}`, provider, up.URL, forbids)
				status, answer := post(t, front, path, body, map[string]string{"X-Portkey-Config": config})
				if status != 400 && status != 446 || a.count() != 0 {
					t.Errorf("%s for %s: %q went out: %d %s", path, provider, body, status, answer)
				}
			}
		}
	}
}
