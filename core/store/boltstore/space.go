package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"sluice/core/internal/arena"
	"sluice/core/store/driver"
)

// The buckets of a file.
var (
	recordBucket = []byte("records") // length of part (2 bytes), part, sort → version (8), expiry in ms or 0 (8), data
	expiryBucket = []byte("expiry")  // expiry in ms (8), key of the record → nothing
	metaBucket   = []byte("meta")    // "format" → [format]
)

// format is the version of the layout above.
const format = 1

var formatKey = []byte("format")

// space is the content of the file within one transaction.
type space struct {
	records, expiry *bbolt.Bucket
	memory          *arena.Arena // of what is written, which bbolt needs until the transaction ends
}

// fill is how full pages are when one that is too large is split: most keys come
// behind those of their kind that were there.
const fill = 0.9

func spaceOf(tx *bbolt.Tx, memory *arena.Arena) space {
	s := space{tx.Bucket(recordBucket), tx.Bucket(expiryBucket), memory}
	s.records.FillPercent, s.expiry.FillPercent = fill, fill
	return s
}

func (s space) key(k driver.Key) []byte { return s.partKey(k.Part, k.Sort) }

// partKey is what keys of a part begin with, with more behind it.
func (s space) partKey(part, more string) []byte {
	key := binary.BigEndian.AppendUint16(s.memory.Make(2+len(part)+len(more)), uint16(len(part)))
	return append(append(key, part...), more...)
}

func sortOf(key []byte) []byte {
	return key[2+binary.BigEndian.Uint16(key):]
}

const valueHeader = 16

func (s space) encode(r *driver.Record) []byte {
	v := binary.BigEndian.AppendUint64(s.memory.Make(valueHeader+len(r.Data)), uint64(r.Version))
	v = binary.BigEndian.AppendUint64(v, uint64(driver.Millis(r.Expires)))
	return append(v, r.Data...)
}

// decode reads a value. The data of the record is that of the value, and like
// it valid during the transaction.
func decode(k driver.Key, v []byte) (driver.Record, error) {
	if len(v) < valueHeader {
		return driver.Record{}, fmt.Errorf("boltstore: the record under %q is damaged", k)
	}
	return driver.Record{
		Key:     k,
		Version: int64(binary.BigEndian.Uint64(v)),
		Expires: driver.Instant(int64(binary.BigEndian.Uint64(v[8:]))),
		Data:    v[valueHeader:],
	}, nil
}

// get returns a copy of the record under k, nil if there is none.
func (s space) get(k driver.Key) (*driver.Record, error) {
	v := s.records.Get(s.key(k))
	if v == nil {
		return nil, nil
	}
	r, err := decode(k, v)
	r.Data = bytes.Clone(r.Data)
	return &r, err
}

// replace stores next, or nothing, where old is.
func (s space) replace(k driver.Key, old, next *driver.Record) error {
	if old == next {
		return nil
	}
	key := s.key(k)
	if old != nil {
		if err := s.unlist(driver.Millis(old.Expires), key); err != nil {
			return err
		}
	}
	if next == nil {
		return s.records.Delete(key)
	}
	if ms := driver.Millis(next.Expires); ms != 0 {
		if err := s.expiry.Put(s.expiryKey(ms, key), nil); err != nil {
			return err
		}
	}
	return s.records.Put(key, s.encode(next))
}

func (s space) unlist(ms int64, key []byte) error {
	if ms == 0 {
		return nil
	}
	return s.expiry.Delete(s.expiryKey(ms, key))
}

func (s space) expiryKey(ms int64, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(s.memory.Make(8+len(key)), uint64(ms)), key...)
}

// scan yields what is stored in a part from lo to below hi, "" being no
// bound.
func (s space) scan(part, lo, hi string, reverse bool) iter.Seq2[[]byte, []byte] {
	from := s.partKey(part, lo)
	to := s.partKey(part, hi)
	below := func(k []byte) bool { return bytes.Compare(k, to) < 0 }
	if hi == "" {
		below = func(k []byte) bool { return bytes.HasPrefix(k, to) }
	}
	return func(yield func(k, v []byte) bool) {
		c := s.records.Cursor()
		if !reverse {
			for k, v := c.Seek(from); k != nil && below(k) && yield(k, v); {
				k, v = c.Next()
			}
			return
		}
		for k, v := seekLast(c, to, hi != ""); k != nil && bytes.Compare(k, from) >= 0 && yield(k, v); {
			k, v = c.Prev()
		}
	}
}

// seekLast moves to the last key below to or, if it is no bound, to the last
// that begins with it.
func seekLast(c *bbolt.Cursor, to []byte, bound bool) (k, v []byte) {
	if !bound {
		to = above(to)
	}
	if k, _ = c.Seek(to); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// above returns the least key above all that begin with prefix, which begins
// with a length and so is never all 0xff.
func above(prefix []byte) []byte {
	i := len(prefix) - 1
	for prefix[i] == 0xff {
		i--
	}
	k := bytes.Clone(prefix[:i+1])
	k[i]++
	return k
}
