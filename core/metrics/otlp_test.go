package metrics

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// logged is a log that can be read.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func TestHeadersForTheCollectorAreSecrets(t *testing.T) {
	t.Parallel()
	const key = "hunter2hunter2"
	c := newCollector(t)
	c.answer = func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "no such key: "+key)
	}
	o, log := c.exporter(t, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "api-key=" + key + ",x-scope=a%20b"})
	sink(t, o, streamed())
	if c.header.Get("Api-Key") != key || c.header.Get("X-Scope") != "a b" {
		t.Errorf("the collector got %v", c.header)
	}
	if o.Failures() != 1 || !strings.Contains(log.String(), "403") || strings.Contains(log.String(), key) {
		t.Errorf("%d failures; the log is %s", o.Failures(), log)
	}
}

func TestRejectedSpansAreCounted(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int64{
		`{}`: 0, ``: 0, `{"partialSuccess":{"rejectedSpans":"0"}}`: 0, `{"partialSuccess":{"rejectedSpans":"2"}}`: 1, `{"partialSuccess":{"rejectedSpans":2}}`: 1,
	} {
		c := newCollector(t)
		c.answer = func(w http.ResponseWriter) { _, _ = io.WriteString(w, answer) }
		o, log := c.exporter(t, nil)
		if sink(t, o, streamed()); o.Failures() != want {
			t.Errorf("%s: %d failures, want %d: %s", answer, o.Failures(), want, log)
		}
	}
}

func TestRedirectsOfACollectorAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere, c := newCollector(t), newCollector(t)
	c.answer = func(w http.ResponseWriter) {
		w.Header().Set("Location", elsewhere.URL+"/v1/traces")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
	o, _ := c.exporter(t, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "api-key=k"})
	sink(t, o, streamed())
	if len(elsewhere.traces) != 0 || o.Failures() != 1 {
		t.Errorf("%d traces elsewhere, %d failures", len(elsewhere.traces), o.Failures())
	}
}

// doing is a collector without a network, for tests in virtual time.
type doing func(*http.Request) (*http.Response, error)

func (d doing) Do(r *http.Request) (*http.Response, error) { return d(r) }

func newOTLP(t *testing.T, d doing) (*OTLP, *logged) {
	t.Helper()
	log := &logged{}
	o, err := NewOTLP(Collector{URL: "https://c.example/v1/traces", Timeout: defaultTimeout}, "v", log.logger())
	if err != nil {
		t.Fatal(err)
	}
	o.http = d
	return o, log
}

// TestACollectorThatFailsIsLeftAlone: the first failures cost a timeout each,
// then none does until some time has passed; the log says it once a minute.
func TestACollectorThatFailsIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls, well := 0, false
		o, log := newOTLP(t, func(r *http.Request) (*http.Response, error) {
			if calls++; well {
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
			}
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		})
		began := time.Now()
		for range 100 {
			sink(t, o, streamed())
		}
		if took := time.Since(began); calls != maxRow || took != maxRow*defaultTimeout || o.Failures() != 100 {
			t.Errorf("%d calls in %s, %d failures", calls, took, o.Failures())
		}
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%d lines: %s", n, log)
		}
		time.Sleep(pause)
		well = true
		sink(t, o, streamed())
		sink(t, o, streamed())
		if calls != maxRow+2 || o.Failures() != 100 {
			t.Errorf("%d calls, %d failures after it came back", calls, o.Failures())
		}
		time.Sleep(sayEvery)
		well = false
		sink(t, o, streamed())
		if !strings.Contains(log.String(), "traces=100") || o.Failures() != 101 {
			t.Errorf("the log does not count: %s", log)
		}
		for range maxRow {
			sink(t, o, streamed())
		}
		if want := maxRow + 2 + maxRow; calls != want {
			t.Errorf("%d calls, want %d: failures before a success count", calls, want)
		}
	})
}

// TestExportsAreBounded: a collector that hangs holds so many requests and no
// more; what cannot be sent is counted at once.
func TestExportsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _ := newOTLP(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, errors.New("gone")
		})
		var running sync.WaitGroup
		for range maxSending {
			running.Go(func() { _ = o.Write(t.Context(), streamed()) })
		}
		synctest.Wait()
		began := time.Now()
		sink(t, o, streamed())
		if took := time.Since(began); took != 0 || o.Failures() != 1 {
			t.Errorf("one more took %s, %d failures", took, o.Failures())
		}
		running.Wait()
		if took := time.Since(began); took != defaultTimeout || o.Failures() != maxSending+1 {
			t.Errorf("all ended after %s, %d failures", took, o.Failures())
		}
	})
}

func TestAnExportEndsWithTheHooksThatItIsOneOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _ := newOTLP(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := o.Write(ctx, streamed()); err != nil || time.Since(began) != time.Millisecond || o.Failures() != 1 {
			t.Errorf("%v after %s, %d failures", err, time.Since(began), o.Failures())
		}
	})
}
