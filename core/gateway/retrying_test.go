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

const hi = `{"model":"m","messages":[{"role":"user","content":"Hi"}]}`

// busy fails a number of times with the status and headers given. Without a
// status it hangs up.
type busy struct {
	status int
	header map[string]string
	body   string
	times  int
	asked  visits
}

// at is when it was asked.
func (b *busy) at() []time.Time { return b.asked.of("a.example.com") }

func (b *busy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if b.asked.note(r.Host) > b.times {
		sound(w, r, string(body))
		return
	}
	if b.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for k, v := range b.header {
		w.Header().Set(k, v)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(b.status)
	say(w, b.body)
}

// FB-08: what a provider asks for is waited for in all its forms, for every
// status, and no less than without being asked.
func TestRetryAfterIsHeardInAllItsForms(t *testing.T) {
	t.Parallel()
	const quick, refused = 750 * time.Millisecond, `{"error":{"message":"slow down"}}` // the mean of what one may wait unasked
	google := `{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"9s"}]}}`
	tests := []struct {
		name, provider string
		status         int
		header, value  string
		body           string
		want           time.Duration
	}{
		{"seconds", "openai", 429, "Retry-After", "9", refused, 9 * time.Second},
		{"parts of seconds", "openai", 429, "Retry-After", "9.5", refused, 9500 * time.Millisecond},
		{"milliseconds", "openai", 429, "Retry-After-Ms", "9000", refused, 9 * time.Second},
		{"Azure's milliseconds", "openai", 429, "X-Ms-Retry-After-Ms", "9000", refused, 9 * time.Second},
		{"a date", "openai", 429, "Retry-After", "Sat, 01 Jan 2000 00:00:09 GMT", refused, 9 * time.Second},
		{"a date that has passed", "openai", 429, "Retry-After", "Fri, 31 Dec 1999 23:59:00 GMT", refused, quick},
		{"less than is waited anyway", "openai", 429, "Retry-After-Ms", "1", refused, quick},
		{"nothing", "openai", 429, "X-Nothing", "", refused, quick},
		{"not a number", "openai", 429, "Retry-After", "soon", refused, quick},
		{"when a full allowance is back is no wait", "openai", 429, "X-Ratelimit-Reset-Requests", "9s", refused, quick},
		{"overloaded", "openai", 503, "Retry-After", "9", refused, 9 * time.Second},
		{"overloaded, as Anthropic says it", "anthropic", 529, "Retry-After", "9", `{"type":"error","error":{"type":"overloaded_error","message":"m"}}`, 9 * time.Second},
		{"in Google's body", "google", 429, "X-Nothing", "", google, 9 * time.Second},
		{"in Google's header", "google", 503, "Retry-After", "Sat, 01 Jan 2000 00:00:09 GMT", `{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}`, 9 * time.Second},
		{"Cohere", "cohere", 429, "Retry-After", "9", `{"message":"m"}`, 9 * time.Second},
		{"Bedrock", "bedrock", 429, "Retry-After", "9", `{"message":"m"}`, 9 * time.Second},
		{"no JSON", "openai", 502, "Retry-After", "9", `<html>bad gateway</html>`, 9 * time.Second},
	}
	for _, tt := range tests {
		for _, flag := range []string{"use_retry_after_header", "useRetryAfterHeaders"} {
			t.Run(tt.name+" "+flag, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &busy{status: tt.status, header: map[string]string{tt.header: tt.value}, body: tt.body, times: 1}
					h := inMemory(t, Config{}, b.ServeHTTP)
					config := strings.Replace(target(tt.provider, "a.example.com"), "{", fmt.Sprintf(`{"retry":{"attempts":1,%q:true},"aws_access_key_id":"A","aws_secret_access_key":"B","aws_region":"us-east-1",`, flag), 1)
					_ = ask(t.Context(), h, config, "/v1/chat/completions", hi) // what is asked for again is answered in another form: the wait counts
					at := b.at()
					if len(at) != 2 {
						t.Fatalf("%d requests", len(at))
					}
					if took := at[1].Sub(at[0]); took < tt.want-300*time.Millisecond || took > tt.want+300*time.Millisecond {
						t.Errorf("waited %s, want about %s", took, tt.want)
					}
				})
			})
		}
	}
}

