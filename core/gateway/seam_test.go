package gateway_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/llm"
)

// censor replaces a word in the answers to one model, in the middle of the
// chain, records what it let through, and gives the recording to whoever asks
// the same model again, as a cache behind a guardrail would.
type censor struct {
	next core.Handler
	mu   *sync.Mutex
	kept map[string]*core.Recording
}

func (c *censor) Handle(ctx context.Context, call *core.Call) (*core.Reply, error) {
	if call.Model != "censored" {
		return c.next.Handle(ctx, call)
	}
	c.mu.Lock()
	rec := c.kept[call.Model]
	c.mu.Unlock()
	if rec != nil {
		return rec.Reply(), nil
	}
	reply, err := c.next.Handle(ctx, call)
	if err != nil {
		return nil, err
	}
	reply.Rewrite(func(seq core.EventSeq) core.EventSeq {
		return func(yield func(llm.Event, error) bool) {
			for e, err := range seq {
				if e.Kind == llm.EventText {
					e.Text = strings.ReplaceAll(e.Text, "apple", "pear")
				}
				if !yield(e, err) {
					return
				}
			}
		}
	})
	rec, err = core.Record(reply)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.kept[call.Model] = rec
	c.mu.Unlock()
	return reply, nil
}

const chatStream = ": a comment that means nothing\n\n" +
	`data: {"id":"c1","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"x_unheard_of":{"kept":true}}` + "\n\n" +
	`data: {"id":"c1","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[{"index":0,"delta":{"content":"An apple "},"finish_reason":null}]}` + "\n\n" +
	`data: {"id":"c1","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[{"index":0,"delta":{"content":"a day"},"finish_reason":null}]}` + "\n\n" +
	`data: {"id":"c1","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
	`data: {"id":"c1","object":"chat.completion.chunk","created":1726000000,"model":"m","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}` + "\n\n" +
	"data: [DONE]\n\n"

// TestOneStreamIsTranslatedRewrittenRecordedAndReplayed proves the seam that
// caches and guardrails stand on.
func TestOneStreamIsTranslatedRewrittenRecordedAndReplayed(t *testing.T) {
	t.Parallel()
	calls := 0
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, chatStream)
	}))
	defer up.Close()
	kept := map[string]*core.Recording{}
	mu := new(sync.Mutex)
	h, err := gateway.New(gateway.Config{AllowLoopback: true, Around: func(next core.Handler) core.Handler { return &censor{next, mu, kept} }})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	defer front.Close()

	ask := func(path, model string) string {
		body := `{"model":"` + model + `","stream":true,"max_tokens":9,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}`
		if path == "/v1/messages" {
			body = strings.Replace(body, `"stream_options":{"include_usage":true},`, "", 1)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer k")
		req.Header.Set("X-Portkey-Provider", "openai")
		req.Header.Set("X-Portkey-Custom-Host", up.URL)
		resp, err := front.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s %v", resp.StatusCode, got, err)
		}
		return string(got)
	}

	translated := ask("/v1/messages", "censored")
	if !strings.Contains(translated, "event: message_stop") || !strings.Contains(translated, "An pear ") || strings.Contains(translated, "apple") {
		t.Errorf("translated and rewritten:\n%s", translated)
	}
	if !kept["censored"].Complete {
		t.Error("the recording is not complete")
	}
	replayed := ask("/v1/chat/completions", "censored")
	if calls != 1 {
		t.Errorf("the replay called the upstream: %d calls", calls)
	}
	if !strings.Contains(replayed, "data: [DONE]") || !strings.Contains(replayed, "An pear ") || !strings.Contains(replayed, `"total_tokens":9`) {
		t.Errorf("replayed in the other dialect:\n%s", replayed)
	}
	beside := ask("/v1/chat/completions", "open")
	if !bytes.Equal([]byte(beside), []byte(chatStream)) {
		t.Errorf("a stream that nobody touched came out as\n%s\nwant\n%s", beside, chatStream)
	}
}
