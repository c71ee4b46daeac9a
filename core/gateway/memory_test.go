package gateway

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/internal/httpx"
)

// pipes are connections in memory, so that in a bubble of synctest silences
// pass in no time. A host whose name begins with "nowhere" never accepts one.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

func (p pipes) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	if strings.HasPrefix(addr, "nowhere") {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ours, theirs := net.Pipe()
	select {
	case p.accept <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inMemory makes a gateway whose providers, whatever their hosts, are one
// handler behind pipes.
func inMemory(t *testing.T, c Config, providers http.HandlerFunc) http.Handler {
	t.Helper()
	p := pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: providers}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(p)
	}()
	transport := &http.Transport{DialContext: p.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	})
	client := httpx.NewClient(transport)
	c.Bedrock.HTTPClient = &http.Client{Transport: client.RoundTripper()}
	guard, err := httpx.NewGuard(httpx.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := assemble(c, guard, client)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// request makes a request with a config.
func request(ctx context.Context, config, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Portkey-Config", config)
	return r
}

// ask sends a request with a config and returns the whole answer.
func ask(ctx context.Context, h http.Handler, config, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request(ctx, config, path, body))
	return w
}

// visits notes when which host was asked. The zero value is ready.
type visits struct {
	mu sync.Mutex
	at map[string][]time.Time
}

// note says how many requests the host has had with this one.
func (v *visits) note(host string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.at == nil {
		v.at = map[string][]time.Time{}
	}
	v.at[host] = append(v.at[host], time.Now())
	return len(v.at[host])
}

func (v *visits) of(host string) []time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.at[host]
}
