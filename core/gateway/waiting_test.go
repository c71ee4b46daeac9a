package gateway

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	answeredWhole  = `{"id":"c","object":"chat.completion","created":1726000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"from b"},"finish_reason":"stop"}]}`
	answeredEmbed  = `{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":1,"total_tokens":1}}`
	answeredRole   = `data: {"id":"c","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}` + "\n\n"
	answeredText   = `data: {"id":"c","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[{"index":0,"delta":{"content":"from b"},"finish_reason":null}]}` + "\n\n"
	answeredFinish = `data: {"id":"c","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"
)

// say sends a piece of an answer at once.
func say(w http.ResponseWriter, s string) {
	_, _ = io.WriteString(w, s)
	_ = http.NewResponseController(w).Flush()
}

// sound answers as a provider in good health.
func sound(w http.ResponseWriter, r *http.Request, body string) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/embeddings"):
		w.Header().Set("Content-Type", "application/json")
		say(w, answeredEmbed)
	case strings.Contains(body, `"stream":true`):
		w.Header().Set("Content-Type", "text/event-stream")
		say(w, answeredRole+answeredText+answeredFinish)
	default:
		w.Header().Set("Content-Type", "application/json")
		say(w, answeredWhole)
	}
}

// A stall is a way in which a provider falls silent before it has said
// anything that counts.
type stall struct {
	name   string
	host   string
	before string // what it says, if it answers at all
	typ    string // of the answer; empty: not even headers
	after  time.Duration
	error  string
}

const phases = `{"connect":2000,"headers":5000,"first_content":20000,"idle":7000}`

// stalls are those that matter to a route: what is relayed is committed by its
// headers.
func stalls(r waitingRoute) []stall {
	all := []stall{
		{"no connection", "nowhere.example.com", "", "", 2 * time.Second, "no connection within 2s"},
		{"no headers", "a.example.com", "", "", 5 * time.Second, "no headers within 5s"},
	}
	if r.relayed {
		return all
	}
	if r.streamed {
		return append(all,
			stall{"headers alone", "a.example.com", "", "text/event-stream", 20 * time.Second, "no content within 20s"},
			stall{"comments", "a.example.com", ": wait\n\n", "text/event-stream", 20 * time.Second, "no content within 20s"},
			stall{"a role", "a.example.com", answeredRole, "text/event-stream", 20 * time.Second, "no content within 20s"})
	}
	return append(all,
		stall{"headers alone", "a.example.com", "", "application/json", 20 * time.Second, "no content within 20s"},
		stall{"half an answer", "a.example.com", `{"id":"c","obj`, "application/json", 7 * time.Second, "the answer stopped: nothing came for 7s"})
}

// silent plays a stall at its host for the first few requests there, and is
// sound otherwise.
type silent struct {
	stall
	times int
	asked visits
}

func (s *silent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if n := s.asked.note(r.Host); r.Host != s.host || n > s.times {
		sound(w, r, string(body))
		return
	}
	if s.typ != "" {
		w.Header().Set("Content-Type", s.typ)
		say(w, s.before)
	}
	<-r.Context().Done()
}

type waitingRoute struct {
	path, body        string
	streamed, relayed bool
}

var waitingRoutes = []waitingRoute{
	{"/v1/chat/completions", hi, false, false},
	{"/v1/chat/completions", `{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}`, true, false},
	{"/v1/messages", `{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`, true, false},
	{"/v1/embeddings", `{"model":"m","input":"Hi"}`, false, false},
	{"/v1/proxy/anything", hi, false, true},
}

func target(provider, host string) string {
	return fmt.Sprintf(`{"provider":%q,"api_key":"k","custom_host":"http://%s/v1"}`, provider, host)
}

// FB-01: while nothing has reached the client, silence in any phase is a
// failure like others: another target answers, or the same one when it is
// asked again.
func TestAStallBeforeContentFallsBackAndIsRetried(t *testing.T) {
	t.Parallel()
	for _, route := range waitingRoutes {
		for _, s := range stalls(route) {
			configs := map[string]string{
				"fallback": fmt.Sprintf(`{"timeouts":%s,"strategy":{"mode":"fallback"},"targets":[%s,%s]}`, phases, target("openai", s.host), target("openai", "b.example.com")),
			}
			if s.host == "a.example.com" { // nobody will ever be at others
				configs["retry"] = strings.Replace(target("openai", s.host), "{", `{"retry":{"attempts":1},"timeouts":`+phases+",", 1)
			}
			for how, config := range configs {
				t.Run(fmt.Sprint(route.path, " ", route.streamed, " ", s.name, " ", how), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						h := inMemory(t, Config{}, (&silent{stall: s, times: 1}).ServeHTTP)
						began := time.Now()
						w := ask(t.Context(), h, config, route.path, route.body)
						least, most := s.after, s.after
						if how == "retry" {
							least, most = s.after+500*time.Millisecond, s.after+time.Second
						}
						if took := time.Since(began); took < least || took > most {
							t.Errorf("took %s, want %s to %s", took, least, most)
						}
						if got := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(got, "from b") && !strings.Contains(got, "embedding") || strings.Contains(got, "error") {
							t.Errorf("%d %s", w.Code, got)
						}
					})
				})
			}
		}
	}
}

