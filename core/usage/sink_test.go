package usage

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stuck is a writer that nobody reads from until it is let go.
type stuck struct {
	bytes.Buffer
	free chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.free
	return s.Buffer.Write(p)
}

// TestRecordsDoNotPileUp: OP-04. A log that nobody reads does not fill the
// memory, and what it has lost is said.
func TestRecordsDoNotPileUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &stuck{free: make(chan struct{})}
		lines := NewLines(w)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		const more = 10
		failed := make(chan error, 2*maxWaiting)
		for i := range 1 + maxWaiting { // one writes, the others wait
			go func() { failed <- lines.Write(ctx, &Record{Request: "r"}) }()
			if i == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		for range more {
			if err := lines.Write(ctx, &Record{}); !errors.Is(err, errLost) {
				t.Fatalf("a record more: %v", err)
			}
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := len(failed); n != maxWaiting {
			t.Fatalf("%d gave up waiting, want %d", n, maxWaiting)
		}
		close(w.free)
		synctest.Wait()
		if err := lines.Write(t.Context(), &Record{Request: "last"}); err != nil {
			t.Fatal(err)
		}
		if got := w.String(); strings.Count(got, "\n") != 3 || !strings.Contains(got, "\n{\"lost_records\":1034}\n{\"request\":\"last\"") {
			t.Errorf("got\n%s", got)
		}
	})
}
