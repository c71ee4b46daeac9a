package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"sluice/core/store/driver"
)

// world is what a table should be: the promise written down as plainly as
// possible. An expired record is removed as soon as it is made.
type world map[driver.Key]driver.Record

func (w world) put(r driver.Record) (int64, error) {
	old := w[r.Key]
	if r.Version != driver.Any && r.Version != old.Version {
		return 0, driver.ErrConflict
	}
	r.Version = old.Version + 1
	w.store(r)
	return r.Version, nil
}

func (w world) store(r driver.Record) {
	w[r.Key] = r
	if !r.Expires.IsZero() && r.Expires.Before(time.Now()) {
		delete(w, r.Key)
	}
}

func (w world) delete(k driver.Key, version int64) error {
	if version != driver.Any && version != w[k].Version {
		return driver.ErrConflict
	}
	delete(w, k)
	return nil
}

func (w world) add(op driver.Op) (int64, error) {
	old, there := w[op.Key]
	n := int64(0)
	if there {
		var err error
		if n, err = strconv.ParseInt(string(old.Data), 10, 64); err != nil {
			return 0, driver.ErrInvalid
		}
	}
	if op.Delta > 0 && n+op.Delta > op.Max {
		return n, driver.ErrCeiling
	}
	w.store(driver.Record{Key: op.Key, Version: old.Version + 1, Data: []byte(strconv.FormatInt(n+op.Delta, 10)), Expires: op.Expires})
	return n + op.Delta, nil
}

func (w world) do(op driver.Op) (n int64, err error) {
	switch op.Kind {
	case driver.OpPut:
		return w.put(op.Record)
	case driver.OpDelete:
		return 0, w.delete(op.Key, op.Version)
	case driver.OpAdd:
		return w.add(op)
	}
	if op.Version != driver.Any && op.Version != w[op.Key].Version {
		return 0, driver.ErrConflict
	}
	return 0, nil
}

func (w world) write(ops []driver.Op) (failed int, err error) {
	trial := world{}
	for k, r := range w {
		trial[k] = r
	}
	for i, op := range ops {
		if _, err := trial.do(op); err != nil {
			return i, err
		}
	}
	clear(w)
	for k, r := range trial {
		w[k] = r
	}
	return 0, nil
}

func (w world) list(part string, q driver.Query) (rs []driver.Record) {
	for k, r := range w {
		in := k.Part == part && len(k.Sort) >= len(q.Prefix) && k.Sort[:len(q.Prefix)] == q.Prefix
		if q.After != "" {
			in = in && (!q.Reverse && k.Sort > q.After || q.Reverse && k.Sort < q.After)
		}
		if in {
			rs = append(rs, r)
		}
	}
	slices.SortFunc(rs, func(a, b driver.Record) int {
		if (a.Sort < b.Sort) != q.Reverse {
			return -1
		}
		return 1
	})
	if q.Limit > 0 {
		rs = rs[:min(q.Limit, len(rs))]
	}
	return rs
}

// dice makes random operations on a few keys, so that they meet.
type dice struct {
	*rand.Rand
	w world
}

var modelParts = []string{"p", "p\x00", "\xffq"}
var modelSorts = []string{"", "\x00", "a", "a\x00", "a\xff", "aé", "b", "b/1", "\xff"}

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

func (d dice) key() driver.Key {
	return driver.Key{Part: pick(d, modelParts), Sort: pick(d, modelSorts)}
}

func (d dice) version(k driver.Key) int64 {
	v := d.w[k].Version
	return pick(d, []int64{v, v, v, driver.Any, driver.Any, driver.Absent, v + 1})
}

func (d dice) expires() time.Time {
	return pick(d, []time.Time{{}, {}, future(), future(), past()})
}

func (d dice) op(kinds int) driver.Op {
	k := d.key()
	switch d.IntN(kinds) {
	case 0, 1, 2:
		data := pick(d, [][]byte{nil, []byte("x"), []byte("12"), []byte("-3"), make([]byte, 2000), noise(d.Uint64(), 300)})
		return driver.Put(driver.Record{Key: k, Version: d.version(k), Data: data, Expires: d.expires()})
	case 3:
		return driver.Delete(k, d.version(k))
	case 4, 5, 6:
		return driver.Add(k, d.Int64N(20)-5, d.Int64N(60)-5, d.expires())
	}
	return driver.Check(k, d.version(k))
}

