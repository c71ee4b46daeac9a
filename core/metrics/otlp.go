package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/usage"
)

// OTLP is a [usage.Sink] that sends one trace for each request to a collector,
// in one POST of JSON, when the response has gone out: a span for the request,
// below the client's if it sent a traceparent, and below it one for each
// attempt. What the client says is not sampled is not sent.
//
// Nothing waits, is repeated, or runs in the background. A trace that does not
// arrive is lost and counted, and at most once a minute the log says how many.
// While a collector fails, it is left alone for some time.
//
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
type OTLP struct {
	to       Collector
	resource []byte // members of the resource and the scope, up to the spans
	http     doer
	log      *slog.Logger
	turns    chan struct{} // is held by who sends

	mu     sync.Mutex
	failed int64     // so far
	unsaid int64     // since the log has said so
	said   time.Time // when it has
	row    int       // failures since the last success
	until  time.Time // when the collector is asked again
}

type doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Bounds of exporting.
const (
	maxSending = 64 // at once
	maxRow     = 3  // failures one after the other, before the collector is left alone
	pause      = 30 * time.Second
	sayEvery   = time.Minute
)

var (
	errBusy   = errors.New("too many traces are on their way")
	errPaused = errors.New("the collector has failed and is left alone for some time")
)

// NewOTLP sends to a collector. version is the gateway's. The collector's host
// may be private: the operator has named it.
func NewOTLP(to Collector, version string, log *slog.Logger) (*OTLP, error) {
	u, err := url.Parse(to.URL)
	if err != nil {
		return nil, errors.New("the URL of the collector cannot be read")
	}
	guard, err := httpx.NewGuard(httpx.Policy{Trusted: []string{u.Host}, AllowLoopback: true})
	if err != nil {
		return nil, fmt.Errorf("host of the collector: %w", err)
	}
	return &OTLP{
		to: to, resource: resourceOf(to, version), log: log, turns: make(chan struct{}, maxSending),
		http: httpx.NewClient(httpx.NewTransport(guard, 0)),
	}, nil
}

// Failures is how many traces have not arrived.
func (o *OTLP) Failures() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// Write exports a record. It never fails: what is lost is counted.
func (o *OTLP) Write(ctx context.Context, r *usage.Record) error {
	if !r.Sender.IsZero() && !r.Sender.Sampled() {
		return nil
	}
	o.done(ctx, o.export(ctx, r))
	return nil
}

func (o *OTLP) export(ctx context.Context, r *usage.Record) error {
	select {
	case o.turns <- struct{}{}:
		defer func() { <-o.turns }()
	default:
		return errBusy
	}
	if o.paused() {
		return errPaused
	}
	ctx, cancel := context.WithTimeout(ctx, o.to.Timeout)
	defer cancel()
	req, err := o.request(ctx, o.encode(spansOf(r, o.to.Content)))
	if err != nil {
		return err
	}
	return o.send(req)
}

func (o *OTLP) request(ctx context.Context, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.to.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the URL of the collector cannot be read")
	}
	if o.to.Headers != nil {
		list, err := o.to.Headers(ctx)
		if err != nil {
			return nil, fmt.Errorf("the headers for the collector: %w", err)
		}
		if req.Header, err = headersOf(list); err != nil {
			return nil, fmt.Errorf("the headers for the collector: %w", err)
		}
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

// send makes the call. What the collector says may repeat what it was sent:
// only its status is told on.
func (o *OTLP) send(req *http.Request) error {
	resp, err := o.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	switch {
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("the collector answered with status %d", resp.StatusCode)
	case err != nil:
		return err
	}
	if n := json.Lookup(answer, "partialSuccess", "rejectedSpans"); json.Present(n) && string(n) != "0" && json.Unquote(n) != "0" {
		return errors.New("the collector has rejected spans")
	}
	return nil
}

func (o *OTLP) paused() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Before(o.until)
}

// done counts what came of an export.
func (o *OTLP) done(ctx context.Context, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.row = 0
		return
	}
	now := time.Now().Round(0) // by the wall clock: a frozen process does not advance the other
	o.failed++
	o.unsaid++
	if err != errBusy && err != errPaused {
		if o.row++; o.row >= maxRow {
			o.until = now.Add(pause)
		}
	}
	if now.Sub(o.said) >= sayEvery {
		o.log.WarnContext(ctx, "traces did not reach the collector", "traces", o.unsaid, "error", err)
		o.said, o.unsaid = now, 0
	}
}
