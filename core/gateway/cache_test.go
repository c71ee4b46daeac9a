package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// A counter is an upstream whose answers are numbered, so that one that is
// given again shows.
type counter struct{ asked atomic.Int64 }

// numbered are answers of OpenAI's endpoints; %d is the number.
var numbered = map[string]struct{ contentType, body string }{
	"/chat/completions": {"application/json", `{"id":"c%[1]d","object":"chat.completion","created":1726000000,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"Answer %[1]d","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}`},
	"/completions":      {"application/json", `{"id":"c%[1]d","object":"text_completion","created":1726000000,"model":"gpt-3.5-turbo-instruct","choices":[{"index":0,"text":"Answer %[1]d","logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}`},
	"/responses": {"application/json", `{"id":"resp_%[1]d","object":"response","created_at":1726000000,"status":"completed","model":"gpt-4o-2024-08-06","output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Answer %[1]d","annotations":[]}]}],` +
		`"usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":0},"output_tokens":100,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":1100}}`},
	"/embeddings":           {"application/json", `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,%d]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":1000,"total_tokens":1000}}`},
	"/moderations":          {"application/json", `{"id":"modr-%d","model":"omni-moderation-latest","results":[{"flagged":false,"categories":{},"category_scores":{}}]}`},
	"/rerank":               {"application/json", `{"id":"r-%d","results":[{"index":0,"relevance_score":0.9}],"meta":{"billed_units":{"search_units":1}}}`},
	"/images/generations":   {"application/json", `{"created":17260000%02d,"data":[{"b64_json":"AA=="}]}`},
	"/audio/speech":         {"audio/mpeg", "\xff\xf3 sound %d"},
	"/audio/transcriptions": {"application/json", `{"text":"Words %d"}`},
	"/audio/translations":   {"application/json", `{"text":"Words %d"}`},
}

func (u *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	n := u.asked.Add(1)
	for end, a := range numbered {
		if path := r.URL.Path; strings.HasSuffix(path, end) && (end != "/completions" || !strings.HasSuffix(path, "/chat/completions")) {
			w.Header().Set("Content-Type", a.contentType)
			w.Header().Set("X-Request-Id", "req-"+strconv.FormatInt(n, 10))
			_, _ = fmt.Fprintf(w, a.body, n)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

// simple is a config with a cache, of a provider that is at a host.
func simple(provider string, up *httptest.Server, more string) string {
	return fmt.Sprintf(`{"cache":{"mode":"simple","max_age":3600},"provider":%q,"api_key":"k","custom_host":%q%s}`, provider, up.URL, more)
}

const (
	plainHi   = `{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`
	cacheHead = "X-Portkey-Cache-Status"
)

// ownID is one that an encoder draws, where the dialect has another form of ids
// than the provider's.
var ownID = regexp.MustCompile(`"id":"msg_[A-Z0-9]+"|"responseId":"[^"]*"`)

// TestEveryOperationThatCanBeCachedIs: the same answer, byte for byte, for
// nothing, with what it used and what it would have cost.
func TestEveryOperationThatCanBeCachedIs(t *testing.T) {
	t.Parallel()
	tests := []struct{ provider, path, body, saved string }{
		{"openai", "/v1/chat/completions", plainHi, "0.0035"},
		{"openai", "/v1/completions", `{"model":"gpt-3.5-turbo-instruct","prompt":"Hi"}`, "0.0017"},
		{"openai", "/v1/responses", `{"model":"gpt-4o","input":"Hi"}`, "0.0035"},
		{"openai", "/v1/messages", `{"model":"gpt-4o","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`, "0.0035"},
		{"openai", "/v1beta/models/gpt-4o:generateContent", `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}`, "0.0035"},
		{"openai", "/model/gpt-4o/converse", `{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`, "0.0035"},
		{"openai", "/v1/embeddings", `{"model":"text-embedding-3-small","input":"Hi"}`, "0.00002"},
		{"openai", "/v1/moderations", `{"model":"omni-moderation-latest","input":"Hi"}`, "?"},
		{"cohere", "/v1/rerank", `{"model":"rerank-v3.5","query":"q","documents":["d"]}`, "?"},
		{"openai", "/v1/images/generations", `{"model":"gpt-image-1","prompt":"a cat"}`, "?"},
		{"openai", "/v1/audio/speech", `{"model":"gpt-4o-mini-tts","input":"Hi","voice":"alloy"}`, "?"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			u, b := &counter{}, &books{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, u.ServeHTTP)
			var first *http.Response
			var body string
			for i, want := range []string{"MISS", "HIT", "HIT"} {
				resp, got := ask(t, front, "POST", tt.path, strings.NewReader(tt.body), "X-Portkey-Config", simple(tt.provider, up, ""), "Content-Type", "application/json")
				r := b.next(t)
				if resp.StatusCode != 200 || resp.Header.Get(cacheHead) != want || string(r.Cache) != want || u.asked.Load() != 1 {
					t.Fatalf("request %d: %d %s %s, the record has %q, asked %d times", i, resp.StatusCode, resp.Header.Get(cacheHead), got, r.Cache, u.asked.Load())
				}
				if i == 0 {
					first, body = resp, got
					continue
				}
				if ownID.ReplaceAllString(got, "") != ownID.ReplaceAllString(body, "") || resp.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
					t.Errorf("%s %s, at first %s %s", resp.Header.Get("Content-Type"), got, first.Header.Get("Content-Type"), body)
				}
				if resp.Header.Get("Age") != "0" || resp.Header.Get("X-Request-Id") != "" {
					t.Errorf("headers %v", resp.Header)
				}
				checkFree(t, r, resp.Header, tt.saved)
			}
		})
	}
}

// checkFree makes sure that a hit is not billed, and says what it saves: RC-04.
func checkFree(t *testing.T, r *usage.Record, h http.Header, saved string) {
	t.Helper()
	if r.Cost != nil && (r.Cost.Nano != 0 || r.Cost.Gap != "") || r.Spent != nil || len(r.Attempts) != 0 {
		t.Errorf("a hit costs %+v, %+v, attempts %+v", r.Cost, r.Spent, r.Attempts)
	}
	if saved == "?" {
		return
	}
	if r.Saved == nil || r.Saved.String() != saved || r.Usage == nil || r.Usage.Input != 1000 || r.Usage.Estimated {
		t.Errorf("saved %+v, want %s; usage %+v", r.Saved, saved, r.Usage)
	}
	if cost := h.Get("X-Sluice-Cost"); cost != "0" {
		t.Errorf("x-sluice-cost %q", cost)
	}
}

// TestFormsWithOtherBoundariesAreEqual: clients draw them anew each time.
func TestFormsWithOtherBoundariesAreEqual(t *testing.T) {
	t.Parallel()
	u := &counter{}
	front, up := serve(t, gateway.Config{}, u.ServeHTTP)
	send := func(sound, language string) string {
		body, contentType := form(t, []byte(sound), "model", "whisper-1", "language", language)
		resp, got := ask(t, front, "POST", "/v1/audio/transcriptions", body, "X-Portkey-Config", simple("openai", up, ""), "Content-Type", contentType)
		return resp.Header.Get(cacheHead) + got
	}
	if a, b := send("la", "en"), send("la", "en"); a != `MISS{"text":"Words 1"}` || b != `HIT{"text":"Words 1"}` {
		t.Errorf("%s, %s", a, b)
	}
	if a, b := send("la", "fr"), send("lala", "en"); a != `MISS{"text":"Words 2"}` || b != `MISS{"text":"Words 3"}` {
		t.Errorf("%s, %s", a, b)
	}
}

func TestWithoutACacheInTheConfigNothingIsCached(t *testing.T) {
	t.Parallel()
	u := &counter{}
	front, up := serve(t, gateway.Config{}, u.ServeHTTP)
	for want := int64(1); want <= 2; want++ {
		resp, _ := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(plainHi), "Content-Type", "application/json",
			"X-Portkey-Provider", "openai", "X-Portkey-Custom-Host", up.URL, "Authorization", "Bearer k", "X-Portkey-Cache-Force-Refresh", "true")
		if resp.Header.Get(cacheHead) != string(core.CacheDisabled) || u.asked.Load() != want {
			t.Errorf("%v, asked %d times", resp.Header, u.asked.Load())
		}
	}
	ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(plainHi), "Content-Type", "application/json", "X-Portkey-Config", simple("openai", up, ""))
	if u.asked.Load() != 3 {
		t.Error("what nobody wanted cached is given")
	}
}

