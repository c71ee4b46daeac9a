package httpx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func request(t testing.TB, method, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// loopback is a client that reaches test servers.
func loopback(t testing.TB) *Client {
	t.Helper()
	c := NewClient(NewTransport(guard(t, Policy{AllowLoopback: true}), 0))
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// hang answers nothing until the client leaves. A server notices that only
// when it has read the request.
func hang(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// leaks fails the test if it leaves goroutines behind.
func leaks(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		var after int
		for range 200 {
			if after = runtime.NumGoroutine(); after <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines were left behind\n%s", after-before, buf[:runtime.Stack(buf, true)])
	})
}

func TestDoReturnsRedirectsAsTheyAre(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	})
	resp, err := loopback(t).Do(request(t, http.MethodPost, url, "{}"))
	if err != nil {
		t.Fatal(err)
	}
	Drain(resp.Body)
	if resp.StatusCode != http.StatusFound || hits.Load() != 1 {
		t.Errorf("got status %d after %d requests, want 302 after 1", resp.StatusCode, hits.Load())
	}
}

func TestDoAddsNothingToTheRequest(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	var got http.Header
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	req := request(t, http.MethodPost, url, "{}")
	req.Header = http.Header{"User-Agent": {"test"}}
	resp, err := loopback(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	Drain(resp.Body)
	for _, name := range []string{"Idempotency-Key", "Accept-Encoding", "Cookie", "Referer"} {
		if vs, ok := got[name]; ok {
			t.Errorf("header %s was sent: %q", name, vs)
		}
	}
}

func TestErrorsHaveAClass(t *testing.T) {
	t.Parallel()
	hangs := serve(t, hang)
	resets := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	})
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	l.Close()

	soon := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, 30*time.Millisecond)
	}
	afterwards := func(cause error) func(context.Context) (context.Context, context.CancelFunc) {
		return func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(30*time.Millisecond, func() { cancel(cause) })
			return ctx, func() { cancel(nil) }
		}
	}
	ours := errors.New("30 ms without an answer")
	tests := []struct {
		name  string
		url   string
		ctx   func(context.Context) (context.Context, context.CancelFunc)
		class Class
		cause error
	}{
		{"refused", nobody, context.WithCancel, Unreachable, nil},
		{"reset", resets, context.WithCancel, Unreachable, nil},
		{"unknown certificate", secure.URL, context.WithCancel, Unreachable, nil},
		{"TLS where plain HTTP is spoken", strings.Replace(hangs, "http", "https", 1), context.WithCancel, Unreachable, nil},
		{"other scheme", "ftp://127.0.0.1", context.WithCancel, Unreachable, nil},
		{"deadline", hangs, soon, Timeout, context.DeadlineExceeded},
		{"deadline with a cause", hangs, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, 30*time.Millisecond, ours)
		}, Timeout, ours},
		{"watchdog", hangs, afterwards(fmt.Errorf("idle: %w", context.DeadlineExceeded)), Timeout, context.DeadlineExceeded},
		{"client has gone", hangs, afterwards(nil), Canceled, context.Canceled},
		{"client has gone for a reason", hangs, afterwards(ours), Canceled, ours},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := tt.ctx(t.Context())
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, tt.url, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := loopback(t).Do(req)
			if err == nil {
				resp.Body.Close()
				t.Fatalf("got status %d, want an error", resp.StatusCode)
			}
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Class != tt.class || tt.cause != nil && !errors.Is(err, tt.cause) {
				t.Errorf("got %v, want class %q because of %v", err, tt.class, tt.cause)
			}
		})
	}
}

