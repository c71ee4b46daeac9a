package usage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
)

// maxWaiting is how many records wait for a writer that is stuck. What comes
// then is lost and counted: records that pile up would take the process with
// them.
const maxWaiting = 1024

// errLost is why a record is not written.
var errLost = errors.New("too many records wait for a writer that is stuck")

// Lines is a [Sink] that writes one JSON object a line. It is safe for
// concurrent use, and a record is written by one Write. When it can write
// again after records were lost, a line of its own says how many:
// {"lost_records":3}.
type Lines struct {
	w       io.Writer
	turn    chan struct{} // is held by whoever writes
	waiting atomic.Int64
	lost    atomic.Int64 // since the last line
}

// NewLines writes to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w, turn: make(chan struct{}, 1)} }

// Write appends a record. It waits for others until the context ends.
func (l *Lines) Write(ctx context.Context, r *Record) error {
	b, err := r.Append(nil)
	if err == nil {
		err = l.WriteLine(ctx, append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write usage record: %w", err)
	}
	return nil
}

// WriteLine appends a line of another kind, with its line feed, among the
// records.
func (l *Lines) WriteLine(ctx context.Context, line []byte) error {
	if err := l.wait(ctx); err != nil {
		l.lost.Add(1)
		return err
	}
	defer func() { <-l.turn }()
	if n := l.lost.Swap(0); n > 0 {
		line = append([]byte(`{"lost_records":`+strconv.FormatInt(n, 10)+"}\n"), line...)
	}
	_, err := l.w.Write(line)
	return err
}

// wait takes the turn.
func (l *Lines) wait(ctx context.Context) error {
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > maxWaiting {
		return errLost
	}
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
