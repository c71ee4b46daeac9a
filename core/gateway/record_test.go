package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/usage"
)

// books keep records.
type books struct {
	mu   sync.Mutex
	rows []*usage.Record
}

func (b *books) Write(_ context.Context, r *usage.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, r)
	return nil
}

func (b *books) one(t *testing.T) *usage.Record {
	t.Helper()
	for range 200 {
		b.mu.Lock()
		n := len(b.rows)
		b.mu.Unlock()
		if n > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rows) != 1 {
		t.Fatalf("%d records, want 1", len(b.rows))
	}
	return b.rows[0]
}

const reported = `{"prompt_tokens":100,"completion_tokens":9,"total_tokens":109,"prompt_tokens_details":{"cached_tokens":64}}`

func chatUpstream(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if !strings.Contains(string(body), `"stream":true`) {
		w.Header().Set("Content-Type", "application/json")
		write(w, `{"id":"c","object":"chat.completion","created":1726000000,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":`+reported+`}`)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	write(w, chunk("Hi")+strings.Replace(chatEnd, "data: [DONE]", `data: {"id":"c","object":"chat.completion.chunk","created":1726000000,"model":"gpt-4o","choices":[],"usage":`+reported+"}\n\ndata: [DONE]", 1))
}

func TestOneRecordForEachRequest(t *testing.T) {
	t.Parallel()
	for _, path := range bothRoutes {
		for _, streamed := range []bool{false, true} {
			t.Run(fmt.Sprint(path, " streamed ", streamed), func(t *testing.T) {
				b := &books{}
				front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, chatUpstream)
				body := fmt.Sprintf(`{"model":"gpt-4o","stream":%t,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`, streamed)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				for k, v := range map[string]string{
					"Content-Type": "application/json", "Authorization": "Bearer k", "X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL,
					"X-Portkey-Metadata": `{"team":"a"}`, "X-Portkey-Trace-Id": "trace-1",
				} {
					req.Header.Set(k, v)
				}
				resp, err := front.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				r := b.one(t)
				if r.Provider != "openai" || r.Model != "gpt-4o" || r.Status != 200 || r.Trace != "trace-1" || r.Metadata["team"] != "a" ||
					r.Stream != streamed || len(r.Attempts) != 1 || r.Error != "" || r.Request != resp.Header.Get("X-Sluice-Request-Id") {
					t.Errorf("got %+v", r)
				}
				if u := r.Usage; u == nil || u.Input != 36 || u.CacheRead != 64 || u.Output != 9 || u.Estimated {
					t.Errorf("usage %+v", u)
				}
				if r.Cost == nil || r.Cost.Gap != "" || r.Cost.Nano <= 0 || r.First <= 0 || r.Total < r.First {
					t.Errorf("cost %+v, first %d, total %d", r.Cost, r.First, r.Total)
				}
				if cost := resp.Header.Get("X-Sluice-Cost"); (cost == "") != streamed || !streamed && cost != r.Cost.String() {
					t.Errorf("header says %q, record %s", cost, r.Cost)
				}
			})
		}
	}
}

func TestUsageThatNobodyReportedIsEstimatedAndMarked(t *testing.T) {
	t.Parallel()
	for _, path := range bothRoutes {
		b := &books{}
		front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, strings.Repeat(chunk("word "), 50)+chatEnd)
		})
		_, _ = io.Copy(io.Discard, stream(t.Context(), t, front, up, path).Body)
		if u := b.one(t).Usage; u == nil || !u.Estimated || u.Input == 0 || u.Output < 40 || u.Output > 60 {
			t.Errorf("%s: got %+v", path, u)
		}
	}
}

func TestABrokenStreamAndALostClientAreBookedOnce(t *testing.T) {
	t.Parallel()
	for _, path := range bothRoutes {
		b := &books{}
		front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, chunk("Hi"))
		})
		_, _ = io.Copy(io.Discard, stream(t.Context(), t, front, up, path).Body)
		if r := b.one(t); !r.Broken || r.Left || r.Error != "truncated answer" || r.Usage == nil {
			t.Errorf("%s, broken: %+v", path, r)
		}

		b = &books{}
		front, up = serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for r.Context().Err() == nil {
				write(w, chunk("Hi"))
				time.Sleep(time.Millisecond)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		resp := stream(ctx, t, front, up, path)
		_, _ = io.ReadFull(resp.Body, make([]byte, 10))
		cancel()
		if r := b.one(t); !r.Left || r.Usage == nil || !r.Usage.Estimated {
			t.Errorf("%s, left: %+v %+v", path, r, r.Usage)
		}
	}
}

// slowSink takes its time.
type slowSink struct{ done chan struct{} }

func (s slowSink) Write(context.Context, *usage.Record) error {
	time.Sleep(500 * time.Millisecond)
	close(s.done)
	return nil
}

func TestTheClientNeverWaitsForTheBooks(t *testing.T) {
	t.Parallel()
	sink := slowSink{make(chan struct{})}
	h, err := gateway.New(gateway.Config{Sinks: []usage.Sink{sink}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(`{"model":"echo","messages":[{"role":"user","content":"hi"}]}`))
	r.Header.Set("X-Portkey-Provider", "echo")
	ctx, after := core.WithAfter(r.Context())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(ctx)) // returns when the last byte is out
	select {
	case <-sink.done:
		t.Error("the sink ran before the response was out")
	default:
	}
	after.Run(t.Context(), nil)
	select {
	case <-sink.done:
	default:
		t.Error("the sink has not run")
	}
	if w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
