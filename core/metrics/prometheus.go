package metrics

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"sluice/core/usage"
)

// Prometheus is a [usage.Sink] that sums records up, and an http.Handler that
// writes the sums in Prometheus's text format. It is safe for concurrent use.
//
// No label is a key, a user or of metadata, and none has more values than a
// monitoring system can take: what is too many is "other".
//
// https://prometheus.io/docs/instrumenting/exposition_formats/
type Prometheus struct {
	mu       sync.Mutex
	families []*family
	models   map[string]bool // that have a label of their own
	counters []counter
	live     atomic.Int64

	tokens, duration, first, requests, cost, unpriced, saved          *family
	lookups, denials, retries, fallbacks, broken, left, warm, version *family
}

// counter is counted by somebody else.
type counter struct {
	name, help string
	read       func() int64
}

// maxModels is how many models have a label of their own: the first that have
// answered. Others are "other".
const maxModels = 200

// maxModelName is how long the name of such a model is at most, in bytes.
const maxModelName = 128

// Scales of amounts.
const (
	micros = 1_000_000     // in a second
	nanos  = 1_000_000_000 // in a dollar
)

// Buckets, as the conventions recommend them.
var (
	tokenBounds = []int64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
	totalBounds = []int64{10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000, 5_120_000, 10_240_000, 20_480_000, 40_960_000, 81_920_000}
	firstBounds = []int64{1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 250_000, 500_000, 750_000, 1_000_000, 2_500_000, 5_000_000, 7_500_000, 10_000_000}
)

// NewPrometheus starts at zero. version is the gateway's.
func NewPrometheus(version string) *Prometheus {
	p := &Prometheus{models: map[string]bool{}}
	p.tokens = p.histogram(TokenUsage, "", "Tokens of one call of a provider. What nobody has counted is not in it.", 1, tokenBounds, OperationName, ProviderName, RequestModel, TokenType)
	p.duration = p.histogram(Duration, "_seconds", "Time until the end of a provider's answer.", micros, totalBounds, OperationName, ProviderName, RequestModel, ErrorType)
	p.first = p.histogram(FirstContent, "_seconds", "Time until the first byte of a stream.", micros, firstBounds, OperationName, ProviderName, RequestModel)
	p.requests = p.counter(Requests, "_total", "Requests that have ended.", 1, OperationName, ProviderName, StatusClass)
	p.cost = p.counter(Cost, "_usd_total", "What calls cost, as far as it is known.", nanos, ProviderName, RequestModel)
	p.unpriced = p.counter(Unpriced, "_total", "Calls whose cost is not, or not wholly, known.", 1, ProviderName, RequestModel)
	p.saved = p.counter(Saved, "_usd_total", "What answers from the cache would have cost.", nanos, ProviderName, RequestModel)
	p.lookups = p.counter(Lookups, "_total", "Requests for which the cache was asked.", 1, CacheResult)
	p.denials = p.counter(Denials, "_total", "Hooks of guardrails that have denied.", 1, HookEvent)
	p.retries = p.counter(Retries, "_total", "Attempts that repeat one at the same target.", 1, ProviderName)
	p.fallbacks = p.counter(Fallbacks, "_total", "Requests that went on to another target.", 1, Result)
	p.broken = p.counter(Broken, "_total", "Answers that broke off after they had begun.", 1, ProviderName)
	p.left = p.counter(Left, "_total", "Clients that went away before the end.", 1)
	p.warm = p.counter(WarmInput, "_tokens_total", "Tokens of prompts that go on with a conversation.", 1, ClientDialect, ProviderName, RequestModel, Source)
	p.version = p.counter("sluice.build", "_info", "What runs, and the version of the conventions.", 1, "version", "semconv")
	p.version.add(1, version, Schema)
	return p
}

func (p *Prometheus) histogram(name, unit, help string, per int64, bounds []int64, labels ...string) *family {
	f := p.counter(name, unit, help, per, labels...)
	f.bounds = bounds
	return f
}

func (p *Prometheus) counter(name, unit, help string, per int64, labels ...string) *family {
	f := &family{name: promName(name) + unit, help: help, per: per}
	for _, l := range labels {
		f.labels = append(f.labels, promName(l))
	}
	p.families = append(p.families, f)
	return f
}

// Count has what another part counts written as well, under a name of the
// conventions' form. It is called before the first request.
func (p *Prometheus) Count(name, help string, read func() int64) {
	p.counters = append(p.counters, counter{promName(name) + "_total", help, read})
}

// Live counts the requests that next has not answered yet.
func (p *Prometheus) Live(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.live.Add(1)
		defer p.live.Add(-1)
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP writes all metrics.
func (p *Prometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	b := p.text()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

func (p *Prometheus) text() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b []byte
	for _, f := range p.families {
		b = f.appendTo(b)
	}
	b = appendHead(b, "sluice_requests_live", "Requests that are being served.", "gauge")
	b = append(b, "sluice_requests_live "+strconv.FormatInt(p.live.Load(), 10)+"\n"...)
	for _, c := range p.counters {
		b = appendHead(b, c.name, c.help, "counter")
		b = append(b, c.name+" "+strconv.FormatInt(c.read(), 10)+"\n"...)
	}
	return b
}

// Write counts a record.
func (p *Prometheus) Write(_ context.Context, r *usage.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.countRequest(r)
	p.countCalls(r)
	p.countRouting(r)
	return nil
}