// The SDK that carries requests to Bedrock knows the same limits.
func TestAStallOfBedrockFallsBack(t *testing.T) {
	t.Parallel()
	whole, streamed := waitingRoutes[0].body, waitingRoutes[1].body
	tests := []struct {
		stall
		body string
	}{
		{stall{"no connection", "nowhere.example.com", "", "", 2 * time.Second, ""}, whole},
		{stall{"no headers", "a.example.com", "", "", 5 * time.Second, ""}, streamed},
		{stall{"headers alone", "a.example.com", "", "application/vnd.amazon.eventstream", 20 * time.Second, ""}, streamed},
		{stall{"half an answer", "a.example.com", `{"output":`, "application/json", 7 * time.Second, ""}, whole},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &silent{stall: tt.stall, times: 9}
				bedrock := fmt.Sprintf(`{"provider":"bedrock","aws_access_key_id":"A","aws_secret_access_key":"B","aws_region":"us-east-1","custom_host":"http://%s"}`, tt.host)
				began := time.Now()
				w := ask(t.Context(), inMemory(t, Config{}, s.ServeHTTP),
					fmt.Sprintf(`{"timeouts":%s,"strategy":{"mode":"fallback"},"targets":[%s,%s]}`, phases, bedrock, target("openai", "b.example.com")), "/v1/chat/completions", tt.body)
				if took := time.Since(began); took != tt.after || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "from b") {
					t.Errorf("%d %s after %s, want %s", w.Code, w.Body, took, tt.after)
				}
				if n := len(s.asked.of("a.example.com")); tt.host == "a.example.com" && n != 1 {
					t.Errorf("Bedrock was asked %d times", n)
				}
			})
		})
	}
}

// The error names the phase, how long it was, and the provider.
func TestAStallWithNobodyElseIsATimeout(t *testing.T) {
	t.Parallel()
	for _, route := range waitingRoutes {
		for _, s := range stalls(route) {
			t.Run(fmt.Sprint(route.path, " ", route.streamed, " ", s.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := inMemory(t, Config{KeepAlive: time.Minute}, (&silent{stall: s, times: 1}).ServeHTTP)
					config := strings.Replace(target("openai", s.host), "{", `{"timeouts":`+phases+",", 1)
					w := ask(t.Context(), h, config, route.path, route.body)
					if got := w.Body.String(); w.Code != http.StatusGatewayTimeout || !strings.Contains(got, s.error) || w.Header().Get("X-Portkey-Provider") != "openai" {
						t.Errorf("%d %s, want 504 of openai with %q", w.Code, got, s.error)
					}
				})
			})
		}
	}
}

// After content nobody else can go on: the client is told in its own dialect.
func TestAStallAfterContentEndsTheStreamWithAnError(t *testing.T) {
	t.Parallel()
	for path, body := range map[string]string{"/v1/chat/completions": waitingRoutes[1].body, "/v1/messages": waitingRoutes[2].body} {
		synctest.Test(t, func(t *testing.T) {
			s := &silent{stall: stall{host: "a.example.com", typ: "text/event-stream", before: answeredRole + answeredText}, times: 9}
			h := inMemory(t, Config{}, s.ServeHTTP)
			began := time.Now()
			w := ask(t.Context(), h, fmt.Sprintf(`{"retry":{"attempts":2},"timeouts":%s,"strategy":{"mode":"fallback"},"targets":[%s,%s]}`,
				phases, target("openai", "a.example.com"), target("openai", "b.example.com")), path, body)
			if took := time.Since(began); took != 7*time.Second || len(s.asked.of("a.example.com")) != 1 || s.asked.of("b.example.com") != nil {
				t.Errorf("%s: ended after %s with requests at %v", path, took, s.asked.at)
			}
			if got := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(got, "nothing came for 7s") || strings.Contains(got, "stop_reason\":\"") || strings.Contains(got, "[DONE]") {
				t.Errorf("%s: %d %s", path, w.Code, got)
			}
		})
	}
}
