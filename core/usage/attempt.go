package usage

import (
	"slices"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

// An Attempt is one request to one target.
type Attempt struct {
	Option   string    `json:"option"`
	Provider string    `json:"provider"`
	Model    string    `json:"model,omitzero"`
	Span     string    `json:"span,omitzero"`
	Status   int       `json:"status,omitzero"`
	Kind     string    `json:"kind,omitzero"`  // of failure
	Error    string    `json:"error,omitzero"` // its text
	Took     Micros    `json:"took_us"`
	Began    time.Time `json:"-"`                  // zero if nobody has said
	Waited   Micros    `json:"waited_us,omitzero"` // before it, since the attempt that it repeats
	Once     bool      `json:"once,omitzero"`      // the body was too large to hold: no retry, no fallback
	Lost     bool      `json:"lost,omitzero"`      // another attempt answered first

	// Usage and Cost are what the attempt costs beside the answer.
	Usage *Tokens `json:"usage,omitzero"`
	Cost  *Cost   `json:"cost,omitzero"`
}

// A Note says why routing did what it did.
type Note struct {
	Option string `json:"option"` // path of the node in the config that it is about
	Text   string `json:"text"`
}

// A Guard is what a guardrail has found. No texts are in it.
type Guard struct {
	Option string `json:"option"` // path of the target in the config
	ID     string `json:"id"`
	Event  string `json:"event"` // beforeRequestHook, afterRequestHook
	Pass   bool   `json:"pass"`
	Deny   bool   `json:"deny,omitzero"`   // it has failed, and denies
	Errors int    `json:"errors,omitzero"` // checks without a verdict
	Async  bool   `json:"async,omitzero"`
}

// GuardsOf copies what guardrails have found.
func GuardsOf(t *core.Trace) []Guard {
	var out []Guard
	for _, f := range t.Findings() {
		out = append(out, Guard{Option: f.Option, ID: f.Hook, Event: f.Event, Pass: f.Pass, Deny: f.Deny, Errors: f.Errors, Async: f.Async})
	}
	return out
}

// AttemptsOf copies the attempts of a trace. bill prices what one costs beside
// the answer.
func AttemptsOf(t *core.Trace, bill func(core.Attempt) *Cost) []Attempt {
	var out []Attempt
	for _, a := range t.Attempts() {
		r := Attempt{
			Option: a.Option, Provider: a.Provider, Model: a.Model, Span: a.Span, Status: a.Status,
			Began: a.Began, Took: Micros(a.Took.Microseconds()), Waited: Micros(a.Waited.Microseconds()), Once: a.Once, Lost: a.Lost,
		}
		if a.Err != nil {
			r.Kind, r.Error = llm.KindOf(a.Err).String(), a.Err.Error()
		}
		if a.Bill != nil {
			r.Usage, r.Cost = TokensOf(a.Bill.Usage), bill(a)
		}
		out = append(out, r)
	}
	return out
}

// NotesOf copies the notes of a trace.
func NotesOf(t *core.Trace) []Note {
	var out []Note
	for _, n := range t.Notes() {
		out = append(out, Note(n))
	}
	return out
}

// Sum adds what attempts cost to the cost of the answer, which may be nil. It
// is nil if no attempt costs anything.
func Sum(answer *Cost, attempts []Attempt) *Cost {
	var costs []*Cost
	for _, a := range attempts {
		if a.Cost != nil {
			costs = append(costs, a.Cost)
		}
	}
	if costs == nil {
		return nil
	}
	if answer != nil {
		costs = append([]*Cost{answer}, costs...)
	}
	sum := &Cost{Version: costs[0].Version}
	var gaps []string
	for _, c := range costs {
		sum.Nano = sum.Nano.Add(c.Nano)
		if c.Gap != "" && !slices.Contains(gaps, c.Gap) {
			gaps = append(gaps, c.Gap)
		}
	}
	sum.Gap = strings.Join(gaps, "; ")
	return sum
}
