package board

import (
	"fmt"
	"testing"
	"time"
)

// Whoever has many configs and names many targets takes no memory from others
// but that of scopes which nobody uses.
func TestEntriesOfAllScopesAreBounded(t *testing.T) {
	t.Parallel()
	b := New(nil, nil)
	often, never := b.Scope(Place{Workspace: "often"}), b.Scope(Place{Workspace: "never"})
	calls(3, often, target("a"), failed)
	calls(3, never, target("a"), failed)
	var last *Scope
	for n := range 3 * maxEntries / maxAverages {
		last = b.Scope(Place{Workspace: fmt.Sprint(n)})
		for m := range maxAverages {
			last.Took(t.Context(), fmt.Sprint(m), "stream", time.Second)
		}
		if !often.Benched(target("a")) {
			t.Fatalf("after %d other scopes the one in use was dropped", n)
		}
	}
	total := 0
	for _, s := range b.scopes.all() {
		total += len(s.targets.known) + len(s.keys.known) + len(s.averages.known) + len(s.sessions.known)
	}
	if total > maxEntries || total < maxEntries/2 || int64(total) != b.entries.Load() {
		t.Errorf("%d entries are kept and %d counted, of at most %d", total, b.entries.Load(), maxEntries)
	}
	if len(last.averages.known) != maxAverages {
		t.Errorf("the scope used last has %d averages", len(last.averages.known))
	}
	if !never.Dropped() || len(never.targets.known) != 0 {
		t.Error("the scope used least recently was kept")
	}
	never.Took(t.Context(), "a", "stream", time.Second)
	if len(never.averages.known) != 0 {
		t.Error("a scope that was dropped grows")
	}
}