// FB-08: nobody sleeps for minutes inside a request, and the client learns
// what the provider has asked for.
func TestALongRetryAfterIsHandedOn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, header, value string
		status              int
		want                string // of the client's Retry-After
		count               string
	}{
		{"seconds", "Retry-After", "60", 429, "60", "-1"},
		{"a date", "Retry-After", "Sat, 01 Jan 2000 00:02:00 GMT", 503, "Sat, 01 Jan 2000 00:02:00 GMT", "-1"},
		{"milliseconds", "Retry-After-Ms", "90500", 503, "91", "-1"},
		{"of a status that is not tried again", "Retry-After", "3", 409, "3", "0"},
	}
	for _, tt := range tests {
		for _, path := range []string{"/v1/chat/completions", "/v1/messages", "/v1/proxy/anything"} {
			t.Run(tt.name+" "+path, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &busy{status: tt.status, header: map[string]string{tt.header: tt.value}, body: `{"error":{"message":"slow down"}}`, times: 9}
					began := time.Now()
					w := ask(t.Context(), inMemory(t, Config{}, b.ServeHTTP),
						strings.Replace(target("openai", "a.example.com"), "{", `{"retry":{"attempts":3,"use_retry_after_header":true},`, 1), path, hi)
					if took := time.Since(began); took != 0 || len(b.at()) != 1 {
						t.Errorf("took %s and %d requests", took, len(b.at()))
					}
					if w.Code != tt.status || w.Header().Get("Retry-After") != tt.want || w.Header().Get("X-Portkey-Retry-Attempt-Count") != tt.count {
						t.Errorf("%d %v", w.Code, w.Header())
					}
				})
			})
		}
	}
}

// FB-09: there is one owner of retries. Whatever carries the request, the
// provider sees one for each attempt, and the client is told how many.
func TestRetriesHaveOneOwner(t *testing.T) {
	t.Parallel()
	bedrock := `{"provider":"bedrock","aws_access_key_id":"A","aws_secret_access_key":"B","aws_region":"us-east-1","custom_host":"http://a.example.com"}`
	throttled := map[string]string{"X-Amzn-Errortype": "ThrottlingException"}
	tests := []struct {
		name, target, path, body string
		status, times            int
		header                   map[string]string
		requests                 int
		count                    string
	}{
		{"HTTP", target("openai", "a.example.com"), "/v1/chat/completions", hi, 503, 9, nil, 3, "-1"},
		{"HTTP that recovers", target("openai", "a.example.com"), "/v1/chat/completions", hi, 503, 2, nil, 3, "2"},
		{"HTTP when connections break", target("openai", "a.example.com"), "/v1/chat/completions", hi, 0, 9, nil, 3, "-1"},
		{"embeddings", target("openai", "a.example.com"), "/v1/embeddings", `{"model":"m","input":"Hi"}`, 500, 9, nil, 3, "-1"},
		{"relayed", target("openai", "a.example.com"), "/v1/proxy/anything", hi, 500, 9, nil, 3, "-1"},
		{"the SDK of Bedrock", bedrock, "/v1/chat/completions", hi, 429, 9, throttled, 3, "-1"},
		{"it, when connections break", bedrock, "/v1/chat/completions", hi, 0, 9, nil, 3, "-1"},
		{"its streams", bedrock, "/v1/messages", `{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`, 503, 9, nil, 3, "-1"},
		{"its InvokeModel", bedrock, "/v1/embeddings", `{"model":"amazon.titan-embed-text-v2:0","input":"Hi"}`, 500, 9, nil, 3, "-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &busy{status: tt.status, header: tt.header, body: `{"message":"busy"}`, times: tt.times}
				w := ask(t.Context(), inMemory(t, Config{}, b.ServeHTTP), strings.Replace(tt.target, "{", `{"retry":{"attempts":2},`, 1), tt.path, tt.body)
				if got := w.Header().Get("X-Portkey-Retry-Attempt-Count"); len(b.at()) != tt.requests || got != tt.count {
					t.Errorf("%d requests, count %s, want %d and %s: %d %s", len(b.at()), got, tt.requests, tt.count, w.Code, w.Body)
				}
			})
		})
	}
}
