package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/cache"
	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

// TestKeptResponsesHaveTheClientsValues: the next turn, which goes on from one
// by its id, is redacted anew, and works at another provider.
func TestKeptResponsesHaveTheClientsValues(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		s := &speaker{script: []http.HandlerFunc{speaks("Hello [EMAIL_1]"), speaks("Not [EMAIL_2] but [EMAIL_1]")}}
		if stream {
			s.script = []http.HandlerFunc{streamsOut(true, "Hello [EMA", "IL_1]"), streamsOut(true, "Not [EMAIL_", "2] but [EMAIL_1", "]")}
		}
		front, up := serve(t, gateway.Config{Data: memstore.New()}, s.ServeHTTP)
		config := map[string]string{"X-Portkey-Config": fmt.Sprintf(`{"provider":"groq","api_key":"k","custom_host":%q,"input_guardrails":%s}`, up.URL, reversible)}
		turn := func(members string) (text, id string) {
			status, body := post(t, front, "/v1/responses", fmt.Sprintf(`{"model":"m","stream":%v,%s}`, stream, members), config)
			side := sides()[1]
			answer, err := side.Out.Raw(nil).DecodeResponse([]byte(body))
			if stream {
				answer, err = side.collect([]byte(body))
			}
			if status != 200 || err != nil || strings.Contains(body, "[EMAIL_") && !strings.Contains(body, `"hook_results"`) {
				t.Fatalf("%d %v %s", status, err, body)
			}
			return textOf(answer), answer.ID
		}
		text, id := turn(`"instructions":"You serve ` + jane + `","input":"Hi"`)
		_, kept := ask(t, front, http.MethodGet, "/v1/responses/"+id, nil)
		if text != "Hello "+jane || !strings.Contains(kept, "Hello "+jane) || strings.Contains(kept, "[EMAIL_1]") {
			t.Errorf("%q is kept as %s", text, kept)
		}
		text, _ = turn(`"previous_response_id":"` + id + `","input":"And a@b.co?"`)
		if last := s.bodies[1]; text != "Not a@b.co but "+jane || strings.Contains(last, "@") || !strings.Contains(last, "Hello [EMAIL_1]") || !strings.Contains(last, "And [EMAIL_2]?") {
			t.Errorf("%q to %s", text, last)
		}
	}
}

// A witness is a table that notes which answers it is given to keep.
type witness struct {
	driver.Table
	mu   sync.Mutex
	seen []string
}

func (w *witness) Put(ctx context.Context, r driver.Record) (int64, error) {
	if e, err := cache.DecodeEntry(r.Data); err == nil && strings.HasPrefix(r.Part, "CACHE#") {
		w.mu.Lock()
		w.seen = append(w.seen, string(json.ValueOf(e))+string(e.Raw))
		w.mu.Unlock()
	}
	return w.Table.Put(ctx, r)
}

// answers are those that it was given, once there are any: they are kept when
// the client has had its own.
func (w *witness) answers(t *testing.T) string {
	t.Helper()
	for range 500 {
		w.mu.Lock()
		kept := strings.Join(w.seen, "")
		w.mu.Unlock()
		if kept != "" {
			return kept
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nothing is kept")
	return ""
}

// TestTheCacheHasPlaceholdersOnly: who asks the same about something else gets
// the cached answer with values of their own, whole and streamed.
func TestTheCacheHasPlaceholdersOnly(t *testing.T) {
	t.Parallel()
	s := &speaker{script: []http.HandlerFunc{speaks("Hello [EMAIL_1], I am sure")}}
	table := &witness{Table: memstore.New()}
	front, up := serve(t, gateway.Config{Data: table}, s.ServeHTTP)
	config := map[string]string{"X-Portkey-Config": fmt.Sprintf(`{"cache":{"mode":"simple"},"provider":"openai","api_key":"k","custom_host":%q,"input_guardrails":%s}`, up.URL, reversible)}
	side := sides()[0]
	for _, who := range []string{jane, "ann@example.net", jane} {
		for _, stream := range []bool{false, true} {
			status, body := post(t, front, "/v1/chat/completions", fmt.Sprintf(`{"model":"m","stream":%v,"messages":[{"role":"user","content":"Greet %s"}]}`, stream, who), config)
			text := json.Unquote(json.Lookup([]byte(body), "choices", "0", "message", "content"))
			if stream {
				if answer, err := side.collect([]byte(body)); err == nil {
					text = textOf(answer)
				}
			}
			if status != 200 || text != "Hello "+who+", I am sure" {
				t.Errorf("%s, streamed %v: %d %s", who, stream, status, body)
			}
		}
	}
	if len(s.bodies) != 1 {
		t.Errorf("the provider was asked %d times", len(s.bodies))
	}
	if kept := table.answers(t); strings.Count(kept, `"Served"`) != 1 || !strings.Contains(kept, "Hello [EMAIL_1], I am sure") || strings.Contains(kept, "example") {
		t.Errorf("the cache keeps %q", kept)
	}
}
