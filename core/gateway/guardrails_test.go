package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/usage"
)

// A guarded upstream answers chats, streamed or not, with the texts given, one
// for each request, and notes the bodies.
type guarded struct {
	mu     sync.Mutex
	bodies []string
	texts  []string
}

func (a *guarded) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.bodies)
}

func (a *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	n := len(a.bodies)
	a.bodies = append(a.bodies, string(body))
	text := a.texts[min(n, len(a.texts)-1)]
	a.mu.Unlock()
	if !strings.Contains(string(body), `"stream":true`) {
		w.Header().Set("Content-Type", "application/json")
		write(w, strings.Replace(wholeChat, `"Hello!"`, string(json.Quote(text)), 1))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, c := range text {
		write(w, chunk(string(c)))
	}
	write(w, chatEnd)
}

func (a *guarded) ask(t *testing.T, guards, path, body string) (int, string) {
	t.Helper()
	front, up := serve(t, gateway.Config{}, a.ServeHTTP)
	config := fmt.Sprintf(`{"provider":"groq","api_key":"k","custom_host":%q,%s}`, up.URL, guards)
	return post(t, front, path, body, map[string]string{"X-Portkey-Config": config})
}

// clientRequests ask the same of a model in every dialect that clients speak.
var clientRequests = []struct{ name, path, body string }{
	{"chat", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"Say it"}]}`},
	{"streamed chat", "/v1/chat/completions", `{"model":"m","stream":true,"messages":[{"role":"user","content":"Say it"}]}`},
	{"messages", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Say it"}]}`},
	{"streamed messages", "/v1/messages", `{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Say it"}]}`},
	{"responses", "/v1/responses", `{"model":"m","store":false,"input":"Say it"}`},
	{"streamed responses", "/v1/responses", `{"model":"m","store":false,"stream":true,"input":"Say it"}`},
	{"gemini", "/v1beta/models/m:generateContent", `{"contents":[{"role":"user","parts":[{"text":"Say it"}]}]}`},
	{"streamed gemini", "/v1beta/models/m:streamGenerateContent?alt=sse", `{"contents":[{"role":"user","parts":[{"text":"Say it"}]}]}`},
	{"converse", "/model/m/converse", `{"messages":[{"role":"user","content":[{"text":"Say it"}]}]}`},
	{"streamed converse", "/model/m/converse-stream", `{"messages":[{"role":"user","content":[{"text":"Say it"}]}]}`},
	{"cohere", "/v2/chat", `{"model":"m","messages":[{"role":"user","content":"Say it"}]}`},
	{"streamed cohere", "/v2/chat", `{"model":"m","stream":true,"messages":[{"role":"user","content":"Say it"}]}`},
}

func TestADenyingInputGuardrailLetsNothingOut(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &guarded{texts: []string{"Bat"}}
			status, body := a.ask(t, `"retry":{"attempts":3},"input_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["Say"]},"deny":true}]`, tt.path, tt.body)
			if status != 446 || a.count() != 0 {
				t.Errorf("%d after %d calls: %s", status, a.count(), body)
			}
			if got := json.Lookup([]byte(body), "hook_results", "before_request_hooks", "0", "id"); string(got) != `"g"` {
				t.Errorf("got %s", body)
			}
		})
	}
}

// heldIf has a stream be held to its end: a denial of it is tried again.
func heldIf(stream bool, guards string) string {
	if stream {
		return `"retry":{"attempts":1},` + guards
	}
	return guards
}

// Every piece of the forbidden word comes in a chunk of its own.
func TestADenyingOutputGuardrailHoldsOnAnswersAndStreams(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &guarded{texts: []string{"an Apple a day"}}
			status, body := a.ask(t, heldIf(strings.HasPrefix(tt.name, "streamed"), deniesApple), tt.path, tt.body)
			if status != 446 || strings.Contains(body, "an A") || strings.Contains(body, "pple") {
				t.Errorf("%d %s", status, body)
			}
			if got := json.Lookup([]byte(body), "hook_results", "after_request_hooks", "0", "deny"); string(got) != "true" {
				t.Errorf("got %s", body)
			}
		})
	}
}

func TestADeniedAnswerIsTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	const guards = `"retry":{"attempts":5},"output_guardrails":[{"default.contains":{"operator":"none","words":["Apple"]},"deny":true}]`
	for _, tt := range clientRequests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			a := &guarded{texts: []string{"Apple", "Apple", "Apple", "Bat"}}
			status, body := a.ask(t, guards, tt.path, tt.body)
			if status != 200 || strings.Contains(withoutResults(t, body), "Apple") || a.count() != 4 || time.Since(began) > 900*time.Millisecond {
				t.Errorf("%d after %d calls and %s: %s", status, a.count(), time.Since(began), body)
			}
			a = &guarded{texts: []string{"Apple"}}
			if status, body = a.ask(t, guards, tt.path, tt.body); status != 446 || a.count() != 6 {
				t.Errorf("%d after %d calls: %s", status, a.count(), body)
			}
		})
	}
}

func TestADeniedAnswerFallsBack(t *testing.T) {
	t.Parallel()
	for _, deny := range []string{
		`"input_guardrails":[{"default.contains":{"operator":"all","words":["nowhere"]},"deny":true}]`,
		`"output_guardrails":[{"default.contains":{"operator":"none","words":["Apple"]},"deny":true}]`,
	} {
		a := &guarded{texts: []string{"Apple"}}
		front, up := serve(t, gateway.Config{}, a.ServeHTTP)
		config := fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"k","custom_host":%q,%s},{"provider":"openai","api_key":"k","custom_host":%q}]}`, up.URL, deny, up.URL)
		status, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{"X-Portkey-Config": config})
		if status != 200 || body != strings.Replace(wholeChat, "Hello!", "Apple", 1) {
			t.Errorf("%d %s", status, body)
		}
	}
}

// Permitted answers reach the client byte for byte, streamed or not, but for
// the results that are added to a whole one.
func TestAPermittedAnswerIsDeliveredAsItCame(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		guards := heldIf(strings.HasPrefix(tt.name, "streamed"), deniesApple)
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &guarded{texts: []string{"Größe: 東京 🐘 \"quoted\" <tag>"}}
			_, plain := a.ask(t, `"name":"n"`, tt.path, tt.body)
			status, got := a.ask(t, guards, tt.path, tt.body)
			got = withoutResults(t, got)
			if status != 200 || faceless(got) != faceless(plain) {
				t.Errorf("%d\n%s\nwant\n%s", status, got, plain)
			}
		})
	}
}

var faces = regexp.MustCompile(`"(id|response_id|item_id|responseId|request_id)":"[^"]*"|"(created|created_at|completed_at|latencyMs)":[0-9.]+|"(createTime)":"[^"]*"`)

// faceless is an answer without what each answer of the gateway has of its own.
func faceless(s string) string { return faces.ReplaceAllString(s, "") }

// withoutResults is an answer without what guardrails have found.
func withoutResults(t *testing.T, body string) string {
	t.Helper()
	p, err := json.ParsePath("hook_results")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := json.Remove([]byte(body), p); err == nil && strings.HasPrefix(body, "{") {
		return string(v)
	}
	return body
}

func TestAnswersAreRewrittenAcrossChunks(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &guarded{texts: []string{"write to ann@example.org now"}}
			status, body := a.ask(t, `"output_mutators":[{"default.regexReplace":{"rule":"[a-z]+@[a-z.]+","redactText":"MAIL"}}]`, tt.path, tt.body)
			if status != 200 || strings.Contains(body, "example") || !strings.Contains(body, "write to MAIL now") {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

// Nothing but the text that is replaced changes: not the order of members, not
// white space, not numbers.
func TestRewritingARequestKeepsAllOtherBytes(t *testing.T) {
	t.Parallel()
	a := &guarded{texts: []string{"Hi"}}
	const body = `{ "model" : "m", "temperature":1.0e0 , "messages":[{"role":"system","content":"key ABC"},{"role":"user","extra":[1e2],"content":[{"type":"text","text":"key \u0041BC 東京"},{"text":"no","type":"text"}]}] }`
	status, got := a.ask(t, `"input_mutators":[{"default.regexReplace":{"rule":"ABC","redactText":"<K>"}}]`, "/v1/chat/completions", body)
	want := strings.Replace(body, `"key \u0041BC 東京"`, `"key <K> 東京"`, 1)
	if status != 200 || a.bodies[0] != want {
		t.Errorf("%d %s\n%s\nwant\n%s", status, got, a.bodies[0], want)
	}
}

func TestADenialQuotesNothingOfTheAnswer(t *testing.T) {
	t.Parallel()
	for name, guard := range map[string]string{
		"contains": `{"default.contains":{"operator":"none","words":["tango"]},"deny":true}`,
		"regex":    `{"default.regexMatch":{"rule":"t[a-z]ngo","not":true},"deny":true}`,
		"beside":   `{"default.contains":{"operator":"none","words":["tango"]},"deny":true},{"default.regexMatch":{"rule":"my tango"}}`,
	} {
		a := &guarded{texts: []string{"this is my tango"}}
		status, body := a.ask(t, `"output_guardrails":[`+guard+`]`, "/v1/chat/completions", clientRequests[0].body)
		if status != 446 || strings.Contains(body, "this is my") || strings.Count(body, "tango") > 0 {
			t.Errorf("%s: %d %s", name, status, body)
		}
		message := json.Unquote(json.Lookup([]byte(body), "error", "message"))
		if !strings.Contains(message, "hook_results") {
			t.Errorf("%s: %q", name, message)
		}
	}
}

func TestACheckWithoutAVerdictIsJudgedByTheHooksSetting(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]int{"": 200, `,"on_error":"allow"`: 200, `,"on_error":"deny"`: 446, `,"fail_on_error":true`: 446} {
		for _, side := range []string{"input_guardrails", "output_guardrails"} {
			a := &guarded{texts: []string{"Hi"}}
			status, body := a.ask(t, `"`+side+`":[{"id":"g","default.webhook":{"webhookURL":"http://127.0.0.1:9/","timeout":300},"deny":true`+setting+`}]`, "/v1/chat/completions", clientRequests[0].body)
			if status != want || !strings.Contains(body, `"error":{"name"`) && !strings.Contains(body, `"error": {`) {
				t.Errorf("%s %s: %d %s", side, setting, status, body)
			}
		}
	}
}

func TestAsynchronousHooksRunWhenTheAnswerHasGoneOut(t *testing.T) {
	t.Parallel()
	for _, streamed := range []bool{false, true} {
		b, a := &books{}, &guarded{texts: []string{"Apple"}}
		h, err := gateway.New(gateway.Config{Sinks: []usage.Sink{b}, AllowLoopback: true})
		if err != nil {
			t.Fatal(err)
		}
		up := httptest.NewServer(a)
		defer up.Close()
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, after := core.WithAfter(r.Context())
			h.ServeHTTP(w, r.WithContext(ctx))
			after.Run(context.WithoutCancel(ctx), nil)
		}))
		defer front.Close()
		const hooks = `[{"id":"quiet","default.contains":{"operator":"none","words":["Apple","Say"]},"deny":true,"async":true}]`
		config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"input_guardrails":%s,"output_guardrails":%s}`, up.URL, hooks, hooks)
		body := clientRequests[0].body
		if streamed {
			body = clientRequests[1].body
		}
		status, answer := post(t, front, "/v1/chat/completions", body, map[string]string{"X-Portkey-Config": config})
		if status != 200 || strings.Contains(answer, "hook_results") {
			t.Errorf("%d %s", status, answer)
		}
		guards := b.one(t).Guards
		if len(guards) != 2 {
			t.Fatalf("got %+v", guards)
		}
		for _, g := range guards {
			if g.ID != "quiet" || !g.Async || g.Pass || g.Deny {
				t.Errorf("got %+v", g)
			}
		}
	}
}

