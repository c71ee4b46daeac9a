package guard

import (
	"time"

	"sluice/core/internal/json"
	"sluice/core/internal/redact"
)

// A Hook is a list of checks, and what is done when one of them fails.
type Hook struct {
	ID         string
	Type       HookType
	Event      Event
	Deny       bool // a failure is told in place of the answer
	Async      bool // nobody waits for it, and nothing is done when it fails but to note it
	Sequential bool // each check sees what the one before it has replaced
	OnError    OnError
	Scope      Scope
	OnSuccess  *Feedback
	OnFail     *Feedback
	Source     json.Value // as the config has it

	uses []use
}

// HookType says what a hook is for.
type HookType string

// Types of hooks. A mutator replaces texts; its checks run one after another.
const (
	Guardrail HookType = "guardrail"
	Mutator   HookType = "mutator"
)

// OnError says what becomes of a check that has no verdict.
type OnError string

// What becomes of a check that has no verdict: it passes, as with the
// reference, or it fails.
const (
	Allow OnError = "allow"
	Close OnError = "deny"
)

// Feedback is a value that is noted with the outcome of a hook.
type Feedback struct {
	Value    json.Value
	Weight   json.Value
	Metadata []json.Member
}

// A use is a check in a hook.
type use struct {
	id      string // of the kind of check, as the library has it
	check   Check
	onError OnError
	open    bool           // see [Spec.Open]
	form    bool           // see [Spec.Form]
	secrets redact.Secrets // of its parameters
}

// inOrder reports whether a check has to see what those before it have left.
func (h *Hook) inOrder() bool { return h.Sequential || h.Type == Mutator }

// Window is the number of characters within which everything stands that can
// make the hook fail; 0: an answer has to be read to its end. See
// [Windowed.Window].
func (h *Hook) Window() int {
	widest := 1
	for _, u := range h.uses {
		w, ok := u.check.(Windowed)
		if !ok || w.Window() == 0 {
			return 0
		}
		widest = max(widest, w.Window())
	}
	return widest
}

// hookTime bounds a hook as a whole, whatever its checks allow themselves.
const hookTime = 2 * time.Minute
