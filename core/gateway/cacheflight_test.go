package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

// A slowpoke takes seconds to answer. Its first answers may be failures.
type slowpoke struct {
	takes time.Duration
	fails int // how many of the first requests
	asked visits
}

func (s *slowpoke) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n := s.asked.note(r.Host)
	switch {
	case wait(r.Context(), s.takes) != nil:
	case n <= s.fails:
		w.WriteHeader(http.StatusInternalServerError)
	default:
		sound(w, r, string(body))
	}
}

const oneHost = "a.example.com"

func cachedAt(host, more string) string {
	return strings.Replace(target("openai", host), "{", `{"cache":{"mode":"simple","max_age":60}`+more+`,`, 1)
}

// crowd has several ask the same at once, and returns their answers and how
// long the last one took. Who is first gives up after leaves, if that is not 0.
func crowd(t *testing.T, h http.Handler, config string, leaves time.Duration, bodies ...string) (all []*httptest.ResponseRecorder, took time.Duration) {
	t.Helper()
	began := time.Now()
	all = make([]*httptest.ResponseRecorder, len(bodies))
	var asking sync.WaitGroup
	for i, body := range bodies {
		asking.Go(func() {
			ctx, after := core.WithAfter(t.Context())
			if i == 0 && leaves > 0 {
				var cancel func()
				ctx, cancel = context.WithTimeout(ctx, leaves)
				defer cancel()
			}
			all[i] = ask(ctx, h, config, "/v1/chat/completions", body)
			after.Run(context.Background(), nil)
		})
		synctest.Wait() // so that the first is the first
	}
	asking.Wait()
	return all, time.Since(began)
}

var streamHi = strings.Replace(hi, `{"model"`, `{"stream":true,"model"`, 1)

// TestEqualRequestsAtOnceAreOneRequest: whole and streamed, and all are given
// the answer as they want it.
func TestEqualRequestsAtOnceAreOneRequest(t *testing.T) {
	t.Parallel()
	for _, bodies := range [][]string{{hi, hi, hi}, {streamHi, streamHi, streamHi}, {hi, streamHi, hi}, {streamHi, hi, streamHi}} {
		synctest.Test(t, func(t *testing.T) {
			s := &slowpoke{takes: 5 * time.Second}
			all, took := crowd(t, inMemory(t, Config{}, s.ServeHTTP), cachedAt(oneHost, ""), 0, bodies...)
			if n := len(s.asked.of(oneHost)); n != 1 || took != 5*time.Second {
				t.Errorf("%d requests, %s", n, took)
			}
			for i, w := range all {
				want := []string{"MISS", "HIT"}[min(i, 1)]
				if w.Code != 200 || w.Header().Get("X-Portkey-Cache-Status") != want || !strings.Contains(w.Body.String(), "from b") ||
					strings.Contains(w.Body.String(), "[DONE]") != (bodies[i] == streamHi) {
					t.Errorf("%d: %d %v %s", i, w.Code, w.Header(), w.Body)
				}
			}
		})
	}
}

// TestSomebodyElseAsksWhenTheFirstHasGone: one of those who wait, not all.
func TestSomebodyElseAsksWhenTheFirstHasGone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{hi, streamHi} {
		synctest.Test(t, func(t *testing.T) {
			s := &slowpoke{takes: 5 * time.Second}
			all, took := crowd(t, inMemory(t, Config{}, s.ServeHTTP), cachedAt(oneHost, ""), 2*time.Second, body, body, body, body)
			if n := len(s.asked.of(oneHost)); n != 2 || took != 7*time.Second {
				t.Errorf("%d requests, %s", n, took)
			}
			hits := 0
			for _, w := range all[1:] {
				if !strings.Contains(w.Body.String(), "from b") {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				if w.Header().Get("X-Portkey-Cache-Status") == "HIT" {
					hits++
				}
			}
			if hits != 2 {
				t.Errorf("%d of 3 are given the answer of the one who took over", hits)
			}
		})
	}
}

// TestAFailureIsNotShared: each who waited asks for itself, at once.
func TestAFailureIsNotShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowpoke{takes: 5 * time.Second, fails: 1}
		all, took := crowd(t, inMemory(t, Config{}, s.ServeHTTP), cachedAt(oneHost, `,"retry":{"attempts":0}`), 0, hi, hi, hi)
		if n := len(s.asked.of(oneHost)); n != 3 || took != 10*time.Second || all[0].Code != 500 {
			t.Errorf("%d requests, %s, at first %d", n, took, all[0].Code)
		}
		for i, w := range all {
			if w.Header().Get("X-Portkey-Cache-Status") != "MISS" || i > 0 && !strings.Contains(w.Body.String(), "from b") {
				t.Errorf("%d: %d %v %s", i, w.Code, w.Header(), w.Body)
			}
		}
	})
}

