package core

import (
	"slices"
	"sync"
	"time"

	"sluice/core/internal/redact"
	"sluice/core/llm"
)

// An Attempt is one request to one target.
type Attempt struct {
	Option   string // path of the target in the config, as in config.targets[0]
	Provider string
	Model    string
	Status   int           // the upstream's, 0 if there was none
	Span     string        // id of its span in the client's trace, if the client traces
	Err      error         // nil if the attempt was answered
	Began    time.Time     // zero if nobody has said
	Took     time.Duration // until the reply was committed or failed
	Waited   time.Duration // before it, since the attempt that it repeats
	Once     bool          // its body could be read once only, so that nothing was tried after it
	Lost     bool          // another attempt answered first, and this one was given up
	// Bill is what the attempt used although its answer is not the one that
	// the client has been given, or only its beginning is. Nil: nothing, or
	// nobody knows.
	Bill *Bill
}

// A Bill is what a provider will ask money for beside the answer itself.
type Bill struct {
	Usage  *llm.Usage
	Others []llm.Counted // what is not counted in tokens
	Region string        // where it was served, if that is known
}

// A Note says why routing did what it did: which target was chosen or passed
// over, or where an answer was continued.
type Note struct {
	Option string // path of the node in the config that it is about
	Text   string
}

// A Finding is what a guardrail has found, without the texts that it judged.
type Finding struct {
	Option string // path of the target in the config
	Hook   string // its id
	Event  string // when it ran, in the reference's words
	Pass   bool
	Deny   bool // it has failed, and denies
	Errors int  // checks without a verdict
	Async  bool // nobody waited for it
}

// A Trace says what was tried for a call, and why. It is safe for concurrent
// use.
type Trace struct {
	mu       sync.Mutex
	attempts []Attempt
	notes    []Note
	findings []Finding
	secrets  redact.Secrets
}

// Add notes an attempt.
func (t *Trace) Add(a Attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attempts = append(t.attempts, a)
}

// Lose marks the last answered attempt at a target as lost: another answer
// has been given to the client. It reports whether there is such an attempt.
func (t *Trace) Lose(option string, bill *Bill) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(t.attempts) - 1; i >= 0; i-- {
		if a := &t.attempts[i]; a.Option == option && a.Err == nil && !a.Lost {
			a.Lost, a.Bill = true, bill
			return true
		}
	}
	return false
}

// Note adds a reason.
func (t *Trace) Note(option, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes = append(t.notes, Note{option, text})
}

// Hide notes credentials that a target was sent: what it says may quote them,
// and is kept without them.
func (t *Trace) Hide(s redact.Secrets) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.secrets = redact.Join(t.secrets, s)
}

// Secrets returns the credentials that targets were sent.
func (t *Trace) Secrets() redact.Secrets {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.secrets
}

// Find notes what a guardrail has found.
func (t *Trace) Find(f Finding) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.findings = append(t.findings, f)
}

// Findings lists what guardrails have found so far.
func (t *Trace) Findings() []Finding {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.findings)
}

// Bill books what the last answered attempt at a target used although its
// answer is not the one that the client has been given, or only its beginning.
func (t *Trace) Bill(option string, b *Bill) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, a := range slices.Backward(t.attempts) {
		if a.Option == option && a.Err == nil {
			t.attempts[i].Bill = b
			return
		}
	}
}

// Attempts lists what was tried so far, in the order in which it ended.
func (t *Trace) Attempts() []Attempt {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.attempts)
}

// Notes lists the reasons so far, in the order in which they arose.
func (t *Trace) Notes() []Note {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.notes)
}
