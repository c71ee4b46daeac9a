package rollup

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"sluice/core/store/boltstore"
)

// BenchmarkCount counts records in a file, as many together as a busy consumer
// does. ns/op is for one record.
func BenchmarkCount(b *testing.B) {
	table, err := boltstore.Open(filepath.Join(b.TempDir(), "sluice.db"), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer table.Close()
	s := &Sums{Table: table}
	records := someRecords(rand.New(rand.NewPCG(1, 1)), b.N)
	for _, r := range records {
		r.Workspace, r.Time = "", records[0].Time
	}
	for batch := range slices.Chunk(records, batchSize) {
		if err := s.Count(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}
