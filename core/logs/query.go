package logs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
)

// A Filter says which logs are wanted. Of the values of one member any will
// do; all members that are set must fit. The zero value wants all.
type Filter struct {
	Class    []string          `json:"class,omitzero"` // of the status: 2xx, 4xx, 5xx
	Status   []int             `json:"status,omitzero"`
	Provider []string          `json:"provider,omitzero"`
	Model    []string          `json:"model,omitzero"`
	Key      []string          `json:"key,omitzero"` // ids of gateway keys
	User     []string          `json:"user,omitzero"`
	Trace    []string          `json:"trace,omitzero"`
	Request  []string          `json:"request,omitzero"` // ids
	Cache    []string          `json:"cache,omitzero"`
	Metadata map[string]string `json:"metadata,omitzero"` // all of it; the keys that a record is found by: see MaxMetadata

	Tokens     Span `json:"tokens,omitzero"` // prompt and completion
	Prompt     Span `json:"prompt_tokens,omitzero"`
	Completion Span `json:"completion_tokens,omitzero"`
	Cost       Span `json:"cost,omitzero"`     // nano-dollars
	Total      Span `json:"total_us,omitzero"` // until the last byte, in microseconds
}

// A Span is from Min to Max, both included; nil is no bound.
type Span struct {
	Min *int64 `json:"min,omitzero"`
	Max *int64 `json:"max,omitzero"`
}

// Has reports whether n is in the span.
func (s Span) Has(n int64) bool {
	return (s.Min == nil || n >= *s.Min) && (s.Max == nil || n <= *s.Max)
}

// A Query is a question for a page of logs, newest first.
type Query struct {
	Workspace string
	From, To  time.Time // when the request came, both included, to the millisecond; zero: as long as logs are kept, and now
	Filter    Filter
	Limit     int    // entries of a page; zero means 50, the most is MaxLimit
	Cursor    string // Page.Next of the page before, which was asked for by the same query
}

// Limits of a query.
const (
	defaultLimit = 50
	MaxLimit     = 1000 // entries in a page
	maxValues    = 16   // of one member of a filter
)

// Matches reports whether an entry is wanted.
func (f *Filter) Matches(e *Entry) bool {
	for _, c := range f.conditions() {
		if !c.holds(e) {
			return false
		}
	}
	return f.Tokens.Has(e.Prompt+e.Completion) && f.Prompt.Has(e.Prompt) && f.Completion.Has(e.Completion) &&
		f.Cost.Has(int64(e.Cost)) && f.Total.Has(int64(e.Total))
}

// A condition is a field and the values that it may have.
type condition struct {
	field  string
	values []string
	of     func(*Entry) string
}

func (c *condition) holds(e *Entry) bool { return slices.Contains(c.values, c.of(e)) }

// conditions are those on fields that entries are found by, the one that most
// likely has the fewest entries first: what names one request, then who, then
// what. An ordinary status comes last.
func (f *Filter) conditions() []condition {
	var list []condition
	add := func(field string, values []string, of func(*Entry) string) {
		if len(values) > 0 {
			list = append(list, condition{field, slices.Compact(slices.Sorted(slices.Values(values))), of})
		}
	}
	add(byRequest, f.Request, func(e *Entry) string { return e.Request })
	add(byTrace, f.Trace, func(e *Entry) string { return e.Trace })
	for _, k := range slices.Sorted(maps.Keys(f.Metadata)) {
		add(metadataField(k), []string{f.Metadata[k]}, func(e *Entry) string { return e.Metadata[k] })
	}
	add(byUser, f.User, func(e *Entry) string { return e.User })
	add(byKey, f.Key, func(e *Entry) string { return e.Key })
	status := condition{byStatus, nil, func(e *Entry) string { return strconv.Itoa(e.Status) }}
	for _, n := range f.Status {
		status.values = append(status.values, strconv.Itoa(n))
	}
	class := condition{byClass, f.Class, func(e *Entry) string { return classOf(e.Status) }}
	rare := !slices.Contains(f.Status, 200) && !slices.Contains(f.Class, "2xx")
	if rare {
		add(status.field, status.values, status.of)
		add(class.field, class.values, class.of)
	}
	add(byModel, f.Model, func(e *Entry) string { return e.Model })
	add(byProvider, f.Provider, func(e *Entry) string { return e.Provider })
	add(byCache, f.Cache, func(e *Entry) string { return string(e.Cache) })
	if !rare {
		add(status.field, status.values, status.of)
		add(class.field, class.values, class.of)
	}
	return list
}

// bounded reports whether the filter has conditions that no entry is found by.
func (f *Filter) bounded() bool {
	return slices.ContainsFunc([]Span{f.Tokens, f.Prompt, f.Completion, f.Cost, f.Total}, func(s Span) bool { return s != Span{} })
}

// valid returns what a client is told of a query that makes no sense.
func (q *Query) valid() error {
	if q.Limit < 0 || q.Limit > MaxLimit {
		return llm.Errorf(llm.BadRequest, "limit must be from 1 to %d", MaxLimit)
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.From.After(q.To) {
		return llm.Errorf(llm.BadRequest, "the time from which logs are wanted lies behind the one up to which they are")
	}
	for _, c := range q.Filter.conditions() {
		if len(c.values) > maxValues {
			return llm.Errorf(llm.BadRequest, "%s: at most %d values can be asked for together", c.field, maxValues)
		}
	}
	return nil
}

// identity is the query without its place, so that a cursor fits it alone.
func (q Query) identity() string {
	return fmt.Sprintf("%q %d %d %s", q.Workspace, q.From.UnixMilli(), q.To.UnixMilli(), json.ValueOf(q.Filter))
}

// Cents is an amount in nano-dollars as a filter on cost has it in cents.
func Cents(cents price.USD) int64 { return int64(cents) / 100 }
