package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/core/store/driver"
)

// A Store keeps entries. Without a table it keeps what fits in memory.
type Store struct {
	table  driver.Table
	memory *memory
}

// DefaultMemory is how many bytes of entries are kept in memory if nothing
// else is said.
const DefaultMemory = 64 << 20

// NewStore returns a store with that many bytes of memory in front of a table,
// which may be nil.
func NewStore(table driver.Table, memory int64) *Store {
	return &Store{table, newMemory(memory)}
}

// Get returns the entry under a key, or nil. An error means that the table
// could not be asked.
func (s *Store) Get(ctx context.Context, k Key) (*Entry, error) {
	if e := s.remembered(k); e != nil {
		return e, nil
	}
	return s.fetch(ctx, k)
}

// fetch returns the entry under a key that is in the table, or nil, and
// remembers it: another process may have put it there since.
func (s *Store) fetch(ctx context.Context, k Key) (*Entry, error) {
	if s.table == nil {
		return nil, nil
	}
	r, err := s.table.Get(ctx, place(k))
	switch {
	case errors.Is(err, driver.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read cache: %w", err)
	}
	e, err := DecodeEntry(r.Data)
	if err != nil {
		return nil, err
	}
	s.memory.put(k, e, e.size(), r.Expires)
	return e, nil
}

// remembered returns the entry under a key that is in memory, or nil.
func (s *Store) remembered(k Key) *Entry { return s.memory.get(k, time.Now()) }

// Remember keeps an entry in memory until it expires.
func (s *Store) Remember(k Key, e *Entry, expires time.Time) {
	s.memory.put(k, e, e.size(), expires)
}

// Save keeps an entry in the table until it expires.
func (s *Store) Save(ctx context.Context, k Key, e *Entry, expires time.Time) error {
	if s.table == nil {
		return nil
	}
	b, err := e.Encode()
	if err != nil {
		return err
	}
	if _, err = s.table.Put(ctx, driver.Record{Key: place(k), Version: driver.Any, Data: b, Expires: expires}); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	return nil
}

// place is where an entry is in the table: each in a part of its own, since
// they are read one by one.
func place(k Key) driver.Key { return driver.Key{Part: "CACHE#" + k.String()} }