// TestAnotherProcessAnswersFromTheTable: nothing is shared but the table.
func TestAnotherProcessAnswersFromTheTable(t *testing.T) {
	t.Parallel()
	u, table := &counter{}, memstore.New()
	one, up := serve(t, gateway.Config{Data: table}, u.ServeHTTP)
	two, _ := serve(t, gateway.Config{Data: table}, u.ServeHTTP)
	long := strings.Replace(plainHi, "Hi", strings.Repeat("Hello ", 2000), 1)
	for _, body := range []string{plainHi, long} {
		asked := u.asked.Load()
		_, a := ask(t, one, "POST", "/v1/chat/completions", strings.NewReader(body), "Content-Type", "application/json", "X-Portkey-Config", simple("openai", up, ""))
		resp, b := ask(t, two, "POST", "/v1/chat/completions", strings.NewReader(body), "Content-Type", "application/json", "X-Portkey-Config", simple("openai", up, ""))
		if resp.Header.Get(cacheHead) != "HIT" || a != b || u.asked.Load() != asked+1 {
			t.Errorf("%s %s, at first %s", resp.Header.Get(cacheHead), b, a)
		}
	}
}

// TestHitsTellHowLongPromptsWereKeptFor: RC-04. Anthropic's two prices of
// writing to its cache are apart in what a hit tells and saves.
func TestHitsTellHowLongPromptsWereKeptFor(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, oneAnswer(200, "application/json", `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,`+
		`"usage":{"input_tokens":10,"cache_creation_input_tokens":3000,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":2000},"output_tokens":5}}`))
	const body = `{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	var first *usage.Record
	for i, path := range []string{"/v1/chat/completions", "/v1/messages", "/v1/chat/completions"} {
		resp, got := ask(t, front, "POST", path, strings.NewReader(body), "Content-Type", "application/json", "X-Portkey-Config", simple("anthropic", up, ""))
		r := b.next(t)
		if i == 0 {
			first = r
			continue
		}
		if resp.Header.Get(cacheHead) != "HIT" || r.Saved == nil || r.Saved.Nano != first.Cost.Nano || r.Saved.Nano == 0 || *r.Usage != *first.Usage || r.Usage.CacheWrite1h != 2000 {
			t.Errorf("%s: %v saved %+v of %+v, usage %+v", path, resp.Header, r.Saved, first.Cost, r.Usage)
		}
		if path == "/v1/messages" && !strings.Contains(got, `"ephemeral_1h_input_tokens":2000`) {
			t.Errorf("the client is told %s", got)
		}
	}
}