func TestRecordsSayWhatGuardrailsFoundAndWhatDeniedAnswersCost(t *testing.T) {
	t.Parallel()
	b, a := &books{}, &guarded{texts: []string{"Apple", "Bat"}}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, a.ServeHTTP)
	config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"retry":{"attempts":1},"output_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["Apple"]},"deny":true}]}`, up.URL)
	if status, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{"X-Portkey-Config": config}); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	r := b.one(t)
	if len(r.Guards) != 2 || !r.Guards[0].Deny || !r.Guards[1].Pass || r.Guards[0].ID != "g" || r.Guards[0].Option != "config" {
		t.Errorf("got %+v", r.Guards)
	}
	if len(r.Attempts) != 2 || r.Attempts[0].Usage == nil || r.Attempts[1].Usage != nil {
		t.Errorf("got %+v", r.Attempts)
	}
}

func TestWrongGuardrailsAreRefusedByTheirPlace(t *testing.T) {
	t.Parallel()
	for guards, want := range map[string]string{
		`"input_guardrails":[{"default.nothing":{}}]`:                     "path: input_guardrails,0,default.nothing, message: There is no check",
		`"outputGuardrails":[{"default.regexMatch":{"rule":"("}}]`:        "path: outputGuardrails,0,default.regexMatch,rule, message:",
		`"input_guardrails":["saved"]`:                                    "path: input_guardrails,0, message: There is no guardrail 'saved'",
		`"before_request_hooks":[{"checks":[{"id":"default.contains"}]}]`: "path: before_request_hooks,0,checks,0,parameters",
		`"before_request_hooks":[{"checks":[{"id":"contains"}]}]`:         "path: before_request_hooks,0,checks,0,id, message: There is no check",
		`"after_request_hooks":[{"checks":[{"id":"default.addPrefix"}]}]`: "path: after_request_hooks,0,checks,0,id, message: The check",
		`"input_guardrails":[{"on_fail":{"feedback":{"value":"x"}}}]`:     "path: input_guardrails,0,on_fail,feedback,value, message: Expected number",
		`"input_guardrails":[{"actions":{"deny":1,"stop":true}}]`:         "path: input_guardrails,0,actions,deny, message: Expected boolean",
		`"input_guardrails":[null]`:                                       "path: input_guardrails,0, message: Expected object or string",
		`"input_guardrails":[{"default.contains":null}]`:                  "path: input_guardrails,0,default.contains, message: Expected object",
		`"input_guardrails":[{"deny":"yes"}]`:                             "path: input_guardrails,0,deny, message: Expected boolean",
		`"output_guardrails":[{"scope":"most","on_error":"explode"}]`:     "path: output_guardrails,0,scope, message: Must be one of",
	} {
		a := &guarded{texts: []string{"Hi"}}
		status, body := a.ask(t, guards, "/v1/chat/completions", clientRequests[0].body)
		if status != 400 || !strings.Contains(body, want) || a.count() != 0 {
			t.Errorf("%s: %d %s", guards, status, body)
		}
	}
	for _, header := range []string{"[", "{}", `[{"default.nothing":{}}]`, `["x"]`} {
		for _, name := range []string{"X-Portkey-Default-Input-Guardrails", "X-Portkey-Default-Output-Guardrails"} {
			front, up := serve(t, gateway.Config{}, (&guarded{texts: []string{"Hi"}}).ServeHTTP)
			status, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{
				"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k", name: header,
			})
			if status != 400 {
				t.Errorf("%s: %s: %d %s", name, header, status, body)
			}
		}
	}
}

