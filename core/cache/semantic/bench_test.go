package semantic

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"sluice/core/cache"
	"sluice/core/store/memstore"
)

// filled has so many vectors in one place. Their cosine with each other is
// about alike, as the texts of one application have something in common.
func filled(b *testing.B, rows, n int, alike float64) (*Table, Place, Vector) {
	b.Helper()
	ctx, r := context.Background(), rand.New(rand.NewPCG(7, 8))
	t, p := NewTable(memstore.New(), 0), Place{Workspace: "w", Model: "m"}
	own, centre := t.open(p), unit(b, random(r, n))
	expires := time.Now().Add(time.Hour)
	for i := range rows - 1 {
		v := centre
		for j, x := range random(r, n) {
			if j == 0 {
				v = append(Vector(nil), centre...)
			}
			v[j] = float32(alike)*centre[j] + float32(1-alike)*x/32
		}
		k := cache.Key{}
		binary.BigEndian.PutUint64(k[:], uint64(i+1))
		own.add(row{k, int64(i), expires.UnixMilli()}, unit(b, v))
	}
	asked := beside(b, r, centre, 0.9)
	if err := t.Add(ctx, p, beside(b, r, asked, 0.97), cache.Key{9}, expires); err != nil {
		b.Fatal(err)
	}
	return t, p, asked
}

// BenchmarkNearest looks through 100,000 vectors of 1,024 numbers. MB is the
// memory that they take, cosine how much the first has in common with others.
// Times are of the wall: they need a machine that does nothing else.
func BenchmarkNearest(b *testing.B) {
	for name, alike := range map[string]float64{"unrelated": 0, "alike": 0.5, "very-alike": 0.75} {
		b.Run(name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			t, p, asked := filled(b, 100_000, 1024, alike)
			runtime.GC()
			runtime.ReadMemStats(&after)
			own := t.known(p)
			mean, first := 0.0, own.blocks[0][:1024]
			for _, block := range own.blocks[1:] {
				mean += 1 - float64(distance(first, block[:1024], math.MaxInt32))/2/(scale(1024)*scale(1024))
			}
			mean /= float64(len(own.blocks) - 1)
			for b.Loop() {
				if k, ok, err := t.Nearest(context.Background(), p, asked, DefaultLeast); err != nil || !ok || k != (cache.Key{9}) {
					b.Fatalf("found %s, %v, %v", k, ok, err)
				}
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
			b.ReportMetric(mean, "cosine")
		})
	}
}
