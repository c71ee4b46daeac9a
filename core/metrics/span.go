package metrics

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/usage"
)

// A span is one step of a trace.
type span struct {
	trace, id, parent string // in hexadecimal digits
	name              string
	kind              int
	began, ended      time.Time
	attributes        []attribute
	failure           string // kind of failure; empty: there was none
}

// Kinds of spans.
//
// https://github.com/open-telemetry/opentelemetry-proto/blob/v1.5.0/opentelemetry/proto/trace/v1/trace.proto
const (
	kindServer = 2
	kindClient = 3
)

// spansOf is the trace of a request: a span for it, and below that one for
// each attempt.
func spansOf(r *usage.Record, content bool) []span {
	root := requestSpan(r, content)
	out := []span{root}
	answer := answering(r)
	for i := range r.Attempts {
		out = append(out, attemptSpan(r, &root, i, i == answer))
	}
	return out
}

// traceOf says which trace a request belongs to. The client's traceparent
// counts; without one, requests that have the same id of a trace are together.
func traceOf(r *usage.Record) (trace, parent string) {
	if !r.Sender.IsZero() {
		return r.Sender.Trace, r.Sender.Span
	}
	if trace = strings.ReplaceAll(strings.ToLower(r.Trace), "-", ""); !isID(trace, 32) {
		trace = digest(32, cmp.Or(r.Trace, r.ID))
	}
	if isID(r.Parent, 16) {
		parent = r.Parent
	}
	return trace, parent
}

// spanID takes an id that is one, or makes one of the record's: the same
// record has the same spans, however often it is exported.
func spanID(id string, r *usage.Record, n int) string {
	if isID(id, 16) {
		return id
	}
	return digest(16, r.ID, strconv.Itoa(n))
}

func isID(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}

func digest(digits int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:digits]
}

func requestSpan(r *usage.Record, content bool) span {
	trace, parent := traceOf(r)
	op := OperationOf(r.Operation, r.Dialect)
	s := span{
		trace: trace, parent: parent, id: spanID(r.Span, r, 0), kind: kindServer, failure: r.Error,
		name: clip(cmp.Or(r.SpanName, strings.TrimSpace(op+" "+r.Asked))), began: r.Time, ended: r.Ended(),
	}
	a := attributes{}
	a.text(OperationName, op)
	a.text(ProviderName, ProviderOf(r.Provider))
	a.text(RequestModel, clip(r.Asked))
	if answered(r) {
		a.text(ResponseModel, clip(r.Model))
	}
	a.number("http.response.status_code", int64(r.Status))
	a.text(ErrorType, r.Error)
	if !r.Cache.Hit() {
		a.tokens(r.Usage)
	}
	a.outcome(r)
	a.asker(r)
	if e := r.Exchange; content && e != nil {
		a.text("sluice.request.body", body(&e.Body))
		a.text("sluice.response.body", body(&e.Response))
	}
	s.attributes = a
	return s
}

// outcome says what came of a request.
func (a *attributes) outcome(r *usage.Record) {
	if c := cmp.Or(r.Spent, r.Cost); c != nil {
		a.decimal(Cost, int64(c.Nano), nanos)
		a.text("sluice.cost.gap", c.Gap)
	}
	if r.Saved != nil {
		a.decimal(Saved, int64(r.Saved.Nano), nanos)
	}
	if r.First > 0 {
		a.decimal(FirstContent, int64(r.First), micros)
	}
	a.text(CacheResult, cacheResult(r))
	a.flag("sluice.stream", r.Stream)
	a.flag("sluice.broken", r.Broken)
	a.flag("sluice.client_left", r.Left)
	a.text("sluice.dropped", clip(strings.Join(r.Dropped, ", ")))
}

// maxLabels is how many labels of a client are told with a span.
const maxLabels = 64

// asker says who asked.
func (a *attributes) asker(r *usage.Record) {
	a.text(ClientDialect, string(r.Dialect))
	a.text(RecordID, r.ID)
	a.text(RequestID, clip(r.Request))
	a.text(TraceLabel, clip(r.Trace))
	a.text(Workspace, r.Workspace)
	a.text(Key, r.Key)
	a.text("sluice.user", clip(r.User))
	for i, name := range slices.Sorted(maps.Keys(r.Metadata)) {
		if i < maxLabels {
			a.text("sluice.metadata."+clip(name), clip(r.Metadata[name]))
		}
	}
}

// tokens says what a call used, unless nobody has counted.
func (a *attributes) tokens(t *usage.Tokens) {
	if t == nil || t.Estimated {
		return
	}
	a.number(InputTokens, input(t))
	a.number(OutputTokens, t.Output)
	if t.CacheRead > 0 {
		a.number(CacheRead, t.CacheRead)
	}
	if n := cacheWrite(t); n > 0 {
		a.number(CacheCreation, n)
	}
}

// answering is the attempt whose answer the client has got, -1 if none is.
func answering(r *usage.Record) int {
	for i, a := range slices.Backward(r.Attempts) {
		if a.Kind == "" && !a.Lost && a.Option == r.Option {
			return i
		}
	}
	return -1
}

// attemptSpan is one attempt. The one that answers lasts as long as its answer,
// and has what that used.
func attemptSpan(r *usage.Record, parent *span, i int, answers bool) span {
	at, op := &r.Attempts[i], OperationOf(r.Operation, r.Dialect)
	began := at.Began
	if began.IsZero() {
		began = r.Time
	}
	s := span{
		trace: parent.trace, parent: parent.id, id: spanID(at.Span, r, i+1), kind: kindClient, failure: at.Kind,
		name: clip(strings.TrimSpace(op + " " + at.Model)), began: began, ended: began.Add(time.Duration(at.Took) * time.Microsecond),
	}
	tokens, cost := at.Usage, at.Cost
	if answers {
		tokens, cost, s.ended = r.Usage, r.Cost, parent.ended
		if r.Broken {
			s.failure = r.Error
		}
	}
	a := attributes{}
	a.text(OperationName, op)
	a.text(ProviderName, ProviderOf(at.Provider))
	a.text(RequestModel, clip(at.Model))
	if at.Status > 0 {
		a.number("http.response.status_code", int64(at.Status))
	}
	a.text(ErrorType, s.failure)
	a.tokens(tokens)
	if cost != nil {
		a.decimal(Cost, int64(cost.Nano), nanos)
	}
	a.text("sluice.option", at.Option)
	a.flag("sluice.lost", at.Lost)
	s.attributes = a
	return s
}

// maxBody is how much of a body is told, in bytes.
const maxBody = 32 << 10

// body is the beginning of a body that is a text.
func body(b *usage.Body) string {
	if !strings.Contains(b.Type, "json") && !strings.HasPrefix(b.Type, "text/") {
		return ""
	}
	return strings.ToValidUTF8(string(b.Bytes[:min(len(b.Bytes), maxBody)]), "")
}
