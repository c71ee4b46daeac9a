package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/internal/httpx"
	"sluice/core/usage"
)

// How many requests the soak sends: the short run is for every change and
// takes some 6 seconds under the race detector, the full one some 30.
const (
	soakShort = 4_000
	soakFull  = 20_000
	soakUsers = 100 // clients at once, each sends one request after another
)

// soakConfig has everything that moves a request: two targets race, each is
// tried again, and a third takes over when both have failed.
const soakConfig = `{"strategy":{"mode":"fallback"},"request_timeout":30000,"retry":{"attempts":2},"targets":[
	{"strategy":{"mode":"hedge","delay":500},"targets":[
		{"provider":"openai","api_key":"k","custom_host":"https://a.example/v1"},
		{"provider":"anthropic","api_key":"k","custom_host":"https://b.example/v1"}]},
	{"provider":"openai","api_key":"k","custom_host":"https://c.example/v1"}]}`

// soakTotal bounds a request in virtual time: three targets, each with three
// attempts of 30 s and two waits, and then a stream that stalls for 5 minutes.
const soakTotal = 3*(3*30+4)*time.Second + 6*time.Minute

// A soak counts what becomes of requests.
type soak struct {
	handler http.Handler
	flaky   *flaky

	mu       sync.Mutex
	ends     map[string]int
	records  int
	attempts int
	races    int      // attempts that another has beaten
	unpaid   int      // of these, those without a bill
	bad      []string // ends that must not be
	longest  time.Duration
}

func TestSoak(t *testing.T) { // not in parallel: it counts goroutines and memory
	requests := soakShort
	if os.Getenv("SLUICE_FULL") != "" {
		requests = soakFull
	}
	s := &soak{ends: map[string]int{}}
	goroutines, heap := runtime.NumGoroutine(), liveHeap()
	began := time.Now()
	synctest.Test(t, func(t *testing.T) { s.run(t, requests) })
	took, after := time.Since(began).Round(time.Millisecond), settled(goroutines)
	upstream := s.flaky
	s.handler, s.flaky = nil, nil
	grown := liveHeap() - heap

	t.Logf("%d requests, %d upstream calls in %s; %v; the longest took %s of virtual time", requests, upstream.calls, took, s.ends, s.longest)
	t.Logf("%d attempts lost a race, %d of them without a bill", s.races, s.unpaid)
	t.Logf("faults of the upstream: %v", upstream.faults)
	t.Logf("%d goroutines before, %d after; %d kB of live heap more; %d answers opened, %d closed", goroutines, after, grown>>10, upstream.opened, upstream.closed)
	sum := 0
	for _, n := range s.ends {
		sum += n
	}
	switch {
	case len(s.bad) > 0:
		t.Errorf("%d requests ended as none may, such as\n%s", len(s.bad), s.bad[0])
	case sum != requests || s.records != requests:
		t.Errorf("%d ends and %d records of %d requests", sum, s.records, requests)
	case s.attempts != upstream.calls:
		t.Errorf("%d attempts are in the records, %d were made", s.attempts, upstream.calls)
	case s.races == 0 || s.unpaid > 0:
		t.Errorf("%d races were lost, %d without a bill", s.races, s.unpaid)
	case upstream.opened != upstream.closed:
		t.Errorf("%d answers were opened, %d closed", upstream.opened, upstream.closed)
	case s.longest > soakTotal:
		t.Errorf("a request took %s", s.longest)
	case after > goroutines:
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines are left:\n%s", after-goroutines, stacks[:runtime.Stack(stacks, true)])
	case grown > 16<<20:
		t.Errorf("%d kB are left", grown>>10)
	}
	for _, end := range []string{"answered", "streamed", "refused", "broken, and said so", "left"} {
		if s.ends[end] == 0 {
			t.Errorf("no request was %s: the soak does not test what it should", end)
		}
	}
}

// settled is the number of goroutines, when those that are about to end have.
func settled(want int) int {
	for range 100 {
		if runtime.NumGoroutine() <= want {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // pools are emptied by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (s *soak) run(t *testing.T, requests int) {
	guard, err := httpx.NewGuard(httpx.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	s.flaky = &flaky{faults: map[string]int{}}
	if s.handler, err = assemble(Config{Sinks: []usage.Sink{s}}, guard, httpx.NewClient(s.flaky)); err != nil {
		t.Fatal(err)
	}
	var users sync.WaitGroup
	for u := range soakUsers {
		users.Go(func() {
			rng := rand.New(rand.NewPCG(5, uint64(u)))
			for range requests / soakUsers {
				s.ask(rng)
			}
		})
	}
	users.Wait()
}

// Write counts the records.
func (s *soak) Write(_ context.Context, r *usage.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records++
	s.attempts += len(r.Attempts)
	for _, a := range r.Attempts {
		if a.Lost {
			s.races++
		}
		if a.Lost && a.Usage == nil {
			s.unpaid++
		}
	}
	return nil
}

// ask sends one request as some client does.
func (s *soak) ask(rng *rand.Rand) {
	path := []string{"/v1/chat/completions", "/v1/messages", "/v1/responses"}[rng.IntN(3)]
	streams := rng.IntN(2) == 0
	input := `"messages":[{"role":"user","content":"Hi"}],"max_tokens":9`
	if path == "/v1/responses" {
		input = `"input":"Hi"`
	}
	ctx, after := core.WithAfter(context.Background())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if rng.IntN(20) == 0 {
		time.AfterFunc(time.Duration(rng.IntN(3000))*time.Millisecond, cancel)
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(fmt.Sprintf(`{"model":"m","stream":%t,%s}`, streams, input)))
	r.Header.Set("X-Portkey-Config", soakConfig)
	w := httptest.NewRecorder()
	began := time.Now()
	s.handler.ServeHTTP(w, r)
	took, left := time.Since(began), ctx.Err() != nil
	after.Run(context.Background(), nil)

	end, ok := ended(w, streams)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.longest = max(s.longest, took)
	switch {
	case left:
		s.ends["left"]++
	case ok:
		s.ends[end]++
	default:
		s.bad = append(s.bad, fmt.Sprintf("%s, streamed %t: %d %s", path, streams, w.Code, w.Body))
	}
}

// terminals are the last words of a stream, by the dialects of the clients.
var terminals = []string{"data: [DONE]", "event: message_stop", "event: response.completed"}

// ended says how a response ended, and whether it may end so: with the whole
// answer, or with an error that the client can see.
func ended(w *httptest.ResponseRecorder, streams bool) (string, bool) {
	body := w.Body.String()
	failed := strings.Contains(body, `"error":{`) || strings.Contains(body, "event: error") || strings.Contains(body, "event: response.failed")
	switch {
	case w.Code != http.StatusOK:
		return "refused", failed && json.Valid(w.Body.Bytes())
	case !streams:
		return "answered", !failed && json.Valid(w.Body.Bytes()) && strings.Contains(body, "All is well")
	case failed:
		return "broken, and said so", true
	}
	for _, last := range terminals {
		if strings.Contains(body, last) {
			return "streamed", strings.Contains(body, "All ") && strings.Contains(body, "well")
		}
	}
	return "cut", false
}
