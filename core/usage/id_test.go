package usage

import (
	"slices"
	"testing"
	"time"
)

func TestIDsAreInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 28, 23, 59, 59, 987_000_000, time.UTC)
	var ids []string
	for i := range 1000 {
		ids = append(ids, NewID(at.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("the ids are not in order, or equal")
	}
	for i, id := range ids {
		if got, ok := TimeOf(id); !ok || !got.Equal(at.Add(time.Duration(i)*time.Millisecond)) {
			t.Fatalf("%s is of %s, %v", id, got, ok)
		}
	}
}

func TestWhatIsNoIDHasNoTime(t *testing.T) {
	t.Parallel()
	id := NewID(time.Now())
	for _, s := range []string{"", "req_1", id[:35], id + "0", id[:14] + "4" + id[15:], "0123456789012345678901234567890123456", id[:35] + "x", "G" + id[1:], "A" + id[1:]} {
		if at, ok := TimeOf(s); ok {
			t.Errorf("%q has the time %s", s, at)
		}
	}
}
