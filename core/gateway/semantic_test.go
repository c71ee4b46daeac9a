package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

const (
	meaningOf   = `{"provider":"openai","model":"text-embedding-3-small","api_key":"ek","custom_host":"http://embed.example.com/v1","dimensions":3}`
	semanticOn  = `{"provider":"openai","api_key":"k","custom_host":"http://chat.example.com/v1","cache":{"mode":"semantic"}}`
	semanticHit = "SEMANTIC HIT"
	noneSimilar = "SEMANTIC MISS"
)

// meanings are vectors of texts: the first two mean nearly the same.
var meanings = map[string]string{
	"How old is the moon?": "[1,0.1,0]", "What is the age of the moon?": "[10,1.2,0.1]", "Who are you?": "[0,0,1]", "Somewhat like the first": "[1,0.5,0]",
}

// An oracle answers chats by number, and embeds texts after a while.
type oracle struct {
	chats, embeddings atomic.Int32
	takes             time.Duration
	asked             atomic.Value // the last body that was to be embedded
}

func (o *oracle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/v1/embeddings" {
		o.embeddings.Add(1)
		o.asked.Store(string(body) + " " + r.Header.Get("Authorization"))
		time.Sleep(o.takes)
		text := json.Unquote(json.Lookup(body, "input"))
		fmt.Fprintf(w, `{"object":"list","data":[{"object":"embedding","index":0,"embedding":%s}],"model":"text-embedding-3-small","usage":{"prompt_tokens":1000,"total_tokens":1000}}`, meanings[text])
		return
	}
	fmt.Fprintf(w, `{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"answer %d"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}`, o.chats.Add(1))
}

// process is one gateway that does all its work before the next request.
func process(t *testing.T, c Config, up http.Handler) func(path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	h := inMemory(t, c, up.ServeHTTP)
	return func(path, body string, headers ...string) *httptest.ResponseRecorder {
		ctx, after := core.WithAfter(t.Context())
		r := request(ctx, semanticOn, path, body)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		after.Run(t.Context(), nil)
		return w
	}
}

func chatOf(text, beside string) string {
	return `{"model":"gpt-4o",` + beside + `"messages":[{"role":"user","content":"` + text + `"}]}`
}

func TestRequestsThatMeanTheSameShareAnAnswer(t *testing.T) {
	t.Parallel()
	up, table := &oracle{}, memstore.New()
	one := process(t, Config{Data: table, Semantic: meaningOf}, up)
	other := process(t, Config{Data: table, Semantic: meaningOf}, up)
	const moon, age, who, like = "How old is the moon?", "What is the age of the moon?", "Who are you?", "Somewhat like the first"
	for _, tt := range []struct {
		name, path, body, status, answer string
		headers                          []string
	}{
		{"the first", "/v1/chat/completions", chatOf(moon, `"max_completion_tokens":9,`), noneSimilar, "answer 1", nil},
		{"the same", "/v1/chat/completions", chatOf(moon, `"max_completion_tokens":9,`), "HIT", "answer 1", nil},
		{"in other words", "/v1/chat/completions", chatOf(age, `"max_completion_tokens":9,`), semanticHit, "answer 1", nil},
		{"as a stream", "/v1/chat/completions", chatOf(age, `"max_completion_tokens":9,"stream":true,`), semanticHit, "answer 1", nil},
		{"in another dialect", "/v1/messages", chatOf(age, `"max_tokens":9,`), semanticHit, "answer 1", nil},
		{"something else", "/v1/chat/completions", chatOf(who, ""), noneSimilar, "answer 2", nil},
		{"not near enough", "/v1/chat/completions", chatOf(like, ""), noneSimilar, "answer 3", nil},
		{"another parameter", "/v1/chat/completions", chatOf(age, `"temperature":0,`), noneSimilar, "answer 4", nil},
		{"another namespace", "/v1/chat/completions", chatOf(age, ""), noneSimilar, "answer 5", []string{"X-Portkey-Cache-Namespace", "n"}},
		{"other metadata", "/v1/chat/completions", chatOf(age, ""), noneSimilar, "answer 6", []string{"X-Portkey-Metadata", `{"team":"a"}`}},
		{"refreshed", "/v1/chat/completions", chatOf(age, ""), "REFRESH", "answer 7", []string{"X-Portkey-Cache-Force-Refresh", "true"}},
	} {
		w := one(tt.path, tt.body, tt.headers...)
		if got := w.Header().Get("X-Portkey-Cache-Status"); got != tt.status || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), tt.answer) {
			t.Errorf("%s: %s, want %s with %s:\n%s", tt.name, got, tt.status, tt.answer, w.Body)
		}
	}
	if w := other("/v1/chat/completions", chatOf(like, "")); w.Header().Get("X-Portkey-Cache-Status") != "HIT" {
		t.Errorf("in another process the same is a %s", w.Header().Get("X-Portkey-Cache-Status"))
	}
	if w := other("/v1/chat/completions", chatOf("What is the age of the moon? ", "")); w.Header().Get("X-Portkey-Cache-Status") != semanticHit {
		t.Errorf("in another process nearly the same is a %s", w.Header().Get("X-Portkey-Cache-Status"))
	}
	want := `{"model":"text-embedding-3-small","input":"What is the age of the moon?","dimensions":3} Bearer ek`
	if got := up.asked.Load(); got != want {
		t.Errorf("embedded was\n%s\nwant\n%s", got, want)
	}
}

