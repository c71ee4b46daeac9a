package metrics

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/price"
	"sluice/core/usage"
)

// EMF is a [usage.Sink] that writes one line for each request, of which
// CloudWatch makes metrics. Dimensions are the provider and the status class,
// since each combination of their values has a price of its own; everything
// else that is told of the request is a property, to be searched for in the
// log. A metric that says nothing of a request is not in its line.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type EMF struct {
	namespace string
	out       *usage.Lines
}

// Metrics of CloudWatch beside those that have the same name everywhere.
const (
	cacheHits = "sluice.cache.hits" // 1 or 0, of requests for which the cache was asked
	noOne     = "none"              // provider of a request that reached none: a dimension is never empty
)

var namespaceRE = regexp.MustCompile(`^[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}$`)

// NewEMF writes metrics of a namespace of CloudWatch to out.
func NewEMF(namespace string, out *usage.Lines) (*EMF, error) {
	if !namespaceRE.MatchString(namespace) {
		return nil, fmt.Errorf("namespace of metrics %q: want at most 255 letters, digits and signs among . - _ / # : and no others", namespace)
	}
	return &EMF{namespace, out}, nil
}

// Write appends the line of a record.
func (e *EMF) Write(ctx context.Context, r *usage.Record) error {
	if err := e.out.WriteLine(ctx, e.line(r)); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

// A point is the value of one metric.
type point struct{ name, unit, value string }

// line is the JSON object of a record and a line feed.
func (e *EMF) line(r *usage.Record) []byte {
	points := pointsOf(r)
	w := json.NewWriter("{")
	e.describe(&w, r, points)
	w.Str(ProviderName, cmp.Or(ProviderOf(r.Provider), noOne))
	w.Str(StatusClass, classOf(r.Status))
	for _, p := range points {
		w.Raw(p.name, json.Value(p.value))
	}
	properties(&w, r)
	w.Close('}')
	return append(w.B, '\n')
}

// describe tells CloudWatch what to read.
func (e *EMF) describe(w *json.Writer, r *usage.Record, points []point) {
	w.Open("_aws", '{')
	w.Int("Timestamp", r.Time.UnixMilli())
	w.Open("CloudWatchMetrics", '[')
	w.Open("", '{')
	w.Str("Namespace", e.namespace)
	w.Raw("Dimensions", json.Value(`[["`+ProviderName+`","`+StatusClass+`"]]`))
	w.Open("Metrics", '[')
	for _, p := range points {
		w.Open("", '{')
		w.Str("Name", p.name)
		w.Str("Unit", p.unit)
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
	w.Close(']')
	w.Close('}')
}

// pointsOf lists the metrics that say something of a request.
func pointsOf(r *usage.Record) []point {
	out := []point{{Requests, "Count", "1"}}
	add := func(when bool, name, unit string, n, per int64) {
		if when {
			out = append(out, point{name, unit, decimal(n, per)})
		}
	}
	add(r.Provider != "" && !r.Cache.Hit(), Duration, "Seconds", int64(r.Total), micros)
	add(r.Stream && r.First > 0 && answered(r), FirstContent, "Seconds", int64(r.First), micros)
	s := sumOf(r)
	add(s.counted, InputTokens, "Count", s.input, 1)
	add(s.counted, OutputTokens, "Count", s.output, 1)
	add(s.paid, Cost, "None", int64(s.cost), nanos)
	add(s.gaps > 0, Unpriced, "Count", s.gaps, 1)
	if r.Saved != nil {
		add(true, Saved, "None", int64(r.Saved.Nano), nanos)
	}
	add(r.Cache != "", cacheHits, "Count", one(r.Cache.Hit()), 1)
	add(s.denials > 0, Denials, "Count", s.denials, 1)
	add(s.retries > 0, Retries, "Count", s.retries, 1)
	add(fellBack(r), Fallbacks, "Count", 1, 1)
	add(r.Broken, Broken, "Count", 1, 1)
	add(r.Left, Left, "Count", 1, 1)
	if t := warm(r); t != nil {
		add(true, WarmShare, "None", t.CacheRead*shareScale/input(t), shareScale)
	}
	return out
}

// shareScale is how fine shares are.
const shareScale = 10_000

// A sum is what all calls and guardrails of a request come to.
type sum struct {
	input, output, gaps, denials, retries int64
	cost                                  price.Nano
	counted, paid                         bool
}

func sumOf(r *usage.Record) (s sum) {
	for _, c := range callsOf(r) {
		if t := c.tokens; t != nil && !t.Estimated {
			s.counted, s.input, s.output = true, s.input+input(t), s.output+t.Output
		}
		if c.cost != nil {
			s.paid, s.cost = true, s.cost.Add(c.cost.Nano)
			s.gaps += one(c.cost.Gap != "")
		}
	}
	for _, g := range r.Guards {
		s.denials += one(g.Deny)
	}
	for _, n := range retriesOf(r) {
		s.retries += n
	}
	return s
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// properties are for whoever searches the log. Metadata and the client's words
// for its user are in the record only.
func properties(w *json.Writer, r *usage.Record) {
	w.Str(OperationName, OperationOf(r.Operation, r.Dialect))
	w.StrIf(RequestModel, clip(r.AnyModel()))
	w.StrIf(ErrorType, r.Error)
	w.Int("http.response.status_code", int64(r.Status))
	w.StrIf(ClientDialect, string(r.Dialect))
	w.StrIf(CacheResult, cacheResult(r))
	w.StrIf(RecordID, r.ID)
	w.StrIf(RequestID, clip(r.Request))
	w.StrIf(TraceLabel, clip(r.Trace))
	w.StrIf(Workspace, r.Workspace)
	w.StrIf(Key, r.Key)
}

// maxText is how long a text that a client chooses is at most, in bytes.
const maxText = 256

// clip is the beginning of a text, in whole characters.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
