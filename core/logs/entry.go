package logs

import (
	"cmp"
	"time"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/usage"
)

// An Entry is what a list shows of a record.
type Entry struct {
	Record *usage.Record `json:"-"` // all of it, without bodies

	ID       string            `json:"id"`
	Request  string            `json:"request"` // id, which the client may have chosen
	Time     time.Time         `json:"time"`    // when the request came, in UTC
	Trace    string            `json:"trace,omitzero"`
	Span     string            `json:"span,omitzero"`
	Key      string            `json:"key,omitzero"` // id of the gateway key
	User     string            `json:"user,omitzero"`
	Metadata map[string]string `json:"metadata,omitzero"`
	Source   string            `json:"source,omitzero"`

	Operation llm.Operation `json:"operation"`
	Dialect   llm.Dialect   `json:"dialect,omitzero"`
	Stream    bool          `json:"stream,omitzero"`
	Provider  string        `json:"provider,omitzero"`
	Model     string        `json:"model,omitzero"` // that was called; if none was, that the client named

	Status   int              `json:"status"`
	Error    string           `json:"error,omitzero"` // kind of failure
	Broken   bool             `json:"broken,omitzero"`
	Left     bool             `json:"left,omitzero"`
	Cache    core.CacheStatus `json:"cache,omitzero"`
	Attempts int              `json:"attempts,omitzero"`

	Prompt     int64      `json:"prompt_tokens,omitzero"`
	Completion int64      `json:"completion_tokens,omitzero"`
	Cost       price.Nano `json:"cost,omitzero"`     // in nano-dollars, with all attempts that were paid
	Unpriced   bool       `json:"unpriced,omitzero"` // Cost is not all of it
	Saved      price.Nano `json:"saved,omitzero"`    // by the cache

	First usage.Micros `json:"first_us,omitzero"`
	Total usage.Micros `json:"total_us"`
}

// EntryOf is what a list shows of r.
func EntryOf(r *usage.Record) Entry {
	e := Entry{
		Record: r, ID: r.ID, Request: r.Request, Time: r.Time, Trace: r.Trace, Span: r.Span, Key: r.Key, User: r.Asker(), Metadata: r.Metadata, Source: r.Source,
		Operation: r.Operation, Dialect: r.Dialect, Stream: r.Stream, Provider: r.Provider, Model: r.AnyModel(),
		Status: r.Status, Error: r.Error, Broken: r.Broken, Left: r.Left, Cache: r.Cache, Attempts: len(r.Attempts),
		First: r.First, Total: r.Total,
	}
	if t := r.Usage; t != nil {
		e.Prompt, e.Completion = t.Input+t.CacheRead+t.CacheWrite+t.CacheWrite1h, t.Output
	}
	if c := cmp.Or(r.Spent, r.Cost); c != nil {
		e.Cost, e.Unpriced = c.Nano, c.Gap != ""
	}
	if r.Saved != nil {
		e.Saved = r.Saved.Nano
	}
	return e
}
