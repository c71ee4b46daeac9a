package lambdaemu

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sluice/functions/internal/outputtest"
	"strings"
	"testing"
	"time"
)

// binary is the function that the tests run: testdata/fn.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lambdaemu")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", binary, "./testdata/fn")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as all others are built: most of it is compiled already
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Printf("building the function: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// start runs the function with what the test wants changed.
func start(t *testing.T, c Config) *Emulator {
	t.Helper()
	c.Binary = binary
	e, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ask sends a request with headers given as pairs, and reads the answer.
func ask(t *testing.T, e *Emulator, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	resp := send(t, t.Context(), e, method, path, body, header...)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return resp, string(b)
}

func send(t *testing.T, ctx context.Context, e *Emulator, method, path, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, e.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// idle waits until the function is frozen and returns the last report.
func idle(t *testing.T, e *Emulator) Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := e.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	reports := e.Reports()
	if len(reports) == 0 {
		return Report{}
	}
	return reports[len(reports)-1]
}

// lines counts the lines that handlers left in a file.
func lines(t *testing.T, file, line string) (n int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		if s.Text() == line {
			n++
		}
	}
	return n
}

// TestEventsOfAStreamArriveOneByOne has a function that sends an event when the
// one before it has arrived: if any was held back, none would follow.
func TestEventsOfAStreamArriveOneByOne(t *testing.T) {
	t.Parallel()
	e := start(t, Config{})
	path := filepath.Join(t.TempDir(), "notes")
	notes, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer notes.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	resp := send(t, ctx, e, "GET", "/acknowledged", "", "X-Notes", path)
	defer resp.Body.Close()
	n := 0
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		if s.Text() != "" {
			n++
			fmt.Fprintln(notes, s.Text())
		}
	}
	if n != 5 {
		t.Errorf("%d events came, want five", n)
	}
}

func TestAnswersWithoutBodyDoNotHang(t *testing.T) {
	t.Parallel()
	e := start(t, Config{})
	for code, want := range map[int]struct {
		status int
		body   string
	}{204: {200, "{}"}, 304: {304, ""}, 302: {302, "{}"}, 403: {403, "{}"}, 503: {503, "{}"}} {
		resp, body := ask(t, e, "GET", fmt.Sprintf("/status/%d", code), "")
		if resp.StatusCode != want.status || body != want.body {
			t.Errorf("%d: got %d %q, want %d %q", code, resp.StatusCode, body, want.status, want.body)
		}
	}
	if r := idle(t, e); r.Status != "success" {
		t.Errorf("last report: %s", r)
	}
}

func TestPanicBeforeTheAnswerIs500(t *testing.T) {
	t.Parallel()
	var log outputtest.Output
	e := start(t, Config{MaxProcesses: 1, Log: &log})
	_, before := ask(t, e, "GET", "/pid", "")
	resp, body := ask(t, e, "GET", "/panic", "")
	if want := `{"error":{"message":"internal error","type":"server_error"}}`; resp.StatusCode != 500 || body != want {
		t.Errorf("got %d %q, want 500 %q", resp.StatusCode, body, want)
	}
	if _, after := ask(t, e, "GET", "/pid", ""); after != before {
		t.Errorf("process %s was replaced by %s", before, after)
	}
	if !strings.Contains(log.String(), "handler panicked") {
		t.Errorf("log: %s", log.String())
	}
}

func TestPanicInAStreamIsAnErrorEventAndATrailer(t *testing.T) {
	t.Parallel()
	e := start(t, Config{MaxProcesses: 1})
	_, before := ask(t, e, "GET", "/pid", "")
	resp, body := ask(t, e, "GET", "/panic-in-stream", "")
	want := "data: 1\n\n" + `data: {"error":{"message":"internal error","type":"server_error"}}` + "\n\n"
	if resp.StatusCode != 200 || body != want {
		t.Errorf("got %d %q, want 200 %q", resp.StatusCode, body, want)
	}
	if r := idle(t, e); r.Status != "error" || r.ErrorType != "errorString" {
		t.Errorf("report: %s", r)
	}
	if _, after := ask(t, e, "GET", "/pid", ""); after != before {
		t.Errorf("process %s was replaced by %s", before, after)
	}
}

func TestHooksAreDoneWhenTheFunctionFreezes(t *testing.T) {
	t.Parallel()
	e := start(t, Config{})
	notes := filepath.Join(t.TempDir(), "notes")
	ask(t, e, "GET", "/pid", "")
	begin := time.Now()
	if _, body := ask(t, e, "GET", "/hook", "", "X-Notes", notes); body != "answered" {
		t.Errorf("got %q", body)
	}
	waited := time.Since(begin)
	r := idle(t, e)
	if n := lines(t, notes, "hook done"); n != 1 || r.Duration < 300*time.Millisecond || r.Duration <= waited {
		t.Errorf("hook done %d times; the client waited %v, the function ran %v", n, waited, r.Duration)
	}
}

