package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Open opens the store in the file at path, and makes it and its directory if
// need be. wait is how long another process gets to let go of the file before
// the answer is [ErrInUse]; zero means one second.
//
// A directory is best on a local disk: locks and flushes on network file
// systems do not always do what they say.
func Open(path string, wait time.Duration) (*Table, error) {
	t, err := open(path, cmp.Or(wait, time.Second))
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	if _, err := t.sweepSome(context.Background()); err != nil {
		t.Close()
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	return t, nil
}

func open(path string, wait time.Duration) (*Table, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	db, err := lock(path, wait)
	if err != nil {
		return nil, err
	}
	t := &Table{db: db, pidFile: path + ".pid", turn: make(chan struct{}, 1)}
	t.writePID()
	removeLeftovers(path)
	if err := db.Update(prepare); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// create makes the file if it is not there. It is written under another name
// first: a process killed while bbolt writes the first pages would leave
// something that never opens again.
func create(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+newSuffix)
	if err != nil {
		return err
	}
	f.Close()
	defer os.Remove(f.Name())
	db, err := bbolt.Open(f.Name(), 0o600, nil)
	if err != nil {
		return err
	}
	if err := cmp.Or(db.Update(prepare), db.Close()); err != nil {
		return err
	}
	// Link, unlike Rename, does not replace what another process has made in
	// the meantime. Where it cannot be used, bbolt makes the file itself.
	if os.Link(f.Name(), path) == nil {
		syncDir(filepath.Dir(path))
	}
	return nil
}

// newSuffix is in the names of files that are being written.
const newSuffix = ".new"

func removeLeftovers(path string) {
	names, _ := filepath.Glob(path + newSuffix + "*") // a pattern that cannot be read finds nothing
	for _, name := range names {
		os.Remove(name)
	}
}

// prepare makes the buckets, and refuses a file of another format.
func prepare(tx *bbolt.Tx) error {
	for _, name := range [][]byte{recordBucket, expiryBucket, metaBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(metaBucket)
	switch got := meta.Get(formatKey); {
	case got == nil:
		return meta.Put(formatKey, []byte{format})
	case len(got) != 1 || got[0] != format:
		return fmt.Errorf("its format is %v, not %d: it was written by another version of the program", got, format)
	}
	return nil
}

// lock opens the file for this process alone.
func lock(path string, wait time.Duration) (*bbolt.DB, error) {
	for until := time.Now().Add(wait); ; {
		var file *os.File
		db, err := openDB(path, &bbolt.Options{
			Timeout:      max(time.Until(until), time.Millisecond),
			FreelistType: bbolt.FreelistMapType,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		if errors.Is(err, berrors.ErrTimeout) {
			return nil, fmt.Errorf("%w%s", ErrInUse, user(path))
		}
		if err != nil {
			return nil, err
		}
		if stillThere(file, path) {
			return db, nil
		}
		db.Close() // it was compacted while we waited for the lock: this is the old one
	}
}

// openDB makes an error of bbolt's panic on some files that are damaged.
func openDB(path string, o *bbolt.Options) (db *bbolt.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is damaged: %v", p)
		}
	}()
	return bbolt.Open(path, 0o600, o)
}

func stillThere(file *os.File, path string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// user says which process has the file, as far as that is known.
func user(path string) string {
	b, err := os.ReadFile(path + ".pid")
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return " by process " + pid
	}
	return " by another process"
}

// writePID leaves the number of this process for the message of [ErrInUse].
// Only that depends on it: the lock is the file's own.
func (t *Table) writePID() {
	os.WriteFile(t.pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
}

func (t *Table) removePID() { os.Remove(t.pidFile) }

// syncDir makes sure that a new name in a directory is on disk. Not every
// system can, and then there is nothing to be done about it.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}
