package semantic

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"sluice/core/cache"
	"sluice/core/store/driver"
)

// Vectors of a place are in one part of the table, in the order in which they
// were added, so that what is new can be read alone.

const (
	// fresh is how old may be what is known of other processes' vectors.
	fresh = time.Second
	// slack is how much later than its time a vector may turn up in the table:
	// clocks differ, and writing takes a while.
	slack = 3 * time.Second
)

// record is where a vector is in the table.
func (p Place) record(r row) driver.Key {
	return driver.Key{Part: p.part(), Sort: fmt.Sprintf("%012x%s", r.added, r.key)}
}

// part is where all vectors of a place are in the table.
func (p Place) part() string { return "VECTOR#" + p.Workspace + "#" + p.Group.String() }

// timeDigits is how long the time in front of a Sort is.
const timeDigits = 12

// rowOf is what a record says of its vector.
func rowOf(rec driver.Record) (row, Vector, error) {
	r := row{expires: rec.Expires.UnixMilli()}
	at, key, err := parseSort(rec.Sort)
	if err != nil {
		return r, nil, fmt.Errorf("read vector %s: %w", rec.Sort, err)
	}
	r.added, r.key = at, key
	v, err := decodeVector(rec.Data)
	return r, v, err
}

func parseSort(sort string) (at int64, k cache.Key, err error) {
	if len(sort) != timeDigits+hex.EncodedLen(len(k)) {
		return 0, k, strconv.ErrSyntax
	}
	if _, err := hex.Decode(k[:], []byte(sort[timeDigits:])); err != nil {
		return 0, k, err
	}
	at, err = strconv.ParseInt(sort[:timeDigits], 16, 64)
	return at, k, err
}

// A cursor is how far somebody has read a place.
type cursor struct {
	oldest string // Sort of the last one that was read backwards
	whole  bool   // the beginning is reached, or as many are known as may be
	looked int64  // when was last read what is new, in milliseconds since 1970; 0: never
}

// Prepare implements [Preparer]: it reads what is not known yet of a place.
// At most half of the time until ctx ends goes by, so that the rest is left
// for looking at what is there.
func (t *Table) Prepare(ctx context.Context, p Place) error {
	own := t.open(p)
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
	}
	select {
	case own.reading <- struct{}{}:
		defer func() { <-own.reading }()
	case <-ctx.Done(): // somebody else reads
		return nil
	}
	read := t.readNew(ctx, own)
	if read == nil && !own.cursor.whole {
		read = t.readOld(ctx, own)
	}
	t.fit(own)
	if ctx.Err() != nil {
		return nil // the next one goes on
	}
	return read
}

// readNew reads what was added since the last time.
func (t *Table) readNew(ctx context.Context, own *part) error {
	c := &own.cursor
	now := time.Now().UnixMilli()
	if c.looked == 0 || now-c.looked < fresh.Milliseconds() {
		return nil
	}
	after := fmt.Sprintf("%012x", c.looked-slack.Milliseconds())
	for rec, err := range t.table.Range(ctx, own.place.part(), driver.Query{After: after}) {
		if err != nil {
			return fmt.Errorf("read new vectors: %w", err)
		}
		own.take(rec)
	}
	c.looked = now
	return nil
}

// readOld reads backwards from where the last one stopped.
func (t *Table) readOld(ctx context.Context, own *part) error {
	c := &own.cursor
	if c.looked == 0 {
		c.looked = time.Now().UnixMilli()
	}
	for rec, err := range t.table.Range(ctx, own.place.part(), driver.Query{After: c.oldest, Reverse: true}) {
		if err != nil {
			return fmt.Errorf("read vectors: %w", err)
		}
		c.oldest = rec.Sort
		if own.take(rec); own.full(t.memory) {
			break
		}
	}
	c.whole = true
	return nil
}

// take makes a record known. What cannot be read is passed over: somebody else
// may have written it in a newer form.
func (p *part) take(rec driver.Record) {
	r, v, err := rowOf(rec)
	if err != nil {
		return
	}
	p.add(r, v)
}
