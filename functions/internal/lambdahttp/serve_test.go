package lambdahttp

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core"
)

func serve(t *testing.T, ctx context.Context, h http.HandlerFunc, o Options) (url string, ended <-chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := make(chan error, 1)
	go func() { c <- Serve(ctx, ln, h, o) }()
	return "http://" + ln.Addr().String(), c
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestServerDoesNotLetTheClientWaitButWaitsForHooks(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	release, done := make(chan struct{}), atomic.Bool{}
	url, ended := serve(t, ctx, func(w http.ResponseWriter, r *http.Request) {
		core.RunAfter(r.Context(), func(ctx context.Context) {
			<-release
			if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
				t.Errorf("context of a hook: %v, with a deadline: %v", ctx.Err(), ok)
			}
			done.Store(true)
		})
		io.WriteString(w, "hello")
	}, Options{})
	if got := get(t, url); got != "hello" || done.Load() {
		t.Errorf("got %q, hook done: %v", got, done.Load())
	}
	stop()
	select {
	case err := <-ended:
		t.Fatalf("ended with a hook running: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if err := <-ended; err != nil || !done.Load() {
		t.Errorf("ended with %v, hook done: %v", err, done.Load())
	}
}

func TestServerRunsHooksOfAHandlerThatPanicked(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var done atomic.Bool
	url, ended := serve(t, ctx, func(w http.ResponseWriter, r *http.Request) {
		core.RunAfter(r.Context(), func(context.Context) { done.Store(true) })
		panic(http.ErrAbortHandler)
	}, Options{})
	if resp, err := http.Get(url); err == nil {
		resp.Body.Close()
		t.Errorf("got %v", resp.Status)
	}
	stop()
	if err := <-ended; err != nil || !done.Load() {
		t.Errorf("ended with %v, hook done: %v", err, done.Load())
	}
}

func TestServerEndsRequestsThatDoNotEnd(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var hook atomic.Bool
	url, ended := serve(t, ctx, func(w http.ResponseWriter, r *http.Request) {
		core.RunAfter(r.Context(), func(context.Context) { hook.Store(true) })
		io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		stop()
		<-r.Context().Done()
	}, Options{Drain: 100 * time.Millisecond})
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := <-ended; err != nil || !hook.Load() {
		t.Errorf("ended with %v, hook done: %v", err, hook.Load())
	}
}

func TestServerSaysWhenHooksDoNotEnd(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	url, ended := serve(t, ctx, func(w http.ResponseWriter, r *http.Request) {
		core.RunAfter(r.Context(), func(context.Context) { <-t.Context().Done() })
	}, Options{Drain: 50 * time.Millisecond})
	get(t, url)
	stop()
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}

func TestStartServesOnLoopback(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	env := func(name string) string { return map[string]string{"PORT": port}[name] }
	o := Options{Log: slog.New(slog.DiscardHandler)}
	if err := Start(t.Context(), http.NotFoundHandler(), o, env); err == nil {
		t.Error("a port in use: no error")
	}
	free.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Start(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "up") }), o, env)
	}()
	deadline := time.Now().Add(5 * time.Second)
	for {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if got := get(t, "http://127.0.0.1:"+port); got != "up" {
		t.Errorf("got %q", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
