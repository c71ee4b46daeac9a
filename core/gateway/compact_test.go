package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

const longWork = `{"role":"user","content":"How warm is Rome?"},{"type":"function_call","call_id":"call_1","name":"weather","arguments":"{\"city\":\"Rome\"}"},{"type":"function_call_output","call_id":"call_1","output":"22 degrees"}`

// TestAConversationIsCompactedWhereNoProviderCan does what Codex does when its
// context is full, in both of its ways, and goes on with what it got.
func TestAConversationIsCompactedWhereNoProviderCan(t *testing.T) {
	t.Parallel()
	for _, th := range thinkers(t) {
		t.Run(th.provider, func(t *testing.T) {
			front, up := serve(t, gateway.Config{State: memstore.New(), Data: memstore.New()}, th.ServeHTTP)
			headers := map[string]string{"X-Portkey-Provider": th.provider, "X-Portkey-Custom-Host": up.URL}
			for k, v := range th.headers {
				headers[k] = v
			}
			trigger := `{"model":"claude-sonnet-4-5","input":[` + longWork + `,{"type":"compaction_trigger"}],` + weatherTool + `}`
			status, byRoute := post(t, front, "/v1/responses/compact", `{"model":"claude-sonnet-4-5","instructions":"Be brief.","input":[`+longWork+`],`+weatherTool+`}`, headers)
			if status != http.StatusOK || str([]byte(byRoute), "object") != "response.compaction" {
				t.Fatalf("%d %s", status, byRoute)
			}
			for name, got := range map[string]json.Value{
				"by its route": json.Value(byRoute), "by an item": respond(t, front, headers, false, trigger), "by an item, streamed": respond(t, front, headers, true, trigger),
			} {
				output, err := json.Elements(json.Lookup(got, "output"))
				if err != nil || len(output) != 1 || str(output[0], "type") != "compaction" || str(output[0], "id") == "" || strings.Contains(string(output[0]), "Warm") {
					t.Fatalf("%s: %s", name, got)
				}
				if json.Lookup(got, "usage", "input_tokens") == nil {
					t.Errorf("%s: no usage in %s", name, got)
				}
				if asked := th.last(); strings.Contains(asked, "compaction") {
					t.Errorf("%s: the provider was sent %s", name, asked)
				}
				respond(t, front, headers, false, `{"model":"claude-sonnet-4-5","input":[`+string(output[0])+`,{"role":"user","content":"22 degrees, you say?"}]}`)
				if asked := th.last(); !strings.Contains(asked, "Warm.") || strings.Contains(asked, "sluice") || strings.Contains(asked, "How warm") {
					t.Errorf("%s: the summary came back as %s", name, asked)
				}
			}
		})
	}
}

// TestTheChainOfACompactedConversationBeginsWithItsSummary goes on from the id
// of the response that compacted.
func TestTheChainOfACompactedConversationBeginsWithItsSummary(t *testing.T) {
	t.Parallel()
	th := thinkers(t)[1]
	front, up := serve(t, gateway.Config{State: memstore.New(), Data: memstore.New()}, th.ServeHTTP)
	headers := map[string]string{"X-Portkey-Provider": th.provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	first := respond(t, front, headers, false, `{"model":"m","input":[`+longWork+`,{"type":"compaction_trigger"}],`+weatherTool+`}`)
	second := respond(t, front, headers, false, `{"model":"m","previous_response_id":"`+str(first, "id")+`","input":"22 degrees, you say?"}`)
	if asked := th.last(); !strings.Contains(asked, "Warm.") || strings.Contains(asked, "How warm") || strings.Contains(asked, "compaction") {
		t.Errorf("the provider was sent %s", asked)
	}
	if str(second, "status") != "completed" {
		t.Errorf("%s", second)
	}
}

// TestSealedHistoryIsOpenedByWhomItWasSealedFor: by every process on the same
// state, and by no other; and never when it was changed.
func TestSealedHistoryIsOpenedByWhomItWasSealedFor(t *testing.T) {
	t.Parallel()
	th := thinkers(t)[0]
	open := func(state driver.Table, item string) (int, string) {
		front, up := serve(t, gateway.Config{State: state}, th.ServeHTTP)
		headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
		return post(t, front, "/v1/responses", `{"model":"m","input":[`+item+`,{"role":"user","content":"22 degrees?"}]}`, headers)
	}
	state := memstore.New()
	front, up := serve(t, gateway.Config{State: state}, th.ServeHTTP)
	headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	got := respond(t, front, headers, false, `{"model":"m","input":[`+longWork+`,{"type":"compaction_trigger"}]}`)
	output, _ := json.Elements(json.Lookup(got, "output"))
	item := string(output[0])
	if status, body := open(state, item); status != http.StatusOK {
		t.Errorf("another process: %d %s", status, body)
	}
	blob := str(output[0], "encrypted_content")
	for name, tt := range map[string]struct {
		state driver.Table
		item  string
	}{
		"another state": {memstore.New(), item}, "no state": {nil, item},
		"changed": {state, strings.Replace(item, blob, blob[:len(blob)-4]+"AAAA", 1)}, "cut": {state, strings.Replace(item, blob, blob[:30], 1)},
	} {
		if status, body := open(tt.state, tt.item); status != http.StatusBadRequest || str([]byte(body), "error", "code") != "invalid_encrypted_content" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, body := open(state, `{"type":"compaction","id":"cmp_1","encrypted_content":"gAAAA-of-openai"}`); status != http.StatusBadRequest || !strings.Contains(body, "compaction") {
		t.Errorf("what OpenAI has compacted went elsewhere: %d %s", status, body)
	}
}

// TestHalfASummaryReplacesNothing: the client keeps what it has.
func TestHalfASummaryReplacesNothing(t *testing.T) {
	t.Parallel()
	for _, finish := range []string{`"content":"Half a"},"finish_reason":"length"`, `"content":""},"finish_reason":"stop"`} {
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",`+finish+`}]}`)
		})
		headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
		if status, body := post(t, front, "/v1/responses/compact", `{"model":"m","input":[`+longWork+`]}`, headers); status != http.StatusBadGateway || !strings.Contains(body, "could not be summed up") {
			t.Errorf("%s: %d %s", finish, status, body)
		}
	}
}

// TestAProviderThatCanCompactsItself: its items pass as they are, both ways.
func TestAProviderThatCanCompactsItself(t *testing.T) {
	t.Parallel()
	const answer = `{"id":"resp_c","object":"response.compaction","created_at":1,"output":[{"id":"cmp_1","type":"compaction","encrypted_content":"gAAA"}],"usage":{"input_tokens":5,"output_tokens":1,"total_tokens":6}}`
	for provider, path := range map[string]string{"openai": "/responses/compact", "azure-openai": "/v1/responses/compact"} {
		body := `{"model":"gpt-5","input":[{"id":"cmp_0","type":"compaction","encrypted_content":"gAAA"},{"role":"user","content":"Hi"}]}`
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			if b, _ := io.ReadAll(r.Body); r.URL.Path != path || string(b) != body {
				t.Errorf("%s was sent %s %s", provider, r.URL, b)
			}
			w.Header().Set("Content-Type", "application/json")
			write(w, answer)
		})
		headers := map[string]string{"X-Portkey-Provider": provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k", "Api-Key": "k"}
		if status, got := post(t, front, "/v1/responses/compact", body, headers); status != http.StatusOK || got != answer {
			t.Errorf("%s: %d %s", provider, status, got)
		}
	}
}