func TestErrorsOfBodiesHaveAClass(t *testing.T) {
	t.Parallel()
	half := func(then func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "data: half")
			w.(http.Flusher).Flush()
			then(w, r)
		}
	}
	breaks := serve(t, half(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	}))
	stalls := serve(t, half(hang))
	tests := []struct {
		name  string
		url   string
		after func(cancel context.CancelCauseFunc)
		class Class
	}{
		{"connection breaks", breaks, func(context.CancelCauseFunc) {}, Broken},
		{"watchdog", stalls, func(cancel context.CancelCauseFunc) { cancel(context.DeadlineExceeded) }, Timeout},
		{"client has gone", stalls, func(cancel context.CancelCauseFunc) { cancel(nil) }, Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			resp, err := loopback(t).Do(request(t, http.MethodPost, tt.url, "{}").WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			time.AfterFunc(20*time.Millisecond, func() { tt.after(cancel) })
			got, err := io.ReadAll(resp.Body)
			if e, ok := errors.AsType[*Error](err); !ok || e.Class != tt.class || string(got) != "data: half" {
				t.Errorf("got %q, %v; want class %q", got, err, tt.class)
			}
		})
	}
}

// A server may close an idle connection while a request is on its way.
func TestAPostIsSentAgainWhenItsConnectionWasDead(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var connections atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				body, _ := io.ReadAll(req.Body)
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				r.ReadByte() // the second request on a connection finds it closed
			}()
		}
	}()
	c := loopback(t)
	for i := range 3 {
		body := fmt.Sprintf(`{"n":%d}`, i)
		resp, err := c.Do(request(t, http.MethodPost, "http://"+l.Addr().String(), body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(got) != body {
			t.Errorf("got %q, %v; want %q", got, err, body)
		}
	}
	if n := connections.Load(); n != 3 {
		t.Errorf("got %d connections, want 3", n)
	}
}

// An upstream that falls over a request is not given it on every connection
// that is kept.
func TestAPostIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	const kept = 5
	var deaths atomic.Int32
	var together sync.WaitGroup
	together.Add(kept)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/well" {
			together.Done()
			together.Wait() // so that each has a connection
			return
		}
		deaths.Add(1)
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	})
	c := loopback(t)
	var all sync.WaitGroup
	for range kept {
		all.Go(func() {
			resp, err := c.Do(request(t, http.MethodPost, url+"/well", "{}"))
			if err != nil {
				t.Error(err)
				return
			}
			Drain(resp.Body)
		})
	}
	all.Wait()
	_, err := c.Do(request(t, http.MethodPost, url+"/ill", "{}"))
	if e, ok := errors.AsType[*Error](err); !ok || e.Class != Unreachable || deaths.Load() != 2 {
		t.Errorf("got %v after %d requests, want no connection after 2", err, deaths.Load())
	}
}

// The wall clock goes on while the environment is frozen.
func TestConnectionsAreNotUsedAfterAFreeze(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		frozen time.Duration
		reused bool
	}{
		{"busy", 0, true},
		{"short", 40 * time.Second, true},
		{"long", 51 * time.Second, false},
		{"clock set back", -time.Hour, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var last string
			url := serve(t, func(_ http.ResponseWriter, r *http.Request) { last = r.RemoteAddr })
			c := loopback(t)
			var seen []string
			for range 2 {
				resp, err := c.Do(request(t, http.MethodPost, url, "{}"))
				if err != nil {
					t.Fatal(err)
				}
				Drain(resp.Body)
				seen = append(seen, last)
				c.used.Add(-int64(tt.frozen))
			}
			if reused := seen[0] == seen[1]; reused != tt.reused {
				t.Errorf("the connection was used again: %v, want %v", reused, tt.reused)
			}
		})
	}
}

func TestHTTP2IsUsedWhereItIsOffered(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	tr := NewTransport(guard(t, Policy{AllowLoopback: true}), 0)
	tr.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := NewClient(tr)
	defer c.CloseIdleConnections()
	resp, err := c.Do(request(t, http.MethodPost, s.URL, "{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != "HTTP/2.0" {
		t.Errorf("got %s, %v; want HTTP/2.0", got, err)
	}
}

func TestDrainMakesTheConnectionUsableAgain(t *testing.T) {
	leaks(t)
	var addresses []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		addresses = append(addresses, r.RemoteAddr)
		w.WriteHeader(http.StatusTooManyRequests)
		w.Write(bytes.Repeat([]byte("x"), 100<<10))
	})
	c := loopback(t)
	for range 3 {
		resp, err := c.Do(request(t, http.MethodPost, url, "{}"))
		if err != nil {
			t.Fatal(err)
		}
		Drain(resp.Body)
	}
	if addresses[0] != addresses[1] || addresses[1] != addresses[2] {
		t.Errorf("got connections from %v, want one", addresses)
	}
}

