package guard

import (
	"time"

	"sluice/core/internal/json"
)

// A Result is the outcome of a hook, in the reference's members.
type Result struct {
	Verdict     bool          `json:"verdict"`
	ID          string        `json:"id"`
	Transformed bool          `json:"transformed"`
	Checks      []CheckResult `json:"checks"`
	Feedback    json.Value    `json:"feedback"`
	Took        int64         `json:"execution_time"` // milliseconds
	Async       bool          `json:"async"`
	Type        HookType      `json:"type"`
	Created     Moment        `json:"created_at"`
	Deny        bool          `json:"deny"` // it has failed, and denies
}

// A CheckResult is the outcome of a check, in the reference's members.
type CheckResult struct {
	Data        json.Value  `json:"data"`
	Verdict     bool        `json:"verdict"`
	ID          string      `json:"id"`
	Error       *CheckError `json:"error,omitzero"`
	Took        int64       `json:"execution_time"` // milliseconds
	Transformed bool        `json:"transformed"`
	Created     Moment      `json:"created_at"`
	Log         json.Value  `json:"log"`
	FailOnError bool        `json:"fail_on_error"`

	nothing bool // there was nothing to judge: no reason to close
}

// A Moment is a time that is written as JavaScript writes it.
type Moment time.Time

// MarshalJSON writes it with all its milliseconds.
func (m Moment) MarshalJSON() ([]byte, error) {
	return time.Time(m).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// CheckError is why a check has no verdict.
type CheckError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// An Outcome is that of all hooks of an event.
type Outcome struct {
	Results []Result // in the order of the hooks, without those nobody waits for
	Texts   []string // in place of all that were judged; nil: unchanged

	left document // as the hooks have left it; nil: unchanged
}

// Denied reports whether a hook that denies has failed.
func (o *Outcome) Denied() bool {
	for i := range o.Results {
		if o.Results[i].Deny {
			return true
		}
	}
	return false
}

// Blame has the results say that a hook denies, whose verdict about a part of
// the answer was another than about all of it: parts are cut where the answer
// goes on, such as from one block of text to the next.
func (o *Outcome) Blame(h *Hook) {
	for i := range o.Results {
		if r := &o.Results[i]; r.ID == h.ID {
			r.Verdict, r.Deny = false, true
		}
	}
}

// Failed reports whether any hook has.
func (o *Outcome) Failed() bool {
	for i := range o.Results {
		if !o.Results[i].Verdict {
			return true
		}
	}
	return false
}
