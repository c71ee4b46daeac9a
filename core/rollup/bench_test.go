//go:build unix

package rollup

import (
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"sluice/core/price"
	"sluice/core/store/boltstore"
	"sluice/core/usage"
)

// busy are n requests of one application, 3,000 of them a second.
func busy(n int) []*usage.Record {
	from := begin()
	out := make([]*usage.Record, n)
	for i := range out {
		at := from.Add(time.Duration(i) * time.Second / 3000)
		out[i] = &usage.Record{
			ID: usage.NewID(at), Request: "req", Time: at, Key: "default", Provider: "openai", Model: []string{"gpt-5.2", "gpt-5.2-mini"}[i%2],
			Metadata: map[string]string{"team": fmt.Sprint("team-", i%3), "env": "production"}, Status: 200, Option: "config",
			Usage: &usage.Tokens{Input: int64(i % 1000), Output: int64(i % 300)}, Cost: &usage.Cost{Nano: price.Nano(i)},
			First: usage.Micros(200_000 + i*7919%300_000), Total: usage.Micros(900_000 + i*104_729%3_000_000),
		}
	}
	return out
}

// BenchmarkCount counts records in a file, as many together as a consumer does
// that is idle, or busy. Figures are for one record; cpu-µs is what the process
// works, ns has the waiting for the disk in it.
func BenchmarkCount(b *testing.B) {
	for _, size := range []int{1, 100, 1000, 2000} {
		b.Run(fmt.Sprint("together=", size), func(b *testing.B) {
			table, err := boltstore.Open(filepath.Join(b.TempDir(), "sluice.db"), 0)
			if err != nil {
				b.Fatal(err)
			}
			defer table.Close()
			s, records := &Sums{Table: table}, busy(b.N)
			b.ReportAllocs()
			b.ResetTimer()
			began := worked(b)
			for batch := range slices.Chunk(records, size) {
				if err := s.Count(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((worked(b)-began).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
		})
	}
}

// worked is how long processors have worked for this process.
func worked(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