func TestWhatEmbeddingCostsIsBooked(t *testing.T) {
	t.Parallel()
	book := &ledger{}
	ask := process(t, Config{Data: memstore.New(), Semantic: meaningOf, Sinks: []usage.Sink{book}}, &oracle{})
	for _, tt := range []struct{ text, cache, cost, saved, spent string }{
		// Embedding: 1,000 tokens at $0.02 a million. The answer: 8 at $2.50 and 2 at $10.
		{"How old is the moon?", noneSimilar, "0.00004", "", "0.00006"},
		{"What is the age of the moon?", semanticHit, "0", "0.00004", "0.00002"},
		{"What is the age of the moon?", semanticHit, "0", "0.00004", "0.00002"},
		{"How old is the moon?", "HIT", "0", "0.00004", ""},
	} {
		ask("/v1/chat/completions", chatOf(tt.text, ""))
		r := book.records[len(book.records)-1]
		if string(r.Cache) != tt.cache || costText(r.Cost) != tt.cost || costText(r.Saved) != tt.saved || costText(r.Spent) != tt.spent {
			t.Fatalf("%s: %+v", tt.text, r)
		}
		if tt.spent != "" && (r.Attempts[0].Option != "cache" || r.Attempts[0].Model != "text-embedding-3-small" || r.Attempts[0].Usage.Input != 1000) {
			t.Errorf("%s: attempts %+v", tt.text, r.Attempts)
		}
	}
}

func costText(c *usage.Cost) string {
	if c == nil {
		return ""
	}
	return c.String()
}

// A model for embeddings that is slow delays nobody beyond the limit, and what
// it says in the end counts for the next request.
func TestASlowEmbeddingIsAMissInTime(t *testing.T) {
	t.Parallel()
	for limit, config := range map[time.Duration]string{
		300 * time.Millisecond: meaningOf, 50 * time.Millisecond: strings.Replace(meaningOf, "{", `{"timeout":50,`, 1),
	} {
		synctest.Test(t, func(t *testing.T) {
			up, book := &oracle{takes: time.Second}, &ledger{}
			ask := process(t, Config{Data: memstore.New(), Semantic: config, Sinks: []usage.Sink{book}}, up)
			w := ask("/v1/chat/completions", chatOf("How old is the moon?", ""))
			r := book.records[len(book.records)-1]
			if took := time.Duration(r.First) * time.Microsecond; took != limit || w.Header().Get("X-Portkey-Cache-Status") != noneSimilar {
				t.Errorf("%s began after %s", w.Header().Get("X-Portkey-Cache-Status"), took)
			}
			if costText(r.Spent) != "0.00006" || len(r.Notes) != 1 {
				t.Errorf("spent %s, notes %v", costText(r.Spent), r.Notes)
			}
			up.takes = 0
			if w := ask("/v1/chat/completions", chatOf("What is the age of the moon?", "")); w.Header().Get("X-Portkey-Cache-Status") != semanticHit {
				t.Errorf("the next is a %s", w.Header().Get("X-Portkey-Cache-Status"))
			}
		})
	}
}

func TestFaultsOfSemanticSettingsAreFoundAtTheStart(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"x", "[]", `{}`, `{"provider":"openai"}`, `{"model":"m"}`, `{"provider":"nobody","model":"m"}`, `{"provider":"openai","model":"m","threshold":1.5}`,
		`{"provider":"openai","model":"m","threshold":"high"}`, `{"provider":"openai","model":"m","timeout":-1}`, `{"provider":"openai","model":"m","dimensions":100000}`,
		`{"provider":"openai","model":"m","retry":7}`,
	} {
		if _, err := New(Config{Data: memstore.New(), Semantic: bad}); err == nil || !strings.HasPrefix(err.Error(), "semantic cache: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := New(Config{Semantic: meaningOf}); err == nil {
		t.Error("without a table there is no fault")
	}
}

// Models that are no OpenAI's are asked in their own form, with what the
// operator's process has.
func TestEmbeddingsOfOtherProvidersWithTheOperatorsCredentials(t *testing.T) {
	t.Parallel()
	book := &ledger{}
	c := Config{Data: memstore.New(), Sinks: []usage.Sink{book}, Semantic: `{"provider":"bedrock","model":"amazon.titan-embed-text-v2:0","dimensions":256}`}
	c.Bedrock.Endpoint = "http://bedrock.example.com"
	c.Bedrock.DefaultCredentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "ROLE", SecretAccessKey: "s"}, nil
	})
	up := &oracle{}
	var sent, by string
	ask := process(t, c, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "bedrock.example.com" {
			up.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		sent, by = r.URL.Path+" "+string(body), r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"embedding":%s,"inputTextTokenCount":7}`, meanings[json.Unquote(json.Lookup(body, "inputText"))])
	}))
	ask("/v1/chat/completions", chatOf("How old is the moon?", ""))
	w := ask("/v1/chat/completions", chatOf("What is the age of the moon?", ""))
	if got := w.Header().Get("X-Portkey-Cache-Status"); got != semanticHit {
		t.Errorf("status %s", got)
	}
	if want := `/model/amazon.titan-embed-text-v2:0/invoke {"inputText":"What is the age of the moon?","dimensions":256}`; sent != want || !strings.Contains(by, "Credential=ROLE/") {
		t.Errorf("sent %s, want %s, signed %s", sent, want, by)
	}
	r := book.records[len(book.records)-1]
	if a := r.Attempts[0]; a.Provider != "bedrock" || a.Usage == nil || a.Usage.Input != 7 || r.Spent == nil || r.Spent.Nano == 0 {
		t.Errorf("booked %+v, spent %v", a, r.Spent)
	}
}
