// Package outputtest holds what processes print while tests read it.
package outputtest

import (
	"bytes"
	"sync"
)

// Output is what was printed. It may be read while it is written, by any
// number of goroutines; the zero value is ready to use.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds p.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String is all that was written.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
