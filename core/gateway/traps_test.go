package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/dialect/dialecttest"
	"sluice/core/gateway"
	"sluice/core/internal/golden"
)

// TestTraps plays each fixture in testdata/traps through the gateway's HTTP
// handler, with a scripted upstream on loopback:
//
//	client.request        method and path, headers, empty line, body
//	upstream.response     status, headers, empty line, body; numbered from the
//	                      second on (upstream.response.2)
//	upstream.request      what arrived there: method, path, body
//	client.response       status, telling headers, body
//
// The last two are golden. A body of the AWS event stream is written a line a
// message. The header "test-cut: yes" of an upstream response breaks the
// connection off after the body; "test-pause: 50ms" waits before it ends.
func TestTraps(t *testing.T) {
	golden.Each(t, "testdata/traps", playTrap)
}

// TestFaults plays those in testdata/faults, in the same form: what the
// reference does wrong, by the number of the fault.
func TestFaults(t *testing.T) {
	golden.Each(t, "testdata/faults", playTrap)
}

// TestEveryOwnedTrapHasAFixture holds TRAPS.md to its word.
func TestEveryOwnedTrapHasAFixture(t *testing.T) {
	md, err := os.ReadFile("../TRAPS.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, m := range regexp.MustCompile("`(testdata/[^`]+)`").FindAllSubmatch(md, -1) {
		named++
		if _, err := os.Stat(string(m[1])); err != nil {
			t.Errorf("TRAPS.md names %s: %v", m[1], err)
		}
	}
	for _, folder := range []string{"testdata/traps", "testdata/faults"} {
		files, err := os.ReadDir(folder)
		if err != nil || named == 0 {
			t.Fatalf("%d fixtures named, %v", named, err)
		}
		for _, f := range files {
			if !bytes.Contains(md, []byte("`"+folder+"/"+f.Name()+"`")) {
				t.Errorf("%s is not in TRAPS.md", f.Name())
			}
		}
	}
}

func playTrap(t *testing.T, f *golden.File) {
	up := newScript(t, f)
	h, err := gateway.New(gateway.Config{AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	defer front.Close()
	resp := sendRaw(t, front, up.server.URL, f.Get("client.request"))
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatalf("the client's connection broke: %v", err)
	}
	front.Close()
	f.Want(t, "upstream.request", up.seen())
	f.Want(t, "client.response", clientView(resp, body))
}

// sendRaw sends a request that a fixture spells out.
func sendRaw(t *testing.T, front *httptest.Server, upstream string, text []byte) *http.Response {
	t.Helper()
	head, body, _ := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	req, err := http.NewRequestWithContext(t.Context(), method, front.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Portkey-Custom-Host", upstream)
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		req.Header.Set(name, strings.ReplaceAll(strings.TrimSpace(value), "{{UPSTREAM}}", upstream))
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// A script is an upstream that gives the answers of a fixture in turn.
type script struct {
	server  *httptest.Server
	mu      sync.Mutex
	answers [][]byte
	log     bytes.Buffer
}

func newScript(t *testing.T, f *golden.File) *script {
	s := &script{}
	for _, name := range f.Names() {
		if name == "upstream.response" || strings.HasPrefix(name, "upstream.response.") {
			s.answers = append(s.answers, f.Get(name))
		}
	}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(t, w, r) }))
	t.Cleanup(s.server.Close)
	return s
}

func (s *script) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	fmt.Fprintf(&s.log, "%s %s\n\n%s\n", r.Method, r.URL.EscapedPath(), body)
	var answer []byte
	if len(s.answers) > 0 {
		answer, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	if answer == nil {
		http.Error(w, "the script has no more answers", http.StatusNotImplemented)
		return
	}
	head, payload, _ := bytes.Cut(answer, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	status, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		t.Errorf("upstream.response begins with %q", lines[0])
		return
	}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		w.Header().Set(name, strings.TrimSpace(value))
	}
	if strings.Contains(w.Header().Get("Content-Type"), "eventstream") {
		payload = dialecttest.EventStream(t, payload)
	} else if strings.Contains(w.Header().Get("Content-Type"), "event-stream") {
		payload = append(payload, "\n\n"...) // the fixture's last line break is not part of a section
	}
	cut, pause := w.Header().Get("Test-Cut") != "", w.Header().Get("Test-Pause")
	w.Header().Del("Test-Cut")
	w.Header().Del("Test-Pause")
	w.WriteHeader(status)
	_, _ = w.Write(payload)
	if d, err := time.ParseDuration(pause); err == nil {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(d)
	}
	if cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func (s *script) seen() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.log.Bytes())
}

// minted are ids and times that the gateway makes up: any will do.
var minted = regexp.MustCompile(`((?:chatcmpl-|msg_|call_|toolu_)[0-9A-Za-z]{20,}|(?:resp|msg)_sluice_[A-Z2-7]{26}|"created":1[789]\d{8}|"request_id":"[0-9a-f-]{36}")`)

func clientView(resp *http.Response, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, resp.StatusCode)
	for _, name := range []string{"Content-Type", "Retry-After", "X-Portkey-Retry-Attempt-Count", "X-Portkey-Last-Used-Option-Index", "X-Sluice-Dropped"} {
		if v := resp.Header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", strings.ToLower(name), v)
		}
	}
	b.WriteByte('\n')
	names := map[string]string{}
	b.Write(minted.ReplaceAllFunc(body, func(m []byte) []byte {
		if _, ok := names[string(m)]; !ok {
			prefix, _, isMember := strings.Cut(string(m), ":")
			if !isMember {
				prefix = string(m[:bytes.IndexAny(m, "-_")])
			}
			names[string(m)] = fmt.Sprintf("%s<%d>", prefix, len(names)+1)
		}
		return []byte(names[string(m)])
	}))
	return b.Bytes()
}
