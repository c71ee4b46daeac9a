package gateway

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// flaky stands where the network would: a provider of OpenAI's dialect or of
// Anthropic's that fails in all the ways there are, by the number of the call.
type flaky struct {
	mu             sync.Mutex
	calls          int
	faults         map[string]int
	opened, closed int // bodies of answers
}

// A mishap is one way in which a provider fails, and how often of a thousand
// calls.
type mishap struct {
	name string
	of   int
	does func(ctx context.Context, rng *rand.Rand, a *reply) error
}

// A reply is what a provider is about to say.
type reply struct {
	status int
	header http.Header
	pieces []string      // of the body
	gap    time.Duration // before each piece but the first
	end    error         // in place of the end; nil: io.EOF
	stalls bool          // at the end
}

var mishaps = []mishap{
	{"reset", 60, func(context.Context, *rand.Rand, *reply) error { return syscall.ECONNRESET }},
	{"status", 150, func(_ context.Context, rng *rand.Rand, a *reply) error {
		a.status = []int{429, 500, 502, 503, 529}[rng.IntN(5)]
		a.pieces = []string{`{"error":{"type":"server_error","message":"not now"}}`}
		return nil
	}},
	{"retry-after", 20, func(_ context.Context, _ *rand.Rand, a *reply) error {
		a.status, a.pieces = 429, []string{`{"error":{"type":"rate_limit","message":"slow down"}}`}
		a.header.Set("Retry-After", "2")
		return nil
	}},
	{"silence", 20, func(ctx context.Context, _ *rand.Rand, _ *reply) error { <-ctx.Done(); return ctx.Err() }},
	{"silence behind the headers", 20, func(_ context.Context, _ *rand.Rand, a *reply) error { a.pieces, a.stalls = nil, true; return nil }},
	{"slow", 100, func(ctx context.Context, rng *rand.Rand, _ *reply) error {
		return wait(ctx, time.Second+time.Duration(rng.IntN(5000))*time.Millisecond)
	}},
	{"web page", 20, func(_ context.Context, _ *rand.Rand, a *reply) error {
		a.header.Set("Content-Type", "text/html")
		a.pieces = []string{"<html><body>Be right back</body></html>"}
		return nil
	}},
	{"empty", 20, func(_ context.Context, _ *rand.Rand, a *reply) error { a.pieces = nil; return nil }},
	{"cut", 80, func(_ context.Context, rng *rand.Rand, a *reply) error {
		a.pieces = a.pieces[:rng.IntN(len(a.pieces))]
		a.end = errors.New("connection reset by peer")
		return nil
	}},
	{"stall", 20, func(_ context.Context, rng *rand.Rand, a *reply) error {
		a.pieces, a.stalls = a.pieces[:rng.IntN(len(a.pieces))], true
		return nil
	}},
	{"garbage", 30, func(_ context.Context, rng *rand.Rand, a *reply) error {
		a.pieces[rng.IntN(len(a.pieces))] = "data: {\"choices\n\n"
		return nil
	}},
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	rng := rand.New(rand.NewPCG(7, uint64(f.calls)))
	f.calls++
	m := draw(rng)
	f.faults[m.name]++
	f.mu.Unlock()
	if err := wait(r.Context(), time.Duration(20+rng.IntN(400))*time.Millisecond); err != nil {
		return nil, err
	}
	a := healthy(r.URL.Path, strings.Contains(string(body), `"stream":true`))
	a.gap = time.Duration(rng.IntN(100)) * time.Millisecond
	if err := m.does(r.Context(), rng, a); err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		a.header.Set("Content-Type", "application/json")
	}
	f.mu.Lock()
	f.opened++
	f.mu.Unlock()
	return &http.Response{StatusCode: a.status, Header: a.header, Request: r, ContentLength: -1, Body: &pacedBody{ctx: r.Context(), reply: a, flaky: f}}, nil
}

func draw(rng *rand.Rand) mishap {
	n := rng.IntN(1000)
	for _, m := range mishaps {
		if n -= m.of; n < 0 {
			return m
		}
	}
	return mishap{name: "none", does: func(context.Context, *rand.Rand, *reply) error { return nil }}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// healthy is the answer that a provider would like to give.
func healthy(path string, streams bool) *reply {
	a := &reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	anthropic := strings.HasSuffix(path, "/messages")
	switch {
	case streams && anthropic:
		a.pieces = []string{
			"event: message_start\ndata: " + `{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":5,"output_tokens":1}}}` + "\n\n",
			"event: content_block_start\ndata: " + `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n",
			"event: content_block_delta\ndata: " + `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"All "}}` + "\n\n",
			"event: content_block_delta\ndata: " + `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"is well"}}` + "\n\n",
			"event: content_block_stop\ndata: " + `{"type":"content_block_stop","index":0}` + "\n\n",
			"event: message_delta\ndata: " + `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}` + "\n\n",
			"event: message_stop\ndata: " + `{"type":"message_stop"}` + "\n\n",
		}
	case streams:
		for _, text := range []string{"All ", "is ", "well"} {
			a.pieces = append(a.pieces, `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":`+strconv.Quote(text)+`},"finish_reason":null}]}`+"\n\n")
		}
		a.pieces = append(a.pieces, `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\n", "data: [DONE]\n\n")
	case anthropic:
		a.pieces = []string{`{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text",`, `"text":"All is well"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":4}}`}
	default:
		a.pieces = []string{`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",`, `"content":"All is well"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}`}
	}
	if streams {
		a.header.Set("Content-Type", "text/event-stream")
	}
	return a
}

// A pacedBody gives a reply piece by piece.
type pacedBody struct {
	ctx context.Context
	*reply
	flaky *flaky
	rest  string
	once  sync.Once
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if b.rest == "" {
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *pacedBody) next() error {
	switch {
	case b.ctx.Err() != nil:
		return b.ctx.Err()
	case len(b.pieces) > 0:
		b.rest, b.pieces = b.pieces[0], b.pieces[1:]
		return wait(b.ctx, b.gap)
	case b.stalls:
		<-b.ctx.Done()
		return b.ctx.Err()
	case b.end != nil:
		return b.end
	}
	return io.EOF
}

func (b *pacedBody) Close() error {
	b.once.Do(func() {
		b.flaky.mu.Lock()
		defer b.flaky.mu.Unlock()
		b.flaky.closed++
	})
	return nil
}
