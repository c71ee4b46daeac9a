package compact

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"sluice/core/store/memstore"
)

// TestASealIsBoundToItsWorkspace, and is another one each time.
func TestASealIsBoundToItsWorkspace(t *testing.T) {
	t.Parallel()
	s := &Sealer{Table: memstore.New()}
	blob, err := s.seal(t.Context(), "ours", "the summary")
	if err != nil || !strings.HasPrefix(blob, prefix) || strings.Contains(blob, "summary") {
		t.Fatalf("%s %v", blob, err)
	}
	if again, err := s.seal(t.Context(), "ours", "the summary"); err != nil || again == blob {
		t.Errorf("sealed twice: %s %v", again, err)
	}
	if text, err := s.open(t.Context(), "ours", blob); err != nil || text != "the summary" {
		t.Errorf("%q %v", text, err)
	}
	for _, other := range []string{"", "theirs", "our", "ours "} {
		if text, err := s.open(t.Context(), other, blob); !errors.Is(err, errSeal) {
			t.Errorf("workspace %q opened it: %q %v", other, text, err)
		}
	}
	for n := range blob[len(prefix):] {
		b := []byte(blob)
		b[len(prefix)+n] ^= 1
		if text, err := s.open(t.Context(), "ours", string(b)); err == nil && text != "the summary" {
			t.Fatalf("changed at %d it opened as %q", n, text)
		}
	}
}

// TestProcessesThatBeginAtOnceHaveOneKey: the first that writes it wins.
func TestProcessesThatBeginAtOnceHaveOneKey(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	blobs := make([]string, 8)
	var wait sync.WaitGroup
	for i := range blobs {
		wait.Go(func() {
			blobs[i], _ = (&Sealer{Table: table}).seal(t.Context(), "w", "the summary")
		})
	}
	wait.Wait()
	late := &Sealer{Table: table}
	for i, blob := range blobs {
		if text, err := late.open(t.Context(), "w", blob); err != nil || text != "the summary" {
			t.Errorf("process %d: %q %v", i, text, err)
		}
	}
}
