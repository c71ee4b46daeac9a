package rollup

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// crowded gives records ids of a few seconds, so that many share a set.
func crowded(records []*usage.Record, seconds int) []*usage.Record {
	from := begin().Add(10 * time.Minute)
	for i, r := range records {
		r.ID = usage.NewID(from.Add(time.Duration(i) * time.Duration(seconds) * time.Second / time.Duration(len(records))))
	}
	return records
}

// marks are the sets of records as the table has them, each id with how often
// it is there.
func marks(t *testing.T, table driver.Table, records []*usage.Record) (ids map[mark]int, pages int) {
	t.Helper()
	ids = map[mark]int{}
	seen := map[setName]bool{}
	for _, r := range records {
		name := factOf(r).mark.set
		if seen[name] {
			continue
		}
		seen[name] = true
		s, err := (&Sums{Table: table}).readSet(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.pages {
			if len(p.ids) > 0 {
				pages++
			}
			if len(p.ids) > pageSize*memberSize {
				t.Errorf("a page has %d ids", len(p.ids)/memberSize)
			}
			for id := range slices.Chunk(p.ids, memberSize) {
				ids[mark{set: name, id: member(id)}]++
			}
		}
	}
	return ids, pages
}

// checkMarks wants a mark for each record, and no other one.
func checkMarks(t *testing.T, table driver.Table, records []*usage.Record) (pages int) {
	t.Helper()
	ids, pages := marks(t, table, records)
	for _, r := range records {
		if n := ids[factOf(r).mark]; n != 1 {
			t.Errorf("%s has %d marks", r.ID, n)
		}
	}
	if len(ids) != len(records) {
		t.Errorf("%d marks for %d records", len(ids), len(records))
	}
	return pages
}

// TestASecondMayHaveMoreRecordsThanAPage has several count what came in two
// seconds, with faults between any two writes.
func TestASecondMayHaveMoreRecordsThanAPage(t *testing.T) {
	t.Parallel()
	records := crowded(someRecords(rand.New(rand.NewPCG(6, 3)), 12_000), 2)
	for _, r := range records {
		r.Workspace = "a"
	}
	table := memstore.New()
	countAll(t, table, records, 3)
	check(t, table, records)
	if pages := checkMarks(t, table, records); pages != 2*shards*2 {
		t.Errorf("1,500 ids in each of %d sets are in %d pages", 2*shards, pages)
	}
}

// interrupted is a table where somebody else comes before the next write.
type interrupted struct {
	driver.Table
	before func()
}

func (i *interrupted) Write(ctx context.Context, ops []driver.Op) error {
	if before := i.before; before != nil {
		i.before = nil
		before()
	}
	return i.Table.Write(ctx, ops)
}

func TestWhatSomebodyElseCountsMeanwhileIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, already := range []int{0, 100} { // are counted before, and remembered
		for _, theirs := range []int{1, 150, 300, 4 * pageSize} { // of what is counted next
			t.Run(fmt.Sprintf("%d of it behind %d", theirs, already), func(t *testing.T) {
				t.Parallel()
				records := crowded(someRecords(rand.New(rand.NewPCG(6, 4)), 100+6*pageSize), 1)
				for _, r := range records {
					r.Workspace = ""
				}
				table := &interrupted{Table: memstore.New()}
				mine, other := &Sums{Table: table}, &Sums{Table: table.Table}
				if err := mine.Count(t.Context(), records[:already]); err != nil {
					t.Fatal(err)
				}
				table.before = func() {
					if err := other.Count(t.Context(), records[already:already+theirs]); err != nil {
						t.Error(err)
					}
				}
				if err := mine.Count(t.Context(), records[already:]); err != nil {
					t.Fatal(err)
				}
				if table.before != nil {
					t.Fatal("nobody came between")
				}
				check(t, table, records)
				checkMarks(t, table, records)
			})
		}
	}
}

// TestWhatIsRememberedMayBeOld: two processes take turns at one set.
func TestWhatIsRememberedMayBeOld(t *testing.T) {
	t.Parallel()
	records := crowded(someRecords(rand.New(rand.NewPCG(6, 5)), 6000), 1)
	for _, r := range records {
		r.Workspace = ""
	}
	table := memstore.New()
	sums := []*Sums{{Table: table}, {Table: table}}
	for i, turn := 0, 0; i < len(records); turn++ {
		n := min(i+1+turn*37%700, len(records))
		for _, s := range []*Sums{sums[turn%2], sums[1-turn%2]} { // the second comes too late
			if err := s.Count(t.Context(), records[max(0, i-50):n]); err != nil {
				t.Fatal(err)
			}
		}
		i = n
	}
	check(t, table, records)
	checkMarks(t, table, records)
}