func (d dice) query() driver.Query {
	q := driver.Query{Reverse: d.IntN(2) == 0, Prefix: pick(d, []string{"", "", "a", "b/", "\x00", "\xff", "\xc3"})}
	if d.IntN(2) == 0 {
		q.After = pick(d, modelSorts)
	}
	if d.IntN(2) == 0 {
		q.Limit = 1 + d.IntN(4)
	}
	return q
}

// model does the same to the table and to a map of records, and compares all
// answers. On a slow table it takes fewer steps.
func model(t *testing.T, table driver.Table) {
	const steps, atLeast, enough = 5000, 300, 5 * time.Second
	began := time.Now()
	seed := uint64(began.UnixNano())
	d := dice{rand.New(rand.NewPCG(seed, 0)), world{}}
	for i := range steps {
		if i >= atLeast && time.Since(began) > enough {
			t.Logf("%d steps", i)
			break
		}
		var got, want string
		var did any
		switch d.IntN(10) {
		case 0:
			part, q := pick(d, modelParts), d.query()
			did, got, want = q, collect(t, table, part, q), show(d.w.list(part, q))
		case 1, 2:
			k := d.key()
			r, err := table.Get(t.Context(), k)
			did, got = k, fmt.Sprint(show([]driver.Record{r}), answer(err))
			want = fmt.Sprint(show([]driver.Record{{}}), answer(driver.ErrNotFound))
			if r, ok := d.w[k]; ok {
				want = fmt.Sprint(show([]driver.Record{r}), answer(nil))
			}
		case 3:
			ops := d.ops()
			failed, wantErr := d.w.write(ops)
			err := table.Write(t.Context(), ops)
			op, _ := errors.AsType[*driver.OpError](err)
			if op == nil {
				op = new(driver.OpError)
			}
			did, got, want = ops, fmt.Sprint(op.Index, answer(err)), fmt.Sprint(failed, answer(wantErr))
		default:
			op := d.op(7)
			n, wantErr := d.w.do(op)
			m, err := one(t, table, op)
			did, got, want = op, fmt.Sprint(m, answer(err)), fmt.Sprint(n, answer(wantErr))
		}
		if got != want {
			t.Fatalf("seed %d, step %d: %.300v:\ngot  %.600s\nwant %.600s", seed, i, did, got, want)
		}
	}
	for _, part := range modelParts {
		if got, want := collect(t, table, part, driver.Query{}), show(d.w.list(part, driver.Query{})); got != want {
			t.Errorf("seed %d: at the end, part %q: got %s, want %s", seed, part, got, want)
		}
	}
}

// ops returns operations on different keys.
func (d dice) ops() (ops []driver.Op) {
	for range 1 + d.IntN(6) {
		op := d.op(8)
		if !slices.ContainsFunc(ops, func(o driver.Op) bool { return o.Key == op.Key }) {
			ops = append(ops, op)
		}
	}
	return ops
}

func one(t *testing.T, table driver.Table, op driver.Op) (int64, error) {
	switch op.Kind {
	case driver.OpPut:
		return table.Put(t.Context(), op.Record)
	case driver.OpDelete:
		return 0, table.Delete(t.Context(), op.Key, op.Version)
	}
	return table.Add(t.Context(), op.Key, op.Delta, op.Max, op.Expires)
}

func collect(t *testing.T, table driver.Table, part string, q driver.Query) string {
	var rs []driver.Record
	for r, err := range table.Range(t.Context(), part, q) {
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	return show(rs)
}

func show(rs []driver.Record) string {
	var b []byte
	for _, r := range rs {
		b = fmt.Appendf(b, "%q v%d %x until %d; ", r.Key, r.Version, r.Data, driver.Millis(r.Expires))
	}
	return string(b)
}

// answer names an error by what package driver promises.
func answer(err error) string {
	for _, e := range []error{driver.ErrNotFound, driver.ErrConflict, driver.ErrCeiling, driver.ErrInvalid, driver.ErrTooLarge} {
		if errors.Is(err, e) {
			return " " + e.Error()
		}
	}
	return fmt.Sprint(" ", err)
}
