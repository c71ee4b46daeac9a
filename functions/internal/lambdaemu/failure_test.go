package lambdaemu

import (
	"context"
	"io"
	"net/http"
	"sluice/functions/internal/outputtest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTimeoutKillsTheFunction(t *testing.T) {
	t.Parallel()
	var log outputtest.Output
	e := start(t, Config{MaxProcesses: 1, Timeout: 500 * time.Millisecond, Log: &log})
	_, before := ask(t, e, "GET", "/pid", "")
	resp, body := ask(t, e, "GET", "/hang", "")
	if resp.StatusCode != 502 || body != "Internal Server Error" {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
	r := idle(t, e)
	if want := r.RequestID + " Task timed out after 0.50 seconds"; r.Status != "timeout" || !strings.Contains(log.String(), want) {
		t.Errorf("report %s, no %q in the log:\n%s", r, want, log.String())
	}
	if _, after := ask(t, e, "GET", "/pid", ""); after == before {
		t.Errorf("process %s was not killed", before)
	}
}

func TestFunctionThatExitsIsReplaced(t *testing.T) {
	t.Parallel()
	e := start(t, Config{MaxProcesses: 1})
	_, before := ask(t, e, "GET", "/pid", "")
	resp, body := ask(t, e, "GET", "/exit", "")
	if resp.StatusCode != 502 || body != "Internal Server Error" {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
	if r := idle(t, e); r.Status != "error" || r.ErrorType != "Runtime.ExitError" {
		t.Errorf("report: %s", r)
	}
	if _, after := ask(t, e, "GET", "/pid", ""); after == before {
		t.Errorf("process %s is still there", before)
	}
	if r := idle(t, e); r.Init == 0 {
		t.Errorf("no cold start: %s", r)
	}
}

func TestStreamBreaksWhenTheFunctionExits(t *testing.T) {
	t.Parallel()
	e := start(t, Config{})
	resp := send(t, t.Context(), e, "GET", "/exit-in-stream", "")
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err == nil || string(b) != "data: 1\n\n" {
		t.Errorf("got %q, %v", b, err)
	}
	if r := idle(t, e); r.Status != "error" {
		t.Errorf("report: %s", r)
	}
}

func TestFunctionThatDiesWhileFrozenIsReplaced(t *testing.T) {
	t.Parallel()
	e := start(t, Config{MaxProcesses: 1})
	_, before := ask(t, e, "GET", "/pid", "")
	idle(t, e)
	e.mu.Lock()
	env := e.idle[0]
	e.mu.Unlock()
	env.kill()
	<-env.exited
	idle(t, e)
	if resp, after := ask(t, e, "GET", "/pid", ""); resp.StatusCode != 200 || after == before {
		t.Errorf("got %d from process %s, before %s", resp.StatusCode, after, before)
	}
}

func TestFunctionThatDoesNotStart(t *testing.T) {
	t.Parallel()
	var log outputtest.Output
	e := start(t, Config{Env: []string{"FAIL_INIT=1"}, Log: &log})
	for range 2 {
		if resp, body := ask(t, e, "GET", "/pid", ""); resp.StatusCode != 502 || body != "Internal Server Error" {
			t.Errorf("got %d %q", resp.StatusCode, body)
		}
	}
	idle(t, e)
	if got := log.String(); !strings.Contains(got, "cannot start\n") || !strings.Contains(got, "INIT_REPORT") || !strings.Contains(got, "exit status 3") {
		t.Errorf("log:\n%s", got)
	}
}

func TestFunctionThatNeverAsksIsKilled(t *testing.T) {
	t.Parallel()
	e, err := Start(t.Context(), Config{Binary: "/bin/cat", InitTimeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	if resp, _ := ask(t, e, "GET", "/", ""); resp.StatusCode != 502 {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func TestBinaryThatIsNotThere(t *testing.T) {
	t.Parallel()
	e, err := Start(t.Context(), Config{Binary: t.TempDir() + "/none"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	if resp, _ := ask(t, e, "GET", "/", ""); resp.StatusCode != 502 {
		t.Errorf("got %d", resp.StatusCode)
	}
	if _, err := Start(t.Context(), Config{Addr: "nowhere"}); err == nil {
		t.Error("a bad address: no error")
	}
}

func TestHandlersWithoutTheAdapter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		plain    string
		buffered bool
		status   int
		body     string
		report   string
	}{
		{"proxy", true, 201, "hello", "success"},
		{"object", true, 200, `{"a":"b"}`, "success"},
		{"large", true, 502, "Internal Server Error", "error"},
		{"error", true, 502, "Internal Server Error", "error"},
		{"panic", true, 502, "Internal Server Error", "error"},
		{"empty", true, 502, "Internal Server Error", "success"},
		// A buffered answer under RESPONSE_STREAM is seen as it is.
		{"object", false, 200, `{"a":"b"}`, "success"},
		{"error", false, 502, "Internal Server Error", "error"},
	}
	for _, tt := range tests {
		name := tt.plain
		if !tt.buffered {
			name += " streamed"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := start(t, Config{Buffered: tt.buffered, Env: []string{"PLAIN=" + tt.plain}})
			resp, body := ask(t, e, "GET", "/a%2Fb", "")
			if resp.StatusCode != tt.status || body != tt.body {
				t.Errorf("got %d %.100q, want %d %q", resp.StatusCode, body, tt.status, tt.body)
			}
			if tt.plain == "proxy" && (resp.Header.Get("X-Path") != "/a%2Fb" || len(resp.Header["Set-Cookie"]) != 2) {
				t.Errorf("headers: %v", resp.Header)
			}
			if r := idle(t, e); r.Status != tt.report {
				t.Errorf("report: %s, want status %s", r, tt.report)
			}
		})
	}
}

func TestStreamedAnswerWithoutBodyHangs(t *testing.T) {
	t.Parallel()
	e := start(t, Config{Env: []string{"PLAIN=empty"}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", e.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("got %v", resp.Status)
	}
	if r := idle(t, e); r.Status != "success" || r.Duration > 500*time.Millisecond {
		t.Errorf("the function hangs too: %s", r)
	}
}

func TestRequestsAtOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		config   Config
		statuses map[int]int
		starts   int
	}{
		{"each has its process", Config{MaxProcesses: 2}, map[int]int{200: 2}, 2},
		{"one waits for the other", Config{MaxProcesses: 1}, map[int]int{200: 2}, 1},
		{"one is throttled", Config{MaxProcesses: 1, Throttle: true}, map[int]int{200: 1, 429: 1}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := start(t, tt.config)
			var mu sync.Mutex
			statuses := make(map[int]int)
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() {
					resp, _ := ask(t, e, "GET", "/stream", "")
					mu.Lock()
					defer mu.Unlock()
					statuses[resp.StatusCode]++
				})
			}
			all.Wait()
			idle(t, e)
			var starts int
			for _, r := range e.Reports() {
				if r.Init > 0 {
					starts++
				}
			}
			if len(statuses) != len(tt.statuses) || statuses[200] != tt.statuses[200] || starts != tt.starts {
				t.Errorf("got %v and %d starts, want %v and %d", statuses, starts, tt.statuses, tt.starts)
			}
		})
	}
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	e, err := Start(ctx, Config{Binary: binary})
	if err != nil {
		t.Fatal(err)
	}
	ask(t, e, "GET", "/pid", "")
	idle(t, e)
	cancel()
	e.Close() // also waits for the one that the context caused
	e.mu.Lock()
	left := len(e.environments)
	e.mu.Unlock()
	if left != 0 {
		t.Errorf("%d processes are left", left)
	}
	if resp, err := client.Get(e.URL); err == nil {
		resp.Body.Close()
		t.Errorf("the URL answers %v", resp.Status)
	}
}