func TestNothingRunsWhileTheFunctionIsFrozen(t *testing.T) {
	t.Parallel()
	notes := filepath.Join(t.TempDir(), "notes") // first, since what writes to it must be gone when it goes
	e := start(t, Config{})
	ask(t, e, "GET", "/leave-goroutine", "", "X-Notes", notes)
	idle(t, e)
	frozen := lines(t, notes, "tick")
	time.Sleep(200 * time.Millisecond)
	if n := lines(t, notes, "tick"); n != frozen {
		t.Errorf("went from %d to %d ticks while it was frozen", frozen, n)
	}
	ask(t, e, "GET", "/stream", "")
	if n := lines(t, notes, "tick"); n <= frozen+5 {
		t.Errorf("went from %d to %d ticks in half a second awake", frozen, n)
	}
}

func TestFunctionRunsOnWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	e := start(t, Config{MaxProcesses: 1})
	notes := filepath.Join(t.TempDir(), "notes")
	_, before := ask(t, e, "GET", "/pid", "")
	ctx, leave := context.WithCancel(t.Context())
	resp := send(t, ctx, e, "GET", "/stream", "", "X-Notes", notes)
	if _, err := resp.Body.Read(make([]byte, 9)); err != nil {
		t.Fatal(err)
	}
	leave()
	resp.Body.Close()
	r := idle(t, e)
	if lines(t, notes, "ended") != 1 || r.Status != "success" || r.Duration < 500*time.Millisecond {
		t.Errorf("the function did not run to its end: %s", r)
	}
	if _, after := ask(t, e, "GET", "/pid", ""); after != before {
		t.Errorf("process %s was replaced by %s", before, after)
	}
}

func TestTenantsAlternateOnOneProcess(t *testing.T) {
	t.Parallel()
	e := start(t, Config{MaxProcesses: 1})
	_, pid := ask(t, e, "GET", "/pid", "")
	for i := range 6 {
		name, body := []string{"a", ""}[i%2], []string{strings.Repeat("a", 100), "b"}[i%2]
		resp, got := ask(t, e, "POST", "/tenant", body, "X-Tenant", name, "Content-Type", "text/plain")
		if want := pid + ": " + body; got != want || resp.Header.Get("X-Tenant") != name {
			t.Errorf("request %d: got %q for tenant %q, want %q for %q", i, got, resp.Header.Get("X-Tenant"), want, name)
		}
	}
}

func TestLogHasTheLinesOfThePlatform(t *testing.T) {
	t.Parallel()
	var log outputtest.Output
	e := start(t, Config{Log: &log, Memory: 256})
	ask(t, e, "GET", "/pid", "")
	first := idle(t, e)
	ask(t, e, "GET", "/pid", "")
	second := idle(t, e)
	if first.Init <= 0 || second.Init != 0 || first.Billed < first.Init+first.Duration || first.Billed > first.Init+first.Duration+time.Millisecond {
		t.Errorf("reports: %s; %s", first, second)
	}
	if first.Memory != 256 || first.MaxMemory == 0 && exists("/proc/self/status") {
		t.Errorf("memory: %s", first)
	}
	for _, want := range []string{"START RequestId: " + first.RequestID + " Version: $LATEST\n", "END RequestId: " + second.RequestID + "\n", first.String() + "\n"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in the log:\n%s", want, log.String())
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestReportLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		r    Report
		want string
	}{
		{"warm", Report{RequestID: "id", Duration: 12345678, Billed: 13e6, Memory: 512, MaxMemory: 40, Status: "success"},
			"REPORT RequestId: id\tDuration: 12.35 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\tMax Memory Used: 40 MB"},
		{"cold", Report{RequestID: "id", Duration: 1e6, Billed: 51e6, Init: 50e6, Memory: 512, Status: "error", ErrorType: "Runtime.ExitError"},
			"REPORT RequestId: id\tDuration: 1.00 ms\tBilled Duration: 51 ms\tMemory Size: 512 MB\tMax Memory Used: 0 MB\tInit Duration: 50.00 ms\tStatus: error\tError Type: Runtime.ExitError"},
	}
	for _, tt := range tests {
		if got := tt.r.String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	for d, want := range map[time.Duration]time.Duration{0: 0, 1: 1e6, 1e6: 1e6, 1e6 + 1: 2e6} {
		if got := billed(d); got != want {
			t.Errorf("billed(%d): got %d, want %d", d, got, want)
		}
	}
}