// TestMarksOutliveWhatTheyMark: as long as a record may be counted, it is known
// whether it has been, also by who has forgotten; then it is too old.
func TestMarksOutliveWhatTheyMark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		at := time.Now()
		r := &usage.Record{ID: usage.NewID(at), Time: at, Status: 200}
		remembers := &Sums{Table: table}
		count := func(when time.Duration, tooOld int64) {
			t.Helper()
			time.Sleep(time.Until(at.Add(when)))
			fresh := &Sums{Table: table}
			for _, s := range []*Sums{remembers, fresh} {
				if err := s.Count(t.Context(), []*usage.Record{r}); err != nil {
					t.Fatal(err)
				}
			}
			c, err := fresh.read(t.Context(), cellKey("", dim{All, ""}, at))
			if err != nil || c.Requests != 1 || fresh.TooOld() != tooOld {
				t.Errorf("after %s: %+v, %v, %d are too old", when, c, err, fresh.TooOld())
			}
		}
		there := func(want bool) {
			t.Helper()
			if ids, _ := marks(t, table, []*usage.Record{r}); (len(ids) == 1) != want {
				t.Errorf("%s later there are %d marks", time.Since(at), len(ids))
			}
		}
		count(0, 0)
		count(MaxAge, 0)
		there(true)
		count(MaxAge+time.Second, 1)
		there(true)
		count(markLife, 1)
		there(false)
	})
}

// gets counts reads by key.
type gets struct {
	driver.Table
	mu sync.Mutex
	of map[driver.Key]int
}

func (g *gets) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	g.mu.Lock()
	g.of[k]++
	g.mu.Unlock()
	return g.Table.Get(ctx, k)
}

func TestASetIsReadOnceForAllItsRecords(t *testing.T) {
	t.Parallel()
	records := crowded(someRecords(rand.New(rand.NewPCG(6, 6)), 600), 2)
	for _, r := range records {
		r.Workspace = ""
	}
	table := memstore.New()
	if err := (&Sums{Table: table}).Count(t.Context(), records[:300]); err != nil {
		t.Fatal(err)
	}
	g := &gets{Table: table, of: map[driver.Key]int{}}
	s := &Sums{Table: g}
	left, err := s.Uncounted(t.Context(), records)
	if err != nil || !slices.Equal(left, records[300:]) || len(g.of) != 2*shards {
		t.Errorf("%d are left, %v; read are %v", len(left), err, g.of)
	}
	if err := s.Count(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	for k, n := range g.of {
		if n > 1 && k.Part[:5] != "ROLL#" {
			t.Errorf("%q is read %d times", k, n)
		}
	}
	check(t, table, records)
}

// TestFewSetsAreRemembered: memory has a bound, and what is forgotten is read.
func TestFewSetsAreRemembered(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New()}
	from := begin()
	for i := range 60 {
		one := make([]*usage.Record, 1000)
		for j := range one {
			at := from.Add(time.Duration(i*len(one)+j) * 100 * time.Millisecond)
			one[j] = &usage.Record{ID: usage.NewID(at), Time: from}
		}
		for range 2 {
			if err := s.Count(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
	}
	size := 0
	for _, x := range s.known.sets {
		size += x.size()
	}
	c, err := s.read(t.Context(), cellKey("", dim{All, ""}, from))
	if err != nil || c.Requests != 60_000 || size != s.known.size || size == 0 || size > maxKnownSets {
		t.Errorf("%+v, %v; %d bytes are remembered, said to be %d", c, err, size, s.known.size)
	}
}

func TestMembersTellTheIdsOfASetApart(t *testing.T) {
	t.Parallel()
	seen := map[mark]bool{}
	wrap := time.UnixMilli(1<<16*26_000_000 - 500) // the last 16 bits of the time begin anew within a second
	for i := range 20_000 {
		at := wrap.Add(time.Duration(i%1000) * time.Millisecond)
		m := recordMark("w", at, usage.NewID(at))
		if seen[m] || m.set.shard >= shards || m.set.second != at.Unix() {
			t.Fatalf("%v comes again, or is misplaced", m)
		}
		seen[m] = true
	}
	at := time.UnixMilli(0x0196_0000_1234)
	m := recordMark("w", at, "01960000-1234-7abc-8def-0123456789ab")
	if fmt.Sprintf("%x %d", m.id, m.set.shard) != "12347abc8def0123456789ab 3" {
		t.Errorf("%x in %d", m.id, m.set.shard)
	}
}

func TestDamagedMarksAreNamed(t *testing.T) {
	t.Parallel()
	s, at := &Sums{Table: memstore.New()}, time.Now()
	r := &usage.Record{ID: usage.NewID(at), Time: at}
	if _, err := s.Table.Put(t.Context(), driver.Record{Key: factOf(r).mark.set.key(0), Data: []byte("damaged")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Count(t.Context(), []*usage.Record{r}); err == nil {
		t.Error("it is counted")
	}
}
