package driver

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// OpKind is what an [Op] does.
type OpKind int

// The kinds of operations.
const (
	OpPut    OpKind = iota + 1
	OpDelete        // as Table.Delete
	OpAdd           // as Table.Add; Version has no meaning
	OpCheck         // nothing, but the stored version must be Version
)

// An Op is one operation of a [Table.Write]. [Put], [Delete], [Add] and
// [Check] make them.
type Op struct {
	Kind OpKind
	Record
	Delta, Max int64 // of an OpAdd
}

// Put stores r if the stored version is r.Version.
func Put(r Record) Op { return Op{Kind: OpPut, Record: r} }

// Delete removes the record under k if its version is the given one.
func Delete(k Key, version int64) Op {
	return Op{Kind: OpDelete, Record: Record{Key: k, Version: version}}
}

// Add adds to a counter.
func Add(k Key, delta, max int64, expires time.Time) Op {
	return Op{Kind: OpAdd, Record: Record{Key: k, Expires: expires}, Delta: delta, Max: max}
}

// Check changes nothing and lets the others happen only if the stored version
// is the given one.
func Check(k Key, version int64) Op {
	return Op{Kind: OpCheck, Record: Record{Key: k, Version: version}}
}

// Apply is the meaning of op, for drivers that have the stored record at
// hand: it returns what is stored afterwards. old and next are nil for
// nothing. With ErrCeiling, next is the counter as it stands.
func (op Op) Apply(old *Record, now time.Time) (next *Record, err error) {
	if old != nil && old.Expired(now) {
		old = nil
	}
	if op.Kind == OpAdd {
		return op.add(old)
	}
	var stored int64
	if old != nil {
		stored = old.Version
	}
	if op.Version != Any && op.Version != stored {
		return old, ErrConflict
	}
	switch op.Kind {
	case OpDelete:
		return nil, nil
	case OpCheck:
		return old, nil
	}
	return op.record(stored+1, op.Data), nil
}

func (op Op) add(old *Record) (*Record, error) {
	var value, version int64
	if old != nil {
		n, ok := old.Count()
		if !ok {
			return old, fmt.Errorf("%w: the record is no counter", ErrInvalid)
		}
		value, version = n, old.Version
	}
	if op.Passes(value) {
		return old, ErrCeiling
	}
	return op.record(version+1, strconv.AppendInt(nil, value+op.Delta, 10)), nil
}

// Passes reports whether an OpAdd on a counter of this value is refused.
func (op Op) Passes(value int64) bool {
	if op.Delta <= 0 {
		return value < math.MinInt64-op.Delta
	}
	return value > math.MaxInt64-op.Delta || value+op.Delta > op.Max
}

func (op Op) record(version int64, data []byte) *Record {
	return &Record{Key: op.Key, Version: version, Data: data, Expires: Instant(Millis(op.Expires))}
}

// Valid returns ErrInvalid if no record can have this key.
func (k Key) Valid() error {
	if k.Part == "" {
		return fmt.Errorf("%w: the part of a key is empty", ErrInvalid)
	}
	if len(k.Part) > MaxKey {
		return fmt.Errorf("%w: the part of a key has %d bytes", ErrInvalid, len(k.Part))
	}
	return validSort(k.Sort)
}

func validSort(sort string) error {
	n := len(sort)
	for _, c := range []byte(sort) {
		if c < 2 || c >= 0x80 {
			n++
		}
	}
	if n > MaxKey {
		return fmt.Errorf("%w: the sort of a key counts %d bytes", ErrInvalid, n)
	}
	return nil
}

// Valid returns ErrInvalid if the query, on that part, makes no sense.
func (q Query) Valid(part string) error {
	if q.Limit < 0 {
		return fmt.Errorf("%w: a limit of %d records", ErrInvalid, q.Limit)
	}
	if err := validSort(q.Prefix); err != nil {
		return err
	}
	return Key{Part: part, Sort: q.After}.Valid()
}

// Valid returns ErrInvalid or ErrTooLarge for an operation that no store
// takes.
func (op Op) Valid() error {
	if err := op.Key.Valid(); err != nil {
		return err
	}
	switch {
	case op.Kind < OpPut || op.Kind > OpCheck:
		return fmt.Errorf("%w: no such operation", ErrInvalid)
	case op.Version < Any:
		return fmt.Errorf("%w: version %d", ErrInvalid, op.Version)
	case len(op.Data) > MaxData:
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(op.Data))
	}
	return nil
}

// ValidOps returns ErrInvalid or ErrTooLarge for operations that cannot be
// written together.
func ValidOps(ops []Op) error {
	if len(ops) > MaxOps {
		return fmt.Errorf("%w: %d operations, not more than %d are written together", ErrTooLarge, len(ops), MaxOps)
	}
	seen := make(map[Key]bool, len(ops))
	for i, op := range ops {
		if err := op.Valid(); err != nil {
			return &OpError{i, err}
		}
		if seen[op.Key] {
			return &OpError{i, fmt.Errorf("%w: its key is in the list twice", ErrInvalid)}
		}
		seen[op.Key] = true
	}
	return nil
}
