// Package usage says what happened in a request: who asked, where it went,
// what it used and what that costs. A [Record] is filled on the way out, for
// forwarded and translated answers alike, and handed to sinks when the
// response has gone out.
package usage

import (
	"cmp"
	"context"
	"time"

	"sluice/core"
	"sluice/core/internal/w3c"
	"sluice/core/llm"
	"sluice/core/price"
)

// A Record is one request. Texts of prompts and answers are not in it.
type Record struct {
	// ID is of the record itself: a UUIDv7, made by us, so that ids are in the
	// order of time and no client can choose one.
	ID      string    `json:"id,omitzero"`
	Request string    `json:"request"` // id, which the client may have chosen
	Time    time.Time `json:"time"`    // when the request came, in UTC

	// The place in the client's traces, as its headers say it.
	Trace    string            `json:"trace,omitzero"`     // id
	Span     string            `json:"span,omitzero"`      // of the request; those of its attempts are below it
	Parent   string            `json:"parent,omitzero"`    // span that the request is part of
	SpanName string            `json:"span_name,omitzero"` // in the client's words
	Baggage  map[string]string `json:"baggage,omitzero"`
	Sender   w3c.Parent        `json:"-"` // the client's traceparent; zero if there is none

	// Source is who made the record, if it was not the gateway: "api" for a
	// request that a client has made elsewhere and tells of.
	Source string `json:"source,omitzero"`

	Workspace string `json:"workspace,omitzero"`
	Key       string `json:"key,omitzero"` // id of the gateway key, never the key
	User      string `json:"user,omitzero"`
	// Stranger says that whoever asked had no valid key, so that the record is
	// of no workspace.
	Stranger bool              `json:"stranger,omitzero"`
	Metadata map[string]string `json:"metadata,omitzero"`

	Operation llm.Operation `json:"operation"`
	Dialect   llm.Dialect   `json:"dialect"` // the client's
	Stream    bool          `json:"stream,omitzero"`
	Warm      bool          `json:"warm,omitzero"`  // a provider has gone on with a conversation, and may have had the beginning cached
	Asked     string        `json:"asked,omitzero"` // model that the client named

	Provider string    `json:"provider,omitzero"` // that answered, or failed last
	Model    string    `json:"model,omitzero"`    // that was called
	Option   string    `json:"option,omitzero"`   // path of the target in the config
	Attempts []Attempt `json:"attempts,omitzero"`
	Notes    []Note    `json:"notes,omitzero"` // why routing did what it did
	Dropped  []string  `json:"dropped,omitzero"`
	Guards   []Guard   `json:"guards,omitzero"` // what guardrails have found

	Retries int              `json:"retries,omitzero"` // that the answer took; -1: used up
	Cache   core.CacheStatus `json:"cache,omitzero"`   // empty: nobody looked

	Status int    `json:"status"`
	Error  string `json:"error,omitzero"`  // kind of failure
	Reason string `json:"reason,omitzero"` // its text
	Broken bool   `json:"broken,omitzero"` // the answer was cut short after it had begun
	Left   bool   `json:"left,omitzero"`   // the client went away

	Usage *Tokens `json:"usage,omitzero"`
	Cost  *Cost   `json:"cost,omitzero"`
	// Spent is the cost of the answer and of all attempts that cost something
	// beside it, without lines. It is there only if there are such attempts.
	Spent *Cost `json:"spent,omitzero"`
	// Saved is what an answer from the cache would have cost, without lines.
	Saved *Cost `json:"saved,omitzero"`

	First Micros `json:"first_us,omitzero"` // until the first byte of the answer
	Total Micros `json:"total_us"`          // until its last

	// Exchange is what went over the line. Nil: it is not to be kept.
	Exchange *Exchange `json:"-"`
}

// Ended is when the request was over.
func (r *Record) Ended() time.Time { return r.Time.Add(time.Duration(r.Total) * time.Microsecond) }

// AnyModel is the model that was called or, if none was, that the client named.
func (r *Record) AnyModel() string { return cmp.Or(r.Model, r.Asked) }

// Asker is who asked: the principal's user, else whom the client names in
// metadata, as the reference has it.
func (r *Record) Asker() string { return cmp.Or(r.User, r.Metadata["_user"]) }

// Keep says which bodies are kept with records.
type Keep string

// What is kept.
const (
	KeepNone     Keep = "none"
	KeepRedacted Keep = "redacted" // without personal data and keys, as far as they are recognised
	KeepFull     Keep = "full"
)

// Micros is a time span in microseconds.
type Micros int64

// Since is the span from one instant to a later one.
func Since(from, to time.Time) Micros { return Micros(to.Sub(from).Microseconds()) }

// Tokens are the disjoint buckets of [llm.Usage].
type Tokens struct {
	Input        int64  `json:"input"`
	CacheRead    int64  `json:"cache_read,omitzero"`
	CacheWrite   int64  `json:"cache_write,omitzero"`
	CacheWrite1h int64  `json:"cache_write_1h,omitzero"`
	Output       int64  `json:"output"`
	Reasoning    int64  `json:"reasoning,omitzero"` // part of output
	AudioInput   int64  `json:"audio_input,omitzero"`
	AudioOutput  int64  `json:"audio_output,omitzero"`
	Tier         string `json:"tier,omitzero"`
	Estimated    bool   `json:"estimated,omitzero"` // nobody reported
}

// TokensOf copies what was reported.
func TokensOf(u *llm.Usage) *Tokens {
	if u == nil {
		return nil
	}
	return &Tokens{
		Input: u.Input, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, CacheWrite1h: u.CacheWrite1h, Output: u.Output,
		Reasoning: u.Reasoning, AudioInput: u.AudioInput, AudioOutput: u.AudioOutput, Tier: u.ServiceTier, Estimated: u.Estimated,
	}
}

// Cost is what a request costs, in nano-dollars.
type Cost struct {
	Nano    price.Nano `json:"nano"`         // with a gap: what is known of it
	Gap     string     `json:"gap,omitzero"` // why it is not the whole cost; unpriced models are never guessed
	Lines   []Line     `json:"lines,omitzero"`
	Version string     `json:"version"` // of the price data
}

// A Line is one position of a bill.
type Line struct {
	Unit  string     `json:"unit"`
	Count int64      `json:"count"`
	Nano  price.Nano `json:"nano"`
}

// A Sink takes records. It is called when the response has gone out; its
// context bounds it.
type Sink interface {
	Write(ctx context.Context, r *Record) error
}
