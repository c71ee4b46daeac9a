package logs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Fields under which entries are found.
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
// the order of their keys. Each costs a write.
const MaxMetadata = 10

// Index makes records found by their fields, and puts them into the feed of
// [Store.Tail]. It may be called again for the same records, and in any order:
// the entries are the same. With an error, some may be missing.
func (s *Store) Index(ctx context.Context, records []*usage.Record) error {
	var entries []driver.Record
	for _, r := range records {
		list, err := s.entries(r)
		if err != nil {
			return fmt.Errorf("logs: index %s: %w", r.ID, err)
		}
		entries = append(entries, list...)
	}
	return s.putAll(ctx, entries)
}

// entries are what a record is found by. One that is over has none: nobody
// could read it.
func (s *Store) entries(r *usage.Record) ([]driver.Record, error) {
	began, ok := usage.TimeOf(r.ID)
	expires := s.expires(r.ID)
	if !ok || !expires.After(time.Now()) {
		return nil, nil
	}
	e := EntryOf(r)
	data, err := pack(e)
	if err != nil {
		return nil, err
	}
	end := e.Ended()
	list := []driver.Record{{Key: driver.Key{Part: donePart(r.Workspace, dayOf(end)), Sort: floor(end) + "-" + r.ID}}}
	for _, p := range pairsOf(&e) {
		list = append(list, driver.Record{Key: driver.Key{Part: p.part(r.Workspace, dayOf(began)), Sort: r.ID}})
	}
	for i := range list {
		list[i].Version, list[i].Data, list[i].Expires = driver.Any, data, expires
	}
	return list, nil
}

// pairsOf are the fields that an entry is found by.
func pairsOf(e *Entry) []pair {
	pairs := []pair{{byClass, classOf(e.Status)}, {byStatus, strconv.Itoa(e.Status)}}
	for _, p := range []pair{
		{byProvider, e.Provider}, {byModel, e.Model}, {byKey, e.Key}, {byUser, e.User},
		{byTrace, e.Trace}, {byRequest, e.Request}, {byCache, string(e.Cache)},
	} {
		if p.value != "" {
			pairs = append(pairs, p)
		}
	}
	keys := slices.Sorted(maps.Keys(e.Metadata))
	for _, k := range keys[:min(len(keys), MaxMetadata)] {
		pairs = append(pairs, pair{metadataField(k), e.Metadata[k]})
	}
	return pairs
}

// classOf is the class of a status, as in 4xx.
func classOf(status int) string { return strconv.Itoa(status/100) + "xx" }

// writers is how many entries are written at the same time.
const writers = 16

// putTogether writes records in as few writes as there can be.
func (s *Store) putTogether(ctx context.Context, records []driver.Record) error {
	seen := make(map[driver.Key]bool, len(records))
	var ops []driver.Op
	for _, r := range records {
		if !seen[r.Key] { // as of a record that is told twice
			seen[r.Key] = true
			ops = append(ops, driver.Put(r))
		}
	}
	for chunk := range slices.Chunk(ops, driver.MaxOps) {
		if err := s.table.Write(ctx, chunk); err != nil {
			return fmt.Errorf("logs: index: %w", err)
		}
	}
	return nil
}

// putAll writes records, in no order, and returns the first error.
func (s *Store) putAll(ctx context.Context, records []driver.Record) error {
	if s.Together {
		return s.putTogether(ctx, records)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan driver.Record)
	failed := make(chan error, writers)
	var wg sync.WaitGroup
	for range min(writers, len(records)) {
		wg.Go(func() {
			for r := range work {
				if _, err := s.table.Put(ctx, r); err != nil {
					failed <- fmt.Errorf("logs: index %s: %w", r.Sort, err)
					cancel()
					return
				}
			}
		})
	}
	var err error
	for _, r := range records {
		select {
		case work <- r:
			continue
		case <-ctx.Done():
			err = ctx.Err()
		}
		break
	}
	close(work)
	wg.Wait()
	close(failed)
	return cmp.Or(<-failed, err)
}
