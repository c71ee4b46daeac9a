package gateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/provider"
)

// A script stands where the network would: it plays the providers of an
// example, and notes who was called when.
type script struct {
	mu     sync.Mutex
	began  time.Time
	steps  []step
	anyone map[string]time.Duration // who is called answers, after its time; in place of steps
	calls  []scripted
}

type scripted struct {
	provider, body string
	at             time.Duration
}

func (s *script) begin(steps []step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began, s.steps, s.anyone, s.calls = time.Now(), steps, nil, nil
}

func (s *script) whoever(after map[string]time.Duration) {
	s.begin(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anyone = after
}

// Do answers by the next step.
func (s *script) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	next, ok := s.next(providerOf(r), string(body))
	if !ok {
		return nil, errors.New("nobody expected this call")
	}
	select {
	case <-time.After(next.after):
		return next.answer(r, string(body)), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (s *script) next(provider, body string) (step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.anyone != nil {
		return step{status: http.StatusOK, header: http.Header{}, after: s.anyone[provider]}, true
	}
	n := len(s.calls)
	s.calls = append(s.calls, scripted{provider, body, time.Since(s.began)})
	if n >= len(s.steps) {
		return step{}, false
	}
	return s.steps[n], true
}

// providerOf is the provider whose host a request goes to.
func providerOf(r *http.Request) string {
	for _, id := range []string{"openai", "anthropic", "groq", "google"} {
		if s, ok := provider.Find(id); ok && strings.HasPrefix(s.BaseURL, "https://"+r.URL.Host) {
			return id
		}
	}
	return r.URL.Host
}

// check compares the calls with the steps.
func (s *script) check(t *testing.T, line string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var got, want []string
	for _, c := range s.calls {
		got = append(got, fmt.Sprint(c.provider, " at ", c.at))
	}
	var at time.Duration
	for i, step := range s.steps {
		if at += step.wait; step.provider == "" {
			continue
		}
		want = append(want, fmt.Sprint(step.provider, " at ", at))
		if i < len(s.calls) && !step.was(s.calls[i].body) {
			t.Errorf("%s: %s was sent %s", line, step.provider, s.calls[i].body)
		}
	}
	if g, w := strings.Join(got, ", "), strings.Join(want, ", "); g != w {
		t.Errorf("%s: called %s, want %s", line, g, w)
	}
}

// was reports whether a provider was sent what the example says.
func (s step) was(body string) bool {
	tight := func(text string) string { return strings.ReplaceAll(text, `": `, `":`) }
	body = tight(body)
	return strings.Contains(body, tight(s.got)) && (s.not == "" || !strings.Contains(body, tight(s.not)))
}

const (
	saidWhole  = `{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}`
	saidChunk  = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":%q},"finish_reason":null}]}` + "\n\n"
	saidEnd    = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"
	claudeSaid = `{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":%q}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":4}}`
	claudeFlow = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"claude\",\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n" +
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n" +
		"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":%q}}\n\n"
	claudeEnd = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" +
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":4}}\n\n" +
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
)

// answer is the provider's, in its dialect and in the form that was asked for.
func (s step) answer(r *http.Request, body string) *http.Response {
	header := s.header.Clone()
	header.Set("Content-Type", "application/json")
	resp := &http.Response{StatusCode: s.status, Header: header, Request: r}
	if s.status != http.StatusOK {
		resp.Body = io.NopCloser(strings.NewReader(`{"error":{"message":"as the example says","type":"server_error"}}`))
		return resp
	}
	whole, flow, end := saidWhole, saidChunk, saidEnd
	if strings.HasSuffix(r.URL.Path, "/messages") {
		whole, flow, end = claudeSaid, claudeFlow, claudeEnd
	}
	switch {
	case !strings.Contains(body, `"stream":true`) && !strings.Contains(body, `"stream": true`):
		resp.Body = io.NopCloser(strings.NewReader(fmt.Sprintf(whole, s.text)))
		return resp
	case s.breaks:
		end = ""
	}
	header.Set("Content-Type", "text/event-stream")
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(fmt.Sprintf(flow, s.text)+end), ending{s.breaks}))
	return resp
}

// ending is how a stream ends.
type ending struct{ broken bool }

func (e ending) Read([]byte) (int, error) {
	if e.broken {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}
