package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"sluice/core/store/driver"
)

// largeData stores what may be too large. A driver that refuses it leaves what
// was there.
func largeData(t *testing.T, table driver.Table) {
	tests := []struct {
		name string
		data []byte
		must bool // every driver takes it
	}{
		{"300 kB", noise(1, 300_000), true},
		{"1 MB that compresses", bytes.Repeat([]byte("compressible "), 1<<20/13), true},
		{"350 KB that does not compress", noise(2, 350<<10), false},
		{"5 MB that does not compress", noise(3, 5<<20), false},
		{"gzip itself", append([]byte{0x1f, 0x8b}, noise(4, 1000)...), true},
		{"too much for any", make([]byte, driver.MaxData+1), false},
	}
	for i, tt := range tests {
		r := driver.Record{Key: key(tt.name), Data: []byte("small")}
		put(t, table, r)
		r.Version, r.Data = int64(1-2*(i%2)), tt.data // every second one overwrites
		_, err := table.Put(t.Context(), r)
		switch {
		case err == nil && len(tt.data) <= driver.MaxData:
			wantStored(t, table, r.Key, 2, tt.data)
			wantInRange(t, table, r.Key, tt.data)
		case errors.Is(err, driver.ErrTooLarge) && !tt.must:
			wantStored(t, table, r.Key, 1, []byte("small"))
		default:
			t.Errorf("%s: got %v", tt.name, err)
		}
		put(t, table, driver.Record{Key: r.Key, Version: driver.Any, Data: []byte("small again")})
		if got, err := table.Get(t.Context(), r.Key); err != nil || string(got.Data) != "small again" {
			t.Errorf("%s: afterwards there is %.40q, %v", tt.name, got.Data, err)
		}
		if err := table.Delete(t.Context(), r.Key, driver.Any); err != nil {
			t.Error(err)
		}
	}
}

func wantInRange(t *testing.T, table driver.Table, k driver.Key, data []byte) {
	t.Helper()
	for r, err := range table.Range(t.Context(), k.Part, driver.Query{Prefix: k.Sort}) {
		if err != nil || !bytes.Equal(r.Data, data) {
			t.Errorf("%s in a range: %d bytes, %v, want %d", k.Sort, len(r.Data), err, len(data))
		}
	}
}

// largeDataInWrites writes more than 4 MB at once.
func largeDataInWrites(t *testing.T, table driver.Table) {
	var ops []driver.Op
	for i := range 30 {
		ops = append(ops, driver.Put(driver.Record{Key: key(fmt.Sprintf("%02d", i)), Data: noise(uint64(i), 200_000)}))
	}
	failing := append(slices.Clone(ops), driver.Check(key("absent"), 7))
	if err := table.Write(t.Context(), failing); !errors.Is(err, driver.ErrConflict) && !errors.Is(err, driver.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if got := list(t, table, "part", driver.Query{}); len(got) != 0 {
		t.Errorf("a failed write has left %q", got)
	}
	err := table.Write(t.Context(), ops)
	if errors.Is(err, driver.ErrTooLarge) {
		if got := list(t, table, "part", driver.Query{}); len(got) != 0 {
			t.Errorf("a refused write has left %q", got)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		wantStored(t, table, op.Key, 1, op.Data)
	}
}
