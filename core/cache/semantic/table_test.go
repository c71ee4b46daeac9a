package semantic

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/cache"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

// look is what a process finds that does what a Finder does.
func look(t *testing.T, x *Table, p Place, v Vector) cache.Key {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), DefaultLimit)
	defer cancel()
	if err := x.Prepare(ctx, p); err != nil {
		t.Fatal(err)
	}
	k, ok, err := x.Nearest(ctx, p, v, DefaultLeast)
	if err != nil || ok == (k == cache.Key{}) {
		t.Fatalf("got %s, %v, %v", k, ok, err)
	}
	return k
}

func put(t *testing.T, x *Table, p Place, v Vector, k byte, life time.Duration) cache.Key {
	t.Helper()
	key := cache.Key{k}
	if err := x.Add(t.Context(), p, v, key, time.Now().Add(life)); err != nil {
		t.Fatal(err)
	}
	return key
}

var home = Place{Workspace: "w", Model: "m", Group: cache.Key{1}}

func TestTheNearestIsFoundExactly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	x, v := NewTable(memstore.New(), 0), unit(t, random(r, 300))
	if k := look(t, x, home, v); k != (cache.Key{}) {
		t.Errorf("found %s in an empty table", k)
	}
	for i := range 2000 {
		put(t, x, home, unit(t, random(r, 300)), byte(100+i%100), time.Hour)
	}
	put(t, x, home, beside(t, r, v, 0.949), 1, time.Hour)
	if k := look(t, x, home, v); k != (cache.Key{}) {
		t.Errorf("found %s, which is not near enough", k)
	}
	for i, cosine := range []float64{0.952, 0.9600, 0.958, 0.9595} {
		put(t, x, home, beside(t, r, v, cosine), byte(2+i), time.Hour)
	}
	if k := look(t, x, home, v); k != (cache.Key{3}) {
		t.Errorf("found %s", k)
	}
}

func TestNothingOfAnotherPlaceIsFound(t *testing.T) {
	t.Parallel()
	x, v := NewTable(memstore.New(), 0), unit(t, []float32{1, 2, 3})
	put(t, x, home, v, 1, time.Hour)
	for name, p := range map[string]Place{
		"workspace": {"v", home.Model, home.Group}, "group": {home.Workspace, home.Model, cache.Key{2}},
	} {
		for _, process := range []*Table{x, NewTable(x.table, 0)} {
			if k := look(t, process, p, v); k != (cache.Key{}) {
				t.Errorf("another %s: found %s", name, k)
			}
		}
	}
	if k := look(t, x, home, unit(t, []float32{1, 2, 3, 0})); k != (cache.Key{}) {
		t.Errorf("a longer vector found %s", k)
	}
}

func TestProcessesFindWhatOthersAdd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		table := memstore.New()
		one, other := NewTable(table, 0), NewTable(table, 0)
		v, w := unit(t, random(r, 64)), unit(t, random(r, 64))
		first := put(t, one, home, v, 1, time.Hour)
		if k := look(t, other, home, v); k != first {
			t.Errorf("at first: found %s", k)
		}
		second := put(t, one, home, w, 2, time.Hour)
		time.Sleep(fresh)
		if k := look(t, other, home, w); k != second {
			t.Errorf("a second later: found %s", k)
		}
		if k := look(t, one, home, w); k != second {
			t.Errorf("who has added it: found %s", k)
		}
	})
}

func TestVectorsExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		x, v := NewTable(memstore.New(), 0), unit(t, random(r, 64))
		put(t, x, home, v, 1, time.Minute)
		later := put(t, x, home, beside(t, r, v, 0.97), 2, time.Hour)
		time.Sleep(time.Minute)
		if k := look(t, x, home, v); k != later {
			t.Errorf("found %s", k)
		}
		time.Sleep(2 * tidyEvery)
		look(t, x, home, v)
		if own := x.known(home); len(own.rows) != 1 || len(own.blocks[0]) != 64 || own.known[later] != 0 {
			t.Errorf("%d vectors are still in memory", len(own.rows))
		}
		// The same answer again lives longer, and the vector is known once.
		put(t, x, home, v, 2, 2*time.Hour)
		time.Sleep(time.Hour)
		if k := look(t, x, home, v); k != later || len(x.known(home).rows) != 1 {
			t.Errorf("found %s among %d", k, len(x.known(home).rows))
		}
	})
}

func TestWhatWasDeletedStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	table := memstore.New()
	x, v := NewTable(table, 0), unit(t, random(r, 64))
	put(t, x, home, v, 1, time.Hour)
	other := put(t, x, home, beside(t, r, v, 0.97), 2, time.Hour)
	look(t, x, home, unit(t, random(r, 64)))
	own := x.known(home)
	if err := table.Delete(t.Context(), home.record(own.rows[own.known[cache.Key{1}]]), driver.Any); err != nil {
		t.Fatal(err)
	}
	if k := look(t, x, home, v); k != other || own.rows[own.known[cache.Key{1}]].expires != 0 {
		t.Errorf("found %s", k)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		const rows = 100
		x := NewTable(memstore.New(), partSize+rows*(64+rowSize))
		var last Vector
		for i := range 3 * rows {
			time.Sleep(time.Millisecond / 4) // some are added in the same millisecond
			last = unit(t, random(r, 64))
			if err := x.Add(t.Context(), home, last, cache.Key{byte(i), byte(i >> 8), 1}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			x.open(home)
			look(t, x, home, last)
			if own := x.known(home); own == nil || len(own.rows) > rows || x.size > x.memory {
				t.Fatalf("%d vectors, %d bytes", len(own.rows), x.size)
			}
		}
		other := home
		other.Group = cache.Key{9}
		put(t, x, other, last, 9, time.Hour)
		for _, p := range []Place{other, home, other} { // one at a time fits
			if k := look(t, x, p, last); k == (cache.Key{}) {
				t.Errorf("nothing was found in %v", p.Group)
			}
			if x.size > x.memory || x.used.Len() != len(x.parts) {
				t.Errorf("%d bytes in %d places", x.size, len(x.parts))
			}
		}
	})
}

// A slow table takes a while for each record.
type slow struct {
	driver.Table
	each time.Duration
	read int
}

func (s *slow) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		for rec, err := range s.Table.Range(ctx, part, q) {
			select {
			case <-time.After(s.each):
				s.read++
			case <-ctx.Done():
				yield(driver.Record{}, ctx.Err())
				return
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

func TestALargePlaceIsReadByAndByTheLatestFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		table := &slow{memstore.New(), time.Millisecond, 0}
		writer, reader := NewTable(table, 0), NewTable(table, 0)
		const rows = 1000
		var all []Vector
		for i := range rows {
			time.Sleep(time.Millisecond)
			all = append(all, unit(t, random(r, 16)))
			if err := writer.Add(t.Context(), home, all[i], cache.Key{byte(i), byte(i >> 8), 1}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(slack)
		began := time.Now()
		if k := look(t, reader, home, all[rows-1]); k == (cache.Key{}) {
			t.Error("the latest was not found at once")
		}
		if took := time.Since(began); took > DefaultLimit/2 {
			t.Errorf("it took %s", took)
		}
		looks := 1
		for ; looks < 100 && !reader.known(home).cursor.whole; looks++ {
			look(t, reader, home, all[0])
		}
		if k := look(t, reader, home, all[0]); k != (cache.Key{0, 0, 1}) || looks < 5 || looks > 10 {
			t.Errorf("found %s after %d looks", k, looks)
		}
		if table.read > rows+100 {
			t.Errorf("%d records were read", table.read)
		}
	})
}

// A broken table has its say.
type broken struct{ driver.Table }

var errBroken = errors.New("broken")

func (broken) Range(context.Context, string, driver.Query) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) { yield(driver.Record{}, errBroken) }
}

func TestFaultsOfTheTableAreTold(t *testing.T) {
	t.Parallel()
	x := NewTable(broken{memstore.New()}, 0)
	if err := x.Prepare(t.Context(), home); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
