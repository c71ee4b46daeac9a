package boltstore

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sluice/core/store/driver"
)

// BenchmarkWrite writes records as those of a busy moment are written: in four
// parts, by several writes of one commit. An operation is a record.
func BenchmarkWrite(b *testing.B) {
	b.ReportAllocs()
	table, err := Open(b.TempDir()+"/sluice.db", 0)
	if err != nil {
		b.Fatal(err)
	}
	defer table.Close()
	const writes = 7
	data, expires := make([]byte, 450), time.Now().Add(time.Hour)
	for n := 0; n < b.N; n += writes * driver.MaxOps {
		var wg sync.WaitGroup
		for w := range writes {
			ops := make([]driver.Op, driver.MaxOps)
			for i := range ops {
				at := n + w*driver.MaxOps + i
				k := driver.Key{Part: fmt.Sprintf("LOG#default#20260101#%d", at%4), Sort: fmt.Sprintf("01234567-89ab-7cde-8f01-%012x", at)}
				ops[i] = driver.Put(driver.Record{Key: k, Version: driver.Any, Data: data, Expires: expires.Add(time.Duration(at) * time.Millisecond / 10)})
			}
			wg.Go(func() {
				if err := table.Write(b.Context(), ops); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
