package rollup

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sluice/core/internal/worktest"
	"sluice/core/store/boltstore"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// TestSumsAreWhatTheRecordsAddUpTo: 10^5 requests.
func TestSumsAreWhatTheRecordsAddUpTo(t *testing.T) {
	t.Parallel()
	all := 100_000
	if worktest.Raced {
		all = 10_000 // make test runs the others without the detector
	}
	records := someRecords(rand.New(rand.NewPCG(1, 2)), all)
	table := memstore.New()
	countAll(t, table, records, 2)
	check(t, table, records)
}

func TestSumsInAFileAreWhatTheRecordsAddUpTo(t *testing.T) {
	t.Parallel()
	table, err := boltstore.Open(filepath.Join(t.TempDir(), "sluice.db"), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	records := someRecords(rand.New(rand.NewPCG(7, 2)), 3000)
	countAll(t, table, records, 3)
	check(t, table, records)
}

func TestManyMayCountTheSameAtOnce(t *testing.T) {
	t.Parallel()
	records := someRecords(rand.New(rand.NewPCG(6, 2)), 2000)
	table := memstore.New()
	countAll(t, table, records, 8)
	check(t, table, records)
}

// TestManyValuesShareOneCell: OP-05. What has no cell of its own is in the sums
// all the same.
func TestManyValuesShareOneCell(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New(), MaxValues: 5}
	at := begin()
	var records []*usage.Record
	for i := range 40 {
		records = append(records, &usage.Record{ID: usage.NewID(at), Time: at, User: fmt.Sprint("user ", i%20), Cost: &usage.Cost{Nano: 3}})
	}
	for batch := range slices.Chunk(records, 7) {
		if err := s.Count(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	cells, requests := map[string]int64{}, int64(0)
	for r, err := range s.Table.Range(t.Context(), part("", User), driver.Query{}) {
		c, err2 := decode(r)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		cells[c.Value] = c.Requests
		requests += c.Requests
	}
	if len(cells) != 6 || cells[Other] != 30 || requests != 40 {
		t.Errorf("%d requests in %v", requests, slices.Collect(maps.Keys(cells)))
	}
}

func TestWhatIsTooOldOrNoneOfOursIsNotCounted(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New()}
	old := time.Now().Add(-MaxAge - time.Minute)
	if err := s.Count(t.Context(), []*usage.Record{{ID: usage.NewID(old), Time: old}, {ID: usage.NewID(time.Now()), Time: old}, {ID: "req_1", Time: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	if n := s.TooOld(); n != 2 {
		t.Errorf("%d were too old", n)
	}
	for r := range s.Table.Range(t.Context(), part("", All), driver.Query{}) {
		t.Errorf("%s is there", r.Data)
	}
}