func TestDrainDoesNotWaitForABodyThatNeverEnds(t *testing.T) {
	leaks(t)
	ended := make(chan string, 2)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				break
			}
			if r.URL.Path == "/stalls" {
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			}
		}
		ended <- r.URL.Path
	})
	c := loopback(t)
	for _, path := range []string{"/stalls", "/endless"} {
		resp, err := c.Do(request(t, http.MethodPost, url+path, "{}"))
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		Drain(resp.Body)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: took %v", path, took)
		}
		if got := <-ended; got != path {
			t.Errorf("got %s, want the end of %s", got, path)
		}
	}
}

func zipped(t testing.TB, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGzipThatNobodyAskedForIsUnpacked(t *testing.T) {
	t.Parallel()
	answer := `{"object":"chat.completion"}`
	tests := []struct {
		name     string
		method   string
		accept   string
		encoding string
		body     []byte
		want     string
		left     string // content encoding that the caller sees
	}{
		{"gzip", "POST", "", "gzip", zipped(t, answer), answer, ""},
		{"old name, other case", "POST", "", "X-GZIP", zipped(t, answer), answer, ""},
		{"two members", "POST", "", "gzip", append(zipped(t, "a"), zipped(t, "b")...), "ab", ""},
		{"asked not to", "POST", "identity", "gzip", zipped(t, answer), answer, ""},
		{"asked for", "POST", "br, GZIP", "gzip", zipped(t, answer), string(zipped(t, answer)), "gzip"},
		{"not compressed", "POST", "", "", []byte(answer), answer, ""},
		{"no body", "HEAD", "", "gzip", nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				w.Write(tt.body)
			})
			req := request(t, tt.method, url, "")
			if tt.accept != "" {
				req.Header.Set("Accept-Encoding", tt.accept)
			}
			resp, err := loopback(t).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			if got := resp.Header.Get("Content-Encoding"); got != tt.left {
				t.Errorf("got content encoding %q, want %q", got, tt.left)
			}
		})
	}
}

func TestGzippedStreamsAreNotHeldBack(t *testing.T) {
	t.Parallel()
	next := make(chan bool)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.(http.Flusher).Flush() // headers, long before the first byte
		z := gzip.NewWriter(w)
		for i := range 3 {
			<-next
			fmt.Fprintf(z, "data: %d\n\n", i)
			z.Flush()
			w.(http.Flusher).Flush()
		}
		z.Close()
	})
	resp, err := loopback(t).Do(request(t, http.MethodPost, url, "{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for i := range 3 {
		next <- true
		got := make([]byte, len("data: 0\n\n"))
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != fmt.Sprintf("data: %d\n\n", i) {
			t.Errorf("got %q, %v; want event %d", got, err, i)
		}
	}
}

func TestGzipFaults(t *testing.T) {
	t.Parallel()
	good := zipped(t, strings.Repeat("x", 1000))
	bad := bytes.Clone(good)
	bad[len(bad)-6] ^= 1 // checksum
	tests := []struct {
		name string
		body []byte
		cap  int64
	}{
		{"not gzip", []byte(`{"a":1} and more`), 2000},
		{"cut", good[:len(good)-9], 2000},
		{"cut in the header", good[:5], 2000},
		{"checksum", bad, 2000},
		{"a bomb", good, 999},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := &unpacked{packed: io.NopCloser(bytes.NewReader(tt.body)), left: tt.cap}
			for range 2 { // an error stays
				n, err := io.Copy(io.Discard, u)
				if e, ok := errors.AsType[*Error](err); !ok || e.Class != Broken || n > tt.cap {
					t.Errorf("got %d bytes, %v; want class %q", n, err, Broken)
				}
			}
		})
	}
}
