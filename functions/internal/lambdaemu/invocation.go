package lambdaemu

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"time"
)

// An invocation is one event on its way through the function.
type invocation struct {
	id       string
	event    []byte
	answers  chan answer   // receives the only one
	consumed chan struct{} // closed by consume
	consume  func()        // says that the front needs nothing more of the answer

	mu        sync.Mutex
	started   time.Time
	timeout   *time.Timer
	answered  bool
	status    string // "" as long as nothing went wrong
	errorType string
}

// An answer is what the front makes a response of. One without a body is a
// failure of the function.
type answer struct {
	contentType string
	body        io.Reader // of the function's own request: ends with an error if the process dies
}

func newInvocation(id string, event []byte) *invocation {
	consumed := make(chan struct{})
	return &invocation{
		id: id, event: event, answers: make(chan answer, 1),
		consumed: consumed, consume: sync.OnceFunc(func() { close(consumed) }),
	}
}

func (i *invocation) begin(timeout time.Duration, kill func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.started = time.Now()
	i.timeout = time.AfterFunc(timeout, func() {
		i.note("timeout", "")
		kill()
	})
}

func (i *invocation) isAnswered() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.answered
}

// answer hands a to the front, unless it has an answer.
func (i *invocation) answer(a answer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.answered {
		i.answered = true
		i.answers <- a
	}
}

// note keeps what went wrong first, and reports whether this did.
func (i *invocation) note(status, errorType string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.status != "" {
		return false
	}
	i.status, i.errorType = status, errorType
	return true
}

// fail notes what went wrong and ends the wait for an answer.
func (i *invocation) fail(status, errorType string) (first bool) {
	first = i.note(status, errorType)
	i.answer(answer{})
	return first
}

func (i *invocation) end() Report {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.timeout.Stop()
	r := Report{RequestID: i.id, Duration: time.Since(i.started), Status: "success", ErrorType: i.errorType}
	if i.status != "" {
		r.Status = i.status
	}
	return r
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
