// Package driver says what a store has to do: keep records under keys.
//
// Drivers know bytes; the types of the gateway belong to the packages that
// use [sluice/core/store.Collection] on top. There are drivers for memory, a
// local file and DynamoDB. All behave as this page says, and
// core/store/storetest holds them to it.
//
// # Versions
//
// The version of a record is 1 when it is created and grows by one with every
// change. Writes name the version they expect: [Absent] (0), a version that
// was read, or [Any] (−1). When something else is stored the write changes
// nothing and fails with [ErrConflict]. A record that was deleted, or has
// expired, and is created again begins at 1 again: who keeps a version over
// such a gap is not warned.
//
// # Expiry
//
// A record is gone at the instant Expires, whatever its storage does: it is
// not read, no range has it, a condition takes it as absent, and an [Table.Add]
// begins at zero again. Expires has the precision of a millisecond; what is
// finer is cut off.
//
// # Counters
//
// A counter is a record whose data is an integer as [strconv.FormatInt]
// writes it. [Table.Add] makes and changes counters, so they are read with
// Get and Range ([Record.Count]) and set or removed with Put and Delete, and
// every Add is a change that makes a new version.
//
// # Consistency
//
// A read sees every write that was acknowledged before the read began. A
// method is one atomic step, but for Range.
//
// # Limits
//
// Keys are bytes, of any value; order is the order of bytes. A Part has 1 to
// [MaxKey] bytes. A Sort has 0 to MaxKey bytes, where the bytes 0x00, 0x01 and
// 0x80 to 0xff count twice: DynamoDB keeps 1,024 bytes of text, and these need
// two of them. Data has at most [MaxData] bytes; a driver may have a smaller
// limit, which it documents and answers with [ErrTooLarge].
//
// # Errors
//
// [ErrNotFound], [ErrConflict], [ErrCeiling], [ErrTooLarge] and [ErrInvalid]
// are answers, found with [errors.Is]. An [*Unavailable] says that the store
// is throttled or away. A context that has ended gives its own error, wrapped.
// Any other error is a fault of the set-up, such as a missing table or
// permission.
package driver

import (
	"context"
	"iter"
	"strconv"
	"time"
)

// A Table keeps records. Its methods may be called by many goroutines at
// once. Data that is handed in is not kept, and data that is handed out
// belongs to the caller.
type Table interface {
	// Get returns the record under k, or ErrNotFound.
	Get(ctx context.Context, k Key) (Record, error)

	// Put stores r if the stored version is r.Version, and returns the new
	// version.
	Put(ctx context.Context, r Record) (version int64, err error)

	// Delete removes the record under k if its version is the given one.
	// With Any, and with Absent, it is no error that there is none.
	Delete(ctx context.Context, k Key, version int64) error

	// Range yields the records of a part in the order of Sort. It reads page
	// by page and holds no lock while the loop's body runs, which may write to
	// the table. A record that stays as it is during the loop is yielded
	// once, one that is put or deleted meanwhile at most once, in a state that
	// it had. An error is the last thing that is yielded.
	Range(ctx context.Context, part string, q Query) iter.Seq2[Record, error]

	// Add adds delta to the counter under k and returns its new value. An
	// absent counter is zero. expires becomes the counter's expiry, as it does
	// in Put.
	//
	// A positive delta that would lead above max is refused with ErrCeiling
	// and the value that stands. A delta that is not positive is refused only
	// if the value would leave the range of int64, so that what was reserved
	// can always be given back. A record that is no counter gives ErrInvalid.
	Add(ctx context.Context, k Key, delta, max int64, expires time.Time) (int64, error)

	// Write does all of ops or nothing. There are at most MaxOps, else
	// ErrTooLarge, and their keys differ, else ErrInvalid. An error that is
	// the answer of one operation is an *OpError; of several, the first.
	// A driver may limit the size of all data together: ErrTooLarge.
	Write(ctx context.Context, ops []Op) error
}

// Versions that a write may expect besides one that was read.
const (
	Any    int64 = -1 // whatever is stored
	Absent int64 = 0  // nothing is stored
)

// Limits of every driver.
const (
	MaxKey  = 1000     // bytes in a Part and in a Sort
	MaxData = 64 << 20 // bytes in a record's Data
	MaxOps  = 100      // operations in a Write
)

// A Key names a record: the part it is stored in, and its place in there.
type Key struct {
	Part, Sort string
}

// A Record is what is stored under a key.
type Record struct {
	Key
	Version int64 // as read; in a Put, the version that is expected
	Data    []byte
	Expires time.Time // zero: never
}

// Expired reports whether r is gone at the instant now.
func (r Record) Expired(now time.Time) bool {
	ms := Millis(r.Expires)
	return ms != 0 && ms <= now.UnixMilli()
}

// Count returns the value of a counter. It reports false if r is none.
func (r Record) Count() (int64, bool) {
	if len(r.Data) == 0 || len(r.Data) > len("-9223372036854775808") {
		return 0, false
	}
	n, err := strconv.ParseInt(string(r.Data), 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == string(r.Data)
}

// endOfTime is the last instant that an expiry can name: 9999-12-31.
var endOfTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// Millis writes an expiry as milliseconds since 1970, for drivers to store.
// It is 0 for never, and at least 1 for an instant.
func Millis(expires time.Time) int64 {
	switch {
	case expires.IsZero():
		return 0
	case expires.After(endOfTime):
		return endOfTime.UnixMilli()
	}
	return max(expires.UnixMilli(), 1)
}

// Instant is the inverse of [Millis].
func Instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// A Query says which records of a part are wanted. The zero value wants all.
type Query struct {
	Prefix  string // of Sort
	After   string // only what follows this Sort, which need not exist, in the direction of reading; "" begins at the beginning, also after a page that ended with an empty Sort
	Reverse bool   // from the last Sort to the first
	Limit   int    // of records yielded; 0 is none
}

// Bounds returns the range of Sort that q wants: from lo, included, to hi, not
// included. hi == "" is no bound. Nothing is wanted when hi is a bound and not
// above lo.
func (q Query) Bounds() (lo, hi string) {
	lo, hi = q.Prefix, successor(q.Prefix)
	if q.After == "" {
		return lo, hi
	}
	if !q.Reverse {
		return max(lo, q.After+"\x00"), hi
	}
	if hi == "" || q.After < hi {
		hi = q.After
	}
	return lo, hi
}

// successor returns the least string above all that begin with prefix, or ""
// if there is none.
func successor(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- { // strings.TrimRight takes 0xff for any byte that is no UTF-8
		if c := prefix[i]; c != 0xff {
			return prefix[:i] + string([]byte{c + 1})
		}
	}
	return ""
}
