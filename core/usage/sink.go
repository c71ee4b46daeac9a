package usage

import (
	"context"
	"fmt"
	"io"
	"sync"

	"sluice/core/internal/json"
)

// Lines is a [Sink] that writes one JSON object a line. It is safe for
// concurrent use, and a record is written by one Write.
type Lines struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLines writes to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Write appends a record.
func (l *Lines) Write(_ context.Context, r *Record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write usage record: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write usage record: %w", err)
	}
	return nil
}
