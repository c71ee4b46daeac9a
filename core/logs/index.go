package logs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Fields under which records are found.
const (
	byClass    = "class" // 2xx, 4xx, 5xx
	byStatus   = "status"
	byProvider = "provider"
	byModel    = "model"
	byKey      = "key"
	byUser     = "user"
	byTrace    = "trace"
	byRequest  = "request"
	byCache    = "cache"
	byMetadata = "meta:" // and the key
)

// MaxMetadata is how many pairs of metadata a record is found by: the first in
// the order of their keys.
const MaxMetadata = 10

// Index makes records found by their fields, and puts them into the feed of
// [Store.Tail]. It may be called again for the same records, in any order and
// in any company. With an error, some may not be found yet.
func (s *Store) Index(ctx context.Context, records []*usage.Record) error {
	return s.putAll(ctx, s.blocks(records, time.Now()))
}

// A spot is what the places of a block have in common.
type spot struct {
	workspace string
	pair      // none: the feed
	second    int64
}

func (o spot) part() string {
	day := dayOf(time.Unix(o.second, 0))
	if o.field == "" {
		return donePart(o.workspace, day)
	}
	return o.pair.part(o.workspace, day)
}

// found is a block in the making.
type found struct {
	spot
	places  block
	expires time.Time
}

// A sorting puts places into blocks.
type sorting struct {
	all    map[spot]*found
	lately []*found // by the number of the pair: mostly the next record is in the same blocks
}

// add puts a place into the block of the pair that a record has at a number.
func (x *sorting) add(number int, o spot, at place, expires time.Time) {
	if number == len(x.lately) {
		x.lately = append(x.lately, nil)
	}
	f := x.lately[number]
	if f == nil || f.spot != o {
		if f = x.all[o]; f == nil {
			f = &found{spot: o}
			x.all[o] = f
		}
		x.lately[number] = f
	}
	f.places = append(f.places, at)
	if expires.After(f.expires) {
		f.expires = expires
	}
}

// blocks are what records are found by. A record that is over is in none:
// nobody could read it.
func (s *Store) blocks(records []*usage.Record, now time.Time) []driver.Record {
	x := sorting{all: map[spot]*found{}}
	var pairs []pair
	byID := func(a, b *usage.Record) int { return strings.Compare(a.ID, b.ID) }
	for _, r := range slices.SortedFunc(slices.Values(records), byID) { // once, and most blocks need not be sorted
		began, ok := usage.TimeOf(r.ID)
		expires := began.Add(s.Retention)
		if !ok || !expires.After(now) {
			continue
		}
		end := endPlace(r.Ended(), r.ID)
		x.add(0, spot{r.Workspace, pair{}, secondOf(end)}, end, expires)
		pairs = appendPairs(pairs[:0], r)
		for i, p := range pairs {
			x.add(i+1, spot{r.Workspace, p, began.Unix()}, r.ID, expires)
		}
	}
	list := make([]driver.Record, 0, len(x.all))
	w := blockWriter{}
	for o, f := range x.all {
		slices.Sort(f.places)
		b := slices.Compact(f.places)
		list = append(list, w.record(o.part(), b, f.expires))
	}
	return list
}

// appendPairs adds the fields that a record is found by. An id that we have
// made ourselves is that of the record: whoever asks for it needs no index.
func appendPairs(pairs []pair, r *usage.Record) []pair {
	pairs = append(pairs, pair{byClass, classOf(r.Status)}, pair{byStatus, strconv.Itoa(r.Status)})
	for _, p := range [...]pair{
		{byProvider, r.Provider}, {byModel, r.AnyModel()}, {byKey, r.Key}, {byUser, r.Asker()},
		{byTrace, r.Trace}, {byRequest, r.Request}, {byCache, string(r.Cache)},
	} {
		if p.value != "" && p.value != r.ID {
			pairs = append(pairs, p)
		}
	}
	if len(r.Metadata) == 0 {
		return pairs
	}
	keys := slices.Sorted(maps.Keys(r.Metadata))
	for _, k := range keys[:min(len(keys), MaxMetadata)] {
		pairs = append(pairs, pair{metadataField(k), r.Metadata[k]})
	}
	return pairs
}

// classOf is the class of a status, as in 4xx.
func classOf(status int) string { return strconv.Itoa(status/100) + "xx" }

// putAll writes records, in no order, and returns the first error.
func (s *Store) putAll(ctx context.Context, records []driver.Record) error {
	if s.Together {
		return s.putTogether(ctx, records)
	}
	err := each(ctx, len(records), func(ctx context.Context, i int) error {
		_, err := s.table.Put(ctx, records[i])
		return err
	})
	if err != nil {
		return fmt.Errorf("logs: index: %w", err)
	}
	return nil
}

// putTogether writes records in as few writes as there can be.
func (s *Store) putTogether(ctx context.Context, records []driver.Record) error {
	ops := make([]driver.Op, len(records))
	for i, r := range records {
		ops[i] = driver.Put(r)
	}
	for chunk := range slices.Chunk(ops, driver.MaxOps) {
		if err := s.table.Write(ctx, chunk); err != nil {
			return fmt.Errorf("logs: index: %w", err)
		}
	}
	return nil
}

// parallel is how many records are read or written at the same time.
const parallel = 16

// each calls do for the numbers below n, several at a time, until one of them
// fails, and returns its error.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err // one has failed: a table that is away is not asked for all the others
			}
			return do(ctx, i)
		})
	}
	return g.Wait()
}
