package route

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/httpx"
	"sluice/core/llm"
	"sluice/core/upstream"
)

// A played provider answers in virtual time, by the first label of the host.
type played map[string]*part

// A part is what one of them says, and how it was called.
type part struct {
	after  time.Duration // until the answer's headers
	status int           // 0: 200
	body   string        // empty: an answer that says the provider's name
	pieces []string      // of a stream, in place of body …
	gap    time.Duration // … and the wait before each
	asks   string        // Retry-After
	deaf   bool          // it does not notice that nobody waits any more
	panics bool

	mu     sync.Mutex
	calls  []time.Time
	gaveUp int // calls that ended before the answer
}

const wholeChat = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"NAME"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}`

func (p played) RoundTrip(r *http.Request) (*http.Response, error) {
	name, _, _ := strings.Cut(r.URL.Hostname(), ".")
	own := p[name]
	own.mu.Lock()
	own.calls = append(own.calls, time.Now())
	own.mu.Unlock()
	if own.panics {
		panic("a bug in " + name)
	}
	ctx := r.Context()
	if own.deaf {
		ctx = context.Background()
	}
	if err := pause(ctx, own.after); err != nil {
		own.mu.Lock()
		own.gaveUp++
		own.mu.Unlock()
		return nil, err
	}
	resp := &http.Response{StatusCode: max(own.status, 200), Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
	if own.asks != "" {
		resp.Header.Set("Retry-After", own.asks)
	}
	switch {
	case own.pieces != nil:
		resp.Header.Set("Content-Type", "text/event-stream")
		resp.Body = io.NopCloser(&pacedReader{ctx: ctx, pieces: slices.Clone(own.pieces), gap: own.gap})
	case own.body != "":
		resp.Body = io.NopCloser(strings.NewReader(own.body))
	case resp.StatusCode > 299:
		resp.Body = io.NopCloser(strings.NewReader(`{"error":{"message":"` + name + ` failed"}}`))
	default:
		resp.Body = io.NopCloser(strings.NewReader(strings.Replace(wholeChat, "NAME", name, 1)))
	}
	return resp, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A pacedReader gives one piece after another, each after a gap.
type pacedReader struct {
	ctx    context.Context
	pieces []string
	gap    time.Duration
}

func (r *pacedReader) Read(b []byte) (int, error) {
	if len(r.pieces) == 0 {
		return 0, io.EOF
	}
	if err := pause(r.ctx, r.gap); err != nil {
		return 0, err
	}
	n := copy(b, r.pieces[0])
	if r.pieces[0] = r.pieces[0][n:]; r.pieces[0] == "" {
		r.pieces = r.pieces[1:]
	}
	return n, nil
}

// route compiles a config whose targets are played.
func (p played) route(t *testing.T, config string) core.Handler {
	t.Helper()
	return p.routeIn(t, p.env(), config)
}

func (p played) routeIn(t *testing.T, env Env, config string) core.Handler {
	t.Helper()
	c, err := Parse([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Compile(c, "", env)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (p played) env() Env {
	return Env{
		Upstream:  &upstream.Client{HTTP: httpx.NewClient(p)},
		CheckHost: func(string) error { return nil },
		Random:    func() float64 { return 0.5 },
	}
}

// targets lists one target for each name, each with the members given.
func targets(members string, names ...string) string {
	var list []string
	for _, n := range names {
		list = append(list, `{"provider":"openai","api_key":"k","custom_host":"https://`+n+`.example/v1"`+members+`}`)
	}
	return `"targets":[` + strings.Join(list, ",") + `]`
}

func chatCall(members string) *core.Call {
	return (&core.Call{
		Incoming:  core.Incoming{Method: http.MethodPost, Path: "/v1/chat/completions", Header: http.Header{}, Model: "m", Body: []byte(`{"model":"m","messages":[{"role":"user","content":"Hi"}]` + members + `}`), Stream: strings.Contains(members, `"stream":true`)},
		Operation: llm.Generate, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{},
	}).Prepare()
}

// said is the text of an answer, or the text of a failure.
func said(reply *core.Reply, err error) string {
	if err != nil {
		return err.Error()
	}
	defer reply.Close()
	text := ""
	for e, err := range reply.Events() {
		if err != nil {
			return text + " … " + err.Error()
		}
		text += e.Text
	}
	return text
}

// attempts are what a trace says of attempts, a line each.
func attempts(c *core.Call) []string {
	var out []string
	for _, a := range c.Trace.Attempts() {
		line := a.Option
		switch {
		case a.Lost && a.Bill != nil && a.Bill.Usage.Estimated:
			line += " lost, estimated"
		case a.Lost && a.Bill != nil:
			line += " lost, billed"
		case a.Lost:
			line += " lost"
		case a.Err != nil:
			line += " failed"
		default:
			line += " answered"
		}
		out = append(out, line)
	}
	return out
}

func (p played) callsOf(name string) int {
	p[name].mu.Lock()
	defer p[name].mu.Unlock()
	return len(p[name].calls)
}
