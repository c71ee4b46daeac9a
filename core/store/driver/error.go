package driver

import (
	"errors"
	"fmt"
	"time"
)

// Answers of a [Table].
var (
	ErrNotFound = errors.New("no such record")
	ErrConflict = errors.New("another version is stored")
	ErrCeiling  = errors.New("the counter would pass its ceiling")
	ErrTooLarge = errors.New("too large for the store")
	ErrInvalid  = errors.New("not valid for the store") // a key, version or operation that no store takes
)

// Unavailable is the error of a store that is throttled, slow or away. A write
// that ends with it may have been made all the same.
type Unavailable struct {
	RetryAfter time.Duration // when trying again makes sense
	Err        error
}

func (u *Unavailable) Error() string { return "the store is not available: " + u.Err.Error() }

func (u *Unavailable) Unwrap() error { return u.Err }

// OpError is the answer of one operation of a [Table.Write].
type OpError struct {
	Index int // in the list of operations
	Err   error
}

func (e *OpError) Error() string { return fmt.Sprintf("operation %d: %v", e.Index, e.Err) }

func (e *OpError) Unwrap() error { return e.Err }
