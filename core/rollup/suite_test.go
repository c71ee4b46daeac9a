package rollup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/price"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// begin is an hour ago, so that nothing is too old to be counted.
func begin() time.Time { return time.Now().UTC().Add(-5 * time.Hour).Truncate(time.Hour) }

// someRecords are requests of all kinds within three hours.
func someRecords(r *rand.Rand, n int) []*usage.Record {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	from := begin()
	var out []*usage.Record
	for range n {
		at := from.Add(time.Duration(r.Int64N(int64(3 * time.Hour))))
		rec := &usage.Record{
			ID: usage.NewID(at), Request: "same-for-all", Time: at, Workspace: pick("", "a", "b#c"), Key: pick("", "k1", "k2"), User: pick("", "u1", "u2", "u3"),
			Metadata: map[string]string{"team": pick("x", "y", "Ü#"), "_user": pick("u4", "u5")},
			Provider: pick("openai", "anthropic", ""), Model: pick("m1", "m2", strings.Repeat("long", 100)), Option: "config",
			Status: []int{200, 200, 200, 246, 429, 500, 446}[r.IntN(7)], Cache: core.CacheStatus(pick("", "HIT", "MISS", "SEMANTIC HIT")),
			Total: usage.Micros(r.Int64N(5e6)), First: usage.Micros(r.Int64N(1e6)), Retries: r.IntN(3),
			Usage: &usage.Tokens{Input: r.Int64N(1000), CacheRead: r.Int64N(100), Output: r.Int64N(1000)},
			Cost:  &usage.Cost{Nano: price.Nano(r.Int64N(1e9))},
		}
		if rec.Cache.Hit() {
			rec.Cost, rec.Saved = usage.Free(rec.Cost)
		}
		if r.IntN(10) == 0 {
			rec.Attempts = []usage.Attempt{{Option: "other", Kind: "timeout"}}
			rec.Spent = &usage.Cost{Nano: rec.Cost.Nano + 7, Gap: pick("", "no price")}
		}
		out = append(out, rec)
	}
	return out
}

// recount sums records up without a table.
func recount(records []*usage.Record) map[driver.Key]*Cell {
	out := map[driver.Key]*Cell{}
	for _, r := range records {
		f := factOf(r)
		for _, d := range f.dims {
			k := cellKey(f.workspace, d, f.at)
			if out[k] == nil {
				out[k] = &Cell{}
			}
			out[k].Merge(&f.cell)
		}
	}
	return out
}

// check compares the sums in a table with a recount.
func check(t *testing.T, table driver.Table, records []*usage.Record) {
	t.Helper()
	if n := len(recount(records)); n < 30 {
		t.Fatalf("%d cells say little", n)
	}
	if err := compare(t.Context(), table, records); err != nil {
		t.Fatal(err)
	}
	balance(t, table, records)
}

// balance adds up what a bookkeeper would, without our code for it.
func balance(t *testing.T, table driver.Table, records []*usage.Record) {
	t.Helper()
	var cost, saved, tokens, summed int64
	for _, r := range records {
		nano := r.Cost.Nano
		if r.Spent != nil {
			nano = r.Spent.Nano
		}
		cost += int64(nano)
		tokens += r.Usage.Input + r.Usage.CacheRead + r.Usage.Output
		if r.Saved != nil {
			saved += int64(r.Saved.Nano)
		}
	}
	for _, workspace := range []string{"", "a", "b#c"} {
		for rec, err := range table.Range(t.Context(), part(workspace, All), driver.Query{}) {
			c, err2 := decode(rec)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			cost -= int64(c.Cost)
			saved -= int64(c.Saved + c.SemanticSaved)
			tokens -= c.Input + c.Output
			summed += c.Requests
		}
	}
	if cost != 0 || saved != 0 || tokens != 0 || summed != int64(len(records)) {
		t.Errorf("of %d requests %d are in the sums; missing are %d nano-dollars, %d that were saved, and %d tokens", len(records), summed, cost, saved, tokens)
	}
}

// compare says what is wrong with the sums in a table.
func compare(ctx context.Context, table driver.Table, records []*usage.Record) error {
	parts := map[string]int{}
	for k, cell := range recount(records) {
		parts[k.Part]++
		got, err := (&Sums{Table: table}).read(ctx, k)
		if err != nil || got == nil || !reflect.DeepEqual(&got.Cell, cell) {
			return fmt.Errorf("%q: %w\ngot  %+v\nwant %+v", k, err, got, cell)
		}
	}
	for p, n := range parts {
		for _, err := range table.Range(ctx, p, driver.Query{}) {
			if n--; err != nil {
				return err
			}
		}
		if n != 0 {
			return fmt.Errorf("%s: %d cells more or less than there should be", p, -n)
		}
	}
	return nil
}

// faulty is a table whose writes fail now and then: before they are made, or
// after, as when the answer is lost or the process dies.
type faulty struct {
	driver.Table
	mu     sync.Mutex
	random *rand.Rand
	failed int
}

var errDied = errors.New("the process died")

func (f *faulty) dies() (before, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, after = f.random.IntN(10) == 0, f.random.IntN(10) == 0
	if before || after {
		f.failed++
	}
	return before, after
}

func (f *faulty) Write(ctx context.Context, ops []driver.Op) error {
	before, after := f.dies()
	if before {
		return errDied
	}
	err := f.Table.Write(ctx, ops)
	return cmp.Or(err, map[bool]error{true: errDied}[after])
}

func (f *faulty) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	f.mu.Lock()
	dies := f.random.IntN(2000) == 0
	f.mu.Unlock()
	if dies {
		return driver.Record{}, errDied
	}
	return f.Table.Get(ctx, k)
}

// deliver counts records as a stream delivers them: in batches, some of them
// twice and late, in any order, and again from the beginning of a batch that
// has failed.
func deliver(ctx context.Context, s *Sums, r *rand.Rand, records []*usage.Record) error {
	records = slices.Clone(records)
	for range len(records) / 10 {
		records = append(records, records[r.IntN(len(records))])
	}
	r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	for len(records) > 0 {
		n := min(1+r.IntN(200), len(records))
		for tries := 0; ; tries++ {
			err := s.Count(ctx, records[:n])
			if err == nil {
				break
			}
			if !errors.Is(err, errDied) || tries > 5000 {
				return err
			}
		}
		records = records[n:]
	}
	return nil
}

// countAll has several workers count records at once, each its own and some
// of the others', with faults between any two writes.
func countAll(t *testing.T, table driver.Table, records []*usage.Record, workers int) {
	t.Helper()
	var group sync.WaitGroup
	errs, failed := make([]error, workers), make([]int, workers)
	for w := range workers {
		group.Go(func() {
			r := rand.New(rand.NewPCG(3, uint64(w)))
			f := &faulty{Table: table, random: r}
			mine := slices.Clone(records[w*len(records)/workers : (w+1)*len(records)/workers])
			for range len(records) / 100 {
				mine = append(mine, records[r.IntN(len(records))])
			}
			errs[w] = deliver(t.Context(), &Sums{Table: f}, rand.New(rand.NewPCG(5, uint64(w))), mine)
			failed[w] = f.failed
		})
	}
	group.Wait()
	faults := 0
	for _, n := range failed {
		faults += n
	}
	if err := errors.Join(errs...); err != nil || faults < len(records)/1000 {
		t.Fatalf("%v, after %d faults", err, faults)
	}
}
