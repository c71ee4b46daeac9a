// Package store keeps values of Go types in a [driver.Table]: a [Collection]
// is what a domain package reads and writes its records with.
//
// Which table there is (memory, a file, DynamoDB) is decided by who starts the
// process. Package driver says what all of them promise.
package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
)

// A Collection is the values of one type in a table, as JSON. It is a small
// value: make it where it is needed.
//
// Every error says which record it is about, and wraps one of package driver.
type Collection[T any] struct {
	table   driver.Table
	name    string
	expires time.Time
}

// An Item is a value with what the table knows of it.
type Item[T any] struct {
	Part, Sort string
	Version    int64
	Expires    time.Time // zero: never
	Value      T
}

// In returns the collection of that name in a table. The name stands in front
// of each part, as in "KEY#" + part, so names that contain # are refused, by
// panic: they could run into others.
func In[T any](table driver.Table, name string) Collection[T] {
	if name == "" || strings.Contains(name, "#") {
		panic(fmt.Sprintf("store: %q is no name for a collection", name))
	}
	return Collection[T]{table: table, name: name}
}

// Until returns the collection with an expiry for everything that is written
// through it. Otherwise what is new lives for ever, and Update keeps what
// there is.
func (c Collection[T]) Until(expires time.Time) Collection[T] {
	c.expires = expires
	return c
}

// Key returns where a value is in the table, for a [driver.Table.Write] that
// spans collections.
func (c Collection[T]) Key(part, sort string) driver.Key {
	return driver.Key{Part: c.name + "#" + part, Sort: sort}
}

// Record returns the record that holds v, to be written if the stored version
// is the given one.
func (c Collection[T]) Record(part, sort string, version int64, v T) (driver.Record, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return driver.Record{}, c.errorf("encode", part, sort, err)
	}
	return driver.Record{Key: c.Key(part, sort), Version: version, Data: data, Expires: c.expires}, nil
}

// Get returns a value, or driver.ErrNotFound.
func (c Collection[T]) Get(ctx context.Context, part, sort string) (T, error) {
	it, err := c.Item(ctx, part, sort)
	return it.Value, err
}

// Item returns a value with its version and expiry, or driver.ErrNotFound.
func (c Collection[T]) Item(ctx context.Context, part, sort string) (Item[T], error) {
	r, err := c.table.Get(ctx, c.Key(part, sort))
	if err != nil {
		return Item[T]{}, c.errorf("get", part, sort, err)
	}
	return c.item(part, r)
}

func (c Collection[T]) item(part string, r driver.Record) (Item[T], error) {
	it := Item[T]{Part: part, Sort: r.Sort, Version: r.Version, Expires: r.Expires}
	if err := json.Unmarshal(r.Data, &it.Value); err != nil {
		return Item[T]{}, c.errorf("decode", part, r.Sort, err)
	}
	return it, nil
}

// Put stores v, whatever was there.
func (c Collection[T]) Put(ctx context.Context, part, sort string, v T) error {
	_, err := c.put(ctx, part, sort, driver.Any, v)
	return err
}

// Create stores v, or returns driver.ErrConflict if there is something.
func (c Collection[T]) Create(ctx context.Context, part, sort string, v T) error {
	_, err := c.put(ctx, part, sort, driver.Absent, v)
	return err
}

func (c Collection[T]) put(ctx context.Context, part, sort string, version int64, v T) (int64, error) {
	r, err := c.Record(part, sort, version, v)
	if err != nil {
		return 0, err
	}
	if version, err = c.table.Put(ctx, r); err != nil {
		return 0, c.errorf("put", part, sort, err)
	}
	return version, nil
}

// Update changes a value that exists. When somebody else has changed it in the
// meantime, it is read and given to change again, so change must depend on
// nothing but what it is given. An error of change ends the update and is
// returned as it is (an ErrConflict would begin it anew).
func (c Collection[T]) Update(ctx context.Context, part, sort string, change func(*T) error) (T, error) {
	for attempt := 1; ; attempt++ {
		v, err := c.tryUpdate(ctx, part, sort, change)
		if !errors.Is(err, driver.ErrConflict) || attempt == maxAttempts {
			return v, err
		}
		if err := pause(ctx, attempt); err != nil {
			return v, c.errorf("update", part, sort, err)
		}
	}
}

func (c Collection[T]) tryUpdate(ctx context.Context, part, sort string, change func(*T) error) (v T, err error) {
	it, err := c.Item(ctx, part, sort)
	if err != nil {
		return v, err
	}
	if err := change(&it.Value); err != nil {
		return v, err
	}
	if c.expires.IsZero() {
		c.expires = it.Expires
	}
	if _, err := c.put(ctx, part, sort, it.Version, it.Value); err != nil {
		return v, err
	}
	return it.Value, nil
}

// maxAttempts of an update, with pauses that add up to 2 s at most, let more
// than a hundred writers of one record through.
const maxAttempts = 20

// pause waits for up to 4 ms at first and 128 ms at last.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-time.After(rand.N(4 * time.Millisecond << min(attempt-1, 5))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Delete removes a value. It is no error that there is none.
func (c Collection[T]) Delete(ctx context.Context, part, sort string) error {
	if err := c.table.Delete(ctx, c.Key(part, sort), driver.Any); err != nil {
		return c.errorf("delete", part, sort, err)
	}
	return nil
}

// List yields the values of a part that q wants, as [driver.Table.Range] does.
// An error is the last thing that is yielded.
func (c Collection[T]) List(ctx context.Context, part string, q driver.Query) iter.Seq2[Item[T], error] {
	return func(yield func(Item[T], error) bool) {
		for r, err := range c.table.Range(ctx, c.Key(part, "").Part, q) {
			if err != nil {
				yield(Item[T]{}, c.errorf("list", part, q.Prefix, err))
				return
			}
			it, err := c.item(part, r)
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

func (c Collection[T]) errorf(verb, part, sort string, err error) error {
	return fmt.Errorf("store: %s %s %q %q: %w", verb, c.name, part, sort, err)
}
