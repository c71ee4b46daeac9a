package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"sluice/core/gateway"
)

// serve starts a gateway in front of an upstream.
func serve(t *testing.T, c gateway.Config, upstream http.HandlerFunc) (front, up *httptest.Server) {
	t.Helper()
	c.AllowLoopback = true
	h, err := gateway.New(c)
	if err != nil {
		t.Fatal(err)
	}
	up = httptest.NewServer(upstream)
	front = httptest.NewServer(h)
	t.Cleanup(func() { front.Close(); up.Close() })
	return front, up
}

func chunk(text string) string {
	return fmt.Sprintf("data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1726000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q},\"finish_reason\":null}]}\n\n", text)
}

const chatEnd = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1726000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"

func stream(ctx context.Context, t *testing.T, front, up *httptest.Server, path string) *http.Response {
	t.Helper()
	body := `{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, front.URL+path, strings.NewReader(body))
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
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func write(w http.ResponseWriter, s string) {
	_, _ = io.WriteString(w, s)
	_ = http.NewResponseController(w).Flush()
}

var bothRoutes = []string{"/v1/chat/completions", "/v1/messages"}

func TestEveryEventLeavesAtOnce(t *testing.T) {
	t.Parallel()
	step := make(chan struct{})
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			write(w, chunk(fmt.Sprint("word", i)))
			<-step // the next word is not sent before the client has this one
		}
		write(w, chatEnd)
	})
	for _, path := range bothRoutes {
		resp := stream(t.Context(), t, front, up, path)
		r := bufio.NewReader(resp.Body)
		for i := range 3 {
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					t.Fatalf("%s: word%d never came: %v", path, i, err)
				}
				if strings.Contains(line, fmt.Sprint("word", i)) {
					break
				}
			}
			step <- struct{}{}
		}
	}
}

func TestASilentUpstreamDoesNotMeanASilentClient(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{KeepAlive: 20 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(120 * time.Millisecond) // before the headers
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, chunk("one"))
		time.Sleep(120 * time.Millisecond) // in the middle
		write(w, chunk("two")+chatEnd)
	})
	for _, path := range bothRoutes {
		resp := stream(t.Context(), t, front, up, path)
		if opened := resp.StatusCode; opened != http.StatusOK || resp.Header.Get("X-Portkey-Provider") != "" {
			t.Errorf("%s: opened with %d and the target's headers %v", path, opened, resp.Header)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, _ := strings.Cut(string(body), "one")
		between, _, _ := strings.Cut(rest, "two")
		if !strings.Contains(before, ": ") || !strings.Contains(between, ": ") && !strings.Contains(between, "event: ping") {
			t.Errorf("%s: no sign of life in\n%s", path, body)
		}
		if strings.Count(string(body), "message_start\"") > 1 || !strings.Contains(string(body), "two") {
			t.Errorf("%s: got\n%s", path, body)
		}
	}
}

func TestAnErrorAfterTheStreamWasOpenedIsToldInIt(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{KeepAlive: 10 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(60 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		write(w, `{"error":{"message":"slow down","type":"rate_limit_error"}}`)
	})
	for _, path := range bothRoutes {
		body, err := io.ReadAll(stream(t.Context(), t, front, up, path).Body)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(body); !strings.Contains(got, "slow down") || !strings.Contains(got, `"error"`) || strings.Contains(got, "[DONE]") || strings.Contains(got, "message_stop") {
			t.Errorf("%s: got\n%s", path, got)
		}
	}
}

func TestAClientThatLeavesAtAnyMomentLeavesNothingBehind(t *testing.T) {
	gone := make(chan struct{}, 64)
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		defer func() { gone <- struct{}{} }()
		w.Header().Set("Content-Type", "text/event-stream")
		for i := 0; r.Context().Err() == nil && i < 2000; i++ {
			write(w, chunk("word "))
			time.Sleep(time.Millisecond)
		}
	})
	before := runtime.NumGoroutine()
	const leavers = 12
	for i := range leavers {
		ctx, cancel := context.WithCancel(t.Context())
		resp := stream(ctx, t, front, up, bothRoutes[i%2])
		_, _ = io.ReadFull(resp.Body, make([]byte, 100*i))
		cancel()
		_ = resp.Body.Close()
	}
	for range leavers {
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Fatal("an upstream was not told that the client has gone")
		}
	}
	front.CloseClientConnections()
	up.CloseClientConnections()
	eventually(t, "goroutines were left behind", func() int { return max(0, runtime.NumGoroutine()-before-4) })
}

func TestErrorAnswersDoNotLeakConnections(t *testing.T) {
	t.Parallel()
	conns := map[string]bool{}
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		w.WriteHeader(http.StatusInternalServerError)
		write(w, strings.Repeat("an error page that is longer than one would think ", 200))
	})
	for range 30 {
		resp := stream(t.Context(), t, front, up, "/v1/chat/completions")
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if len(conns) > 2 {
		t.Errorf("30 requests in a row opened %d connections", len(conns))
	}
}

func TestAnErrorBeforeContentFallsBack(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"error object in a good stream": "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"overloaded_error\",\"code\":529}}\n\n",
		"empty stream":                  "",
		"nothing but a role":            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
		"not JSON":                      "data: {oops\n\n",
	}
	for name, first := range tests {
		t.Run(name, func(t *testing.T) {
			front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				if strings.HasPrefix(r.URL.Path, "/a/") {
					write(w, first)
					return
				}
				write(w, chunk("from b")+chatEnd)
			})
			config := fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"k","custom_host":"%[1]s/a"},{"provider":"openai","api_key":"k","custom_host":"%[1]s/b"}]}`, up.URL)
			for _, path := range bothRoutes {
				status, body := post(t, front, path, `{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`, map[string]string{"X-Portkey-Config": config})
				if status != http.StatusOK || !strings.Contains(body, "from b") || strings.Contains(body, "overloaded") {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
		})
	}
}

func TestTwoTenantsOnOneProcessShareNothing(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":"stop"}]}`,
			r.Header.Get("Authorization")+" "+r.Header.Get("X-Mine")+" "+string(body))
	})
	for i := range 40 {
		tenant := []string{"ada", "bob"}[i%2]
		other := []string{"bob", "ada"}[i%2]
		_, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"I am `+tenant+`"}]}`, map[string]string{
			"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer " + tenant,
			"X-Mine": tenant, "X-Portkey-Forward-Headers": "x-mine",
		})
		if strings.Count(body, tenant) != 3 || strings.Contains(body, other) {
			t.Fatalf("%s was sent %s", tenant, body)
		}
	}
}