// A list of a target takes the place of the one above it, for its own side
// only; those of the headers come on top.
func TestGuardrailsAreInherited(t *testing.T) {
	t.Parallel()
	a := &guarded{texts: []string{"Apple"}}
	front, up := serve(t, gateway.Config{}, a.ServeHTTP)
	config := fmt.Sprintf(`{"strategy":{"mode":"single"},"input_guardrails":[{"id":"root","default.contains":{"operator":"all","words":["nowhere"]},"deny":true}],`+
		`"output_guardrails":[{"id":"kept","default.contains":{"operator":"all","words":["Apple"]}}],`+
		`"targets":[{"provider":"openai","api_key":"k","custom_host":%q,"input_mutators":[{"id":"own","default.regexReplace":{"rule":"Say"}}]}]}`, up.URL)
	status, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{
		"X-Portkey-Config": config, "X-Portkey-Default-Input-Guardrails": `[{"id":"header","default.wordCount":{"minWords":1}}]`,
	})
	var ids []string
	for _, side := range []string{"before_request_hooks", "after_request_hooks"} {
		list, _ := json.Elements(json.Lookup([]byte(body), "hook_results", side))
		for _, e := range list {
			ids = append(ids, json.Unquote(json.Lookup(e, "id")))
		}
	}
	if got := strings.Join(ids, " "); status != 200 || got != "own header kept" {
		t.Errorf("%d %s: %s", status, got, body)
	}
	if !strings.Contains(a.bodies[0], "[REDACTED] it") {
		t.Errorf("sent %s", a.bodies[0])
	}
}
