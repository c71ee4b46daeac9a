package dynamostore

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A mishap is what goes wrong with a request.
type mishap struct {
	status  int
	body    string
	applied bool // the emulator does what it is asked, and then it goes wrong
	hang    bool // no answer
	cut     bool // the connection breaks
}

// refusal is an error of DynamoDB.
func refusal(status int, code string) mishap {
	return mishap{status: status, body: `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"scripted"}`}
}

// canceled is a transaction that failed for these reasons.
func canceled(codes ...string) mishap {
	type reason struct{ Code, Message string }
	var reasons []reason
	for _, c := range codes {
		reasons = append(reasons, reason{c, "scripted"})
	}
	b, err := json.Marshal(map[string]any{
		"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": reasons, "Message": "scripted",
	})
	if err != nil {
		panic(err)
	}
	return mishap{status: 400, body: string(b)}
}

// A front stands before the emulator and lets requests go wrong.
type front struct {
	URL string

	mu     sync.Mutex
	faults []mishap // of the next requests
	always *mishap  // of all others
	seen   []request
	proxy  http.Handler
	done   chan struct{}
}

type request struct{ operation, body string }

func newFront(t *testing.T, emulator string) *front {
	t.Helper()
	f := &front{done: make(chan struct{})}
	if emulator != "" {
		target, err := url.Parse(emulator)
		if err != nil {
			t.Fatal(err)
		}
		f.proxy = httputil.NewSingleHostReverseProxy(target)
	}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(f.done) })
	f.URL = s.URL
	return f
}

// next lets the next requests go wrong, and forgets the ones that were seen.
func (f *front) next(faults ...mishap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults, f.seen = faults, nil
}

// requests returns the requests since next.
func (f *front) requests() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func (f *front) take(r *http.Request, body string) *mishap {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.seen = append(f.seen, request{operation, body})
	if len(f.faults) == 0 {
		return f.always
	}
	next := f.faults[0]
	f.faults = f.faults[1:]
	return &next
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	fault := f.take(r, string(body))
	if fault == nil {
		f.proxy.ServeHTTP(w, r)
		return
	}
	if fault.applied {
		f.proxy.ServeHTTP(httptest.NewRecorder(), r)
	}
	switch {
	case fault.hang:
		select {
		case <-f.done:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case fault.cut:
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(fault.status)
	io.WriteString(w, fault.body)
}

// closedPort returns an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}
