package usage

import (
	"cmp"
	"strconv"
	"time"

	"sluice/core/internal/json"
)

// Append writes r at the end of dst, byte for byte as [json.Marshal] does: by
// hand, since every request has a record, and this takes less than half of the
// time.
func (r *Record) Append(dst []byte) ([]byte, error) {
	w := writer{b: append(dst, '{')}
	r.who(&w)
	w.text("operation", string(r.Operation))
	w.text("dialect", string(r.Dialect))
	w.yes("stream", r.Stream)
	w.yes("warm", r.Warm)
	w.some("asked", r.Asked)
	w.some("provider", r.Provider)
	w.some("model", r.Model)
	w.some("option", r.Option)
	list(&w, "attempts", r.Attempts, (*writer).attempt)
	w.value("notes", r.Notes, r.Notes != nil)
	w.value("dropped", r.Dropped, r.Dropped != nil)
	w.value("guards", r.Guards, r.Guards != nil)
	w.number("retries", int64(r.Retries))
	w.some("cache", string(r.Cache))
	w.count("status", int64(r.Status))
	w.some("error", r.Error)
	w.some("reason", r.Reason)
	w.yes("broken", r.Broken)
	w.yes("left", r.Left)
	w.tokens("usage", r.Usage)
	w.cost("cost", r.Cost)
	w.cost("spent", r.Spent)
	w.cost("saved", r.Saved)
	w.number("first_us", int64(r.First))
	w.count("total_us", int64(r.Total))
	w.b = append(w.b, '}')
	return w.b, w.err
}

// who writes what a record begins with: who asked, and when.
func (r *Record) who(w *writer) {
	w.some("id", r.ID)
	w.text("request", r.Request)
	w.name("time")
	w.b = append(r.Time.AppendFormat(append(w.b, '"'), time.RFC3339Nano), '"')
	w.some("trace", r.Trace)
	w.some("span", r.Span)
	w.some("parent", r.Parent)
	w.some("span_name", r.SpanName)
	w.value("baggage", r.Baggage, r.Baggage != nil)
	w.some("source", r.Source)
	w.some("workspace", r.Workspace)
	w.some("key", r.Key)
	w.some("user", r.User)
	w.yes("stranger", r.Stranger)
	w.value("metadata", r.Metadata, r.Metadata != nil)
}

// A writer appends members of objects, whose names need no escapes. It keeps
// the first error.
type writer struct {
	b   []byte
	err error
}

func (w *writer) name(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), name...), `":`...)
}

func (w *writer) text(name, s string) {
	w.name(name)
	w.b = json.AppendQuote(w.b, s)
}

// some writes a text that is not empty.
func (w *writer) some(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

func (w *writer) count(name string, n int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

// number writes one that is not zero.
func (w *writer) number(name string, n int64) {
	if n != 0 {
		w.count(name, n)
	}
}

func (w *writer) yes(name string, v bool) {
	if v {
		w.name(name)
		w.b = append(w.b, "true"...)
	}
}

func (w *writer) tokens(name string, t *Tokens) {
	if t == nil {
		return
	}
	w.name(name)
	w.b = append(w.b, '{')
	w.count("input", t.Input)
	w.number("cache_read", t.CacheRead)
	w.number("cache_write", t.CacheWrite)
	w.number("cache_write_1h", t.CacheWrite1h)
	w.count("output", t.Output)
	w.number("reasoning", t.Reasoning)
	w.number("audio_input", t.AudioInput)
	w.number("audio_output", t.AudioOutput)
	w.some("tier", t.Tier)
	w.yes("estimated", t.Estimated)
	w.b = append(w.b, '}')
}

func (w *writer) cost(name string, c *Cost) {
	if c == nil {
		return
	}
	w.name(name)
	w.b = append(w.b, '{')
	w.count("nano", int64(c.Nano))
	w.some("gap", c.Gap)
	list(w, "lines", c.Lines, (*writer).line)
	w.text("version", c.Version)
	w.b = append(w.b, '}')
}

func (w *writer) line(l *Line) {
	w.text("unit", l.Unit)
	w.count("count", l.Count)
	w.count("nano", int64(l.Nano))
}

func (w *writer) attempt(a *Attempt) {
	w.text("option", a.Option)
	w.text("provider", a.Provider)
	w.some("model", a.Model)
	w.some("span", a.Span)
	w.number("status", int64(a.Status))
	w.some("kind", a.Kind)
	w.some("error", a.Error)
	w.count("took_us", int64(a.Took))
	w.number("waited_us", int64(a.Waited))
	w.yes("once", a.Once)
	w.yes("lost", a.Lost)
	w.tokens("usage", a.Usage)
	w.cost("cost", a.Cost)
}

// list writes objects, if there is a list of them.
func list[T any](w *writer, name string, elements []T, members func(*writer, *T)) {
	if elements == nil {
		return
	}
	w.name(name)
	w.b = append(w.b, '[')
	for i := range elements {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '{')
		members(w, &elements[i])
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

// value writes what few records have, if they do.
func (w *writer) value(name string, v any, there bool) {
	if !there {
		return
	}
	w.name(name)
	b, err := json.Append(w.b, v)
	w.b, w.err = b, cmp.Or(w.err, err)
}
