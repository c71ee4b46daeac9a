package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// sweepSize is how many records one transaction of a sweep removes, so that
// writers wait for milliseconds only.
const sweepSize = 1000

// Sweep removes all records that have expired and returns their number. It
// reads nothing but these.
func (t *Table) Sweep(ctx context.Context) (removed int, err error) {
	for {
		n, err := t.sweepSome(ctx)
		removed += n
		if err != nil || n < sweepSize {
			return removed, err
		}
	}
}

func (t *Table) sweepSome(ctx context.Context) (removed int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = t.commit(ctx, func(s space) error {
		expired := s.expired(time.Now())
		removed = len(expired)
		for _, k := range expired {
			if err := cmp.Or(s.expiry.Delete(k), s.records.Delete(k[8:])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// expired lists the keys in the expiry bucket of records that are gone.
func (s space) expired(now time.Time) (keys [][]byte) {
	c := s.expiry.Cursor()
	for k, _ := c.First(); k != nil && len(keys) < sweepSize; k, _ = c.Next() {
		if int64(binary.BigEndian.Uint64(k)) > now.UnixMilli() {
			break
		}
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}

// Compact writes the file anew, without the space that nothing uses and the
// records that have expired. No process may have it open, else the error is
// [ErrInUse]. A process killed in the middle leaves the file as it was.
func Compact(path string) error {
	if err := compact(path); err != nil {
		return fmt.Errorf("compact the store %s: %w", path, err)
	}
	return nil
}

func compact(path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	t, err := open(path, time.Second)
	if err != nil {
		return err
	}
	defer t.Close()
	if _, err := t.Sweep(context.Background()); err != nil {
		return err
	}
	tmp := path + newSuffix
	defer os.Remove(tmp)
	dst, err := bbolt.Open(tmp, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	if err := cmp.Or(bbolt.Compact(dst, t.db, 16<<20), dst.Close()); err != nil {
		return err
	}
	// The old file stays locked until it has lost its name: whoever waits for
	// the lock sees that and opens the new one.
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}