// TestNobodyWaitsLongerThanItsTimeout: a request's own timeout counts from when
// it asks itself.
func TestNobodyWaitsLongerThanItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowpoke{takes: 10 * time.Minute}
		h := inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			if len(s.asked.of(oneHost)) > 0 {
				s.takes = time.Second
			}
			s.ServeHTTP(w, r)
		})
		var leader sync.WaitGroup
		ctx, leave := context.WithCancel(t.Context())
		leader.Go(func() { ask(ctx, h, cachedAt(oneHost, ""), "/v1/chat/completions", hi) })
		synctest.Wait()
		began := time.Now()
		w := ask(t.Context(), h, cachedAt(oneHost, `,"request_timeout":3000`), "/v1/chat/completions", hi)
		if took := time.Since(began); took != 4*time.Second || w.Code != 200 {
			t.Errorf("%s, %d %s", took, w.Code, w.Body)
		}
		leave()
		leader.Wait()
	})
}

// TestARefreshJoinsNobody and takes the place of what is kept.
func TestARefreshJoinsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowpoke{takes: 5 * time.Second}
		h := inMemory(t, Config{}, s.ServeHTTP)
		var first sync.WaitGroup
		first.Go(func() { ask(t.Context(), h, cachedAt(oneHost, ""), "/v1/chat/completions", hi) })
		synctest.Wait()
		r := request(t.Context(), cachedAt(oneHost, ""), "/v1/chat/completions", hi)
		r.Header.Set("X-Portkey-Cache-Force-Refresh", "true")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		first.Wait()
		if n := len(s.asked.of(oneHost)); n != 2 || w.Header().Get("X-Portkey-Cache-Status") != "REFRESH" {
			t.Errorf("%d requests, %v", n, w.Header())
		}
	})
}

// TestAnswersAgeInSeconds: max_age of who asks counts, whoever had it kept, and
// so does what the client says of age.
func TestAnswersAgeInSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowpoke{}
		h := inMemory(t, Config{Data: memstore.New()}, s.ServeHTTP)
		get := func(maxAge int, control string) string {
			r := request(t.Context(), strings.Replace(cachedAt(oneHost, ""), "60", fmt.Sprint(maxAge), 1), "/v1/chat/completions", hi)
			if control != "" {
				r.Header.Set("Cache-Control", control)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Header().Get("X-Portkey-Cache-Status") + w.Header().Get("Age")
		}
		for _, step := range []struct {
			after   time.Duration
			maxAge  int
			control string
			want    string
		}{
			{0, 60, "", "MISS"},
			{59 * time.Second, 60, "", "HIT59"},
			{0, 60, "max-age=59", "HIT59"},
			{0, 60, "max-age=58", "MISS"},
			{0, 60, "", "HIT0"},
			{30 * time.Second, 20, "", "MISS"},
			{19 * time.Second, 20, "", "HIT19"},
			{time.Second, 3600, "", "MISS"}, // it was kept for 20 seconds
			{3599 * time.Second, 3600, "", "HIT3599"},
			{0, 60, "", "MISS"},
			{0, 60, "no-cache", "REFRESH"},
			{0, 60, "max-age=0", "REFRESH"},
			{0, 60, "max-age=soon", "REFRESH"},
			{0, 60, "No-Store", "DISABLED"},
			{0, 60, "no-transform, private", "HIT0"},
		} {
			time.Sleep(step.after)
			if got := get(step.maxAge, step.control); got != step.want {
				t.Errorf("after %s, max_age %d, %q: %s, want %s", step.after, step.maxAge, step.control, got, step.want)
			}
		}
	})
}

// A stuck table answers nothing until it is not waited for any more.
type stuck struct{ driver.Table }

func (stuck) Get(ctx context.Context, _ driver.Key) (driver.Record, error) {
	<-ctx.Done()
	return driver.Record{}, ctx.Err()
}

// TestATableThatIsStuckDelaysByHalfASecond at most, and what is in memory not at all.
func TestATableThatIsStuckDelaysByHalfASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowpoke{}
		h := inMemory(t, Config{Data: stuck{memstore.New()}}, s.ServeHTTP)
		for _, want := range []struct {
			status string
			took   time.Duration
		}{{"MISS", 500 * time.Millisecond}, {"HIT", 0}} {
			began := time.Now()
			w := ask(t.Context(), h, cachedAt(oneHost, ""), "/v1/chat/completions", hi)
			if took := time.Since(began); took != want.took || w.Header().Get("X-Portkey-Cache-Status") != want.status {
				t.Errorf("%s after %s, want %s after %s", w.Header().Get("X-Portkey-Cache-Status"), took, want.status, want.took)
			}
		}
	})
}
