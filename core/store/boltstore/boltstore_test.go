package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"sluice/core/store/driver"
	"sluice/core/store/storetest"
)

func openTable(t *testing.T, path string) *Table {
	t.Helper()
	table, err := Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}

func tempPath(t *testing.T) string { return filepath.Join(t.TempDir(), "dir", "sluice.db") }

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) driver.Table { return openTable(t, tempPath(t)) })
}

func TestRecordsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	table := openTable(t, path)
	want := driver.Record{Key: key("k"), Version: 1, Data: []byte("data"), Expires: time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()}
	r := want
	r.Version = driver.Absent
	if _, err := table.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Get(t.Context(), want.Key); err == nil {
		t.Error("a closed store answers")
	}
	got, err := openTable(t, path).Get(t.Context(), want.Key)
	if err != nil || got.Version != 1 || string(got.Data) != "data" || !got.Expires.Equal(want.Expires) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.Contains(e.Name(), newSuffix) {
			t.Errorf("%s was left behind, %v", e.Name(), err)
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	table := openTable(t, path)
	for name, open := range map[string]func() error{
		"open":    func() error { _, err := Open(path, 50*time.Millisecond); return err },
		"compact": func() error { return Compact(path) },
	} {
		err := open()
		if want := fmt.Sprint("process ", os.Getpid()); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want the names of the file and of %s", name, err, want)
		}
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+path)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "in use by process") {
		t.Errorf("another process: got %s, %v", out, err)
	}
	time.AfterFunc(100*time.Millisecond, func() { table.Close() })
	next, err := Open(path, 10*time.Second)
	if err != nil {
		t.Fatalf("after waiting: %v", err)
	}
	next.Close()
}

// TestManyStartAtOnce has several open a store that does not exist yet.
func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			table, err := Open(path, 20*time.Second)
			if err != nil {
				t.Error(err)
				return
			}
			defer table.Close()
			if _, err := table.Add(t.Context(), key("n"), 1, 8, time.Time{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if r, err := openTable(t, path).Get(t.Context(), key("n")); err != nil || string(r.Data) != "8" {
		t.Errorf("got %q, %v: some wrote to a file that was replaced", r.Data, err)
	}
}

func TestSweepRemovesWhatHasExpired(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	table := openTable(t, path)
	put := func(sort string, expires time.Time) {
		t.Helper()
		if _, err := table.Put(t.Context(), driver.Record{Key: key(sort), Version: driver.Any, Expires: expires}); err != nil {
			t.Fatal(err)
		}
	}
	expired, later := time.Now().Add(-time.Second), time.Now().Add(time.Hour)
	var ops []driver.Op
	for i := range 2500 {
		ops = append(ops, driver.Put(driver.Record{Key: key(fmt.Sprint("old ", i)), Expires: expired}))
		if len(ops) == driver.MaxOps {
			if err := table.Write(t.Context(), ops); err != nil {
				t.Fatal(err)
			}
			ops = nil
		}
	}
	put("for ever", time.Time{})
	put("later", later)
	put("was to expire", expired)
	put("was to expire", time.Time{})
	put("deleted", expired)
	if err := table.Delete(t.Context(), key("deleted"), driver.Any); err != nil {
		t.Fatal(err)
	}
	if n, err := table.Sweep(t.Context()); n != 2500 || err != nil {
		t.Errorf("swept %d, %v, want 2500", n, err)
	}
	if n, err := table.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d again, %v", n, err)
	}
	wantEntries(t, table, 3, 1)
	put("later", expired)
	table.Close()
	wantEntries(t, openTable(t, path), 2, 0) // opening sweeps
}

// wantEntries counts what is in the file, expired or not.
func wantEntries(t *testing.T, table *Table, records, expiries int) {
	t.Helper()
	check(t, table)
	table.view(func(s space) error {
		if r, e := s.records.Stats().KeyN, s.expiry.Stats().KeyN; r != records || e != expiries {
			t.Errorf("there are %d records and %d expiries, want %d and %d", r, e, records, expiries)
		}
		return nil
	})
}

func TestCompactGivesBackSpace(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	table := openTable(t, path)
	for i := range 40 {
		r := driver.Record{Key: key(fmt.Sprint(i)), Data: make([]byte, 100_000), Expires: time.Now().Add(time.Hour)}
		if i == 7 {
			r.Expires = time.Now().Add(-time.Hour)
		}
		if _, err := table.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if i > 10 {
			if err := table.Delete(t.Context(), r.Key, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	table.Close()
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	if err := Compact(path); err != nil {
		t.Fatal(err)
	}
	if after := size(); after >= before {
		t.Errorf("%d bytes became %d", before, after)
	}
	table = openTable(t, path)
	wantEntries(t, table, 10, 10)
	if _, err := table.Put(t.Context(), driver.Record{Key: key("3"), Version: 1}); err != nil {
		t.Error(err)
	}
	wantEntries(t, table, 10, 9)
	if err := Compact(filepath.Join(t.TempDir(), "absent.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("compacting nothing: got %v", err)
	}
}

// TestCompactingWhileSomebodyWaits has a process wait for the file that is
// replaced: it must get the new one.
func TestCompactingWhileSomebodyWaits(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	openTable(t, path).Close()
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if i%3 == 0 {
				if err := Compact(path); err != nil && !errors.Is(err, ErrInUse) {
					t.Error(err)
				}
				return
			}
			table, err := Open(path, 20*time.Second)
			if err != nil {
				t.Error(err)
				return
			}
			defer table.Close()
			if _, err := table.Add(t.Context(), key("n"), 1, 8, time.Time{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if r, err := openTable(t, path).Get(t.Context(), key("n")); err != nil || string(r.Data) != "8" {
		t.Errorf("got %q, %v, want 8", r.Data, err)
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	write := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "sluice.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := tempPath(t)
	table := openTable(t, newer)
	table.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(formatKey, []byte{format + 1}) })
	table.Close()
	tests := []struct{ name, path, want string }{
		{"text", write([]byte(strings.Repeat("this is no database\n", 1000))), "invalid database"},
		{"half a page", write(make([]byte, 100)), "invalid database"},
		{"written by a newer version", newer, "another version"},
		{"a directory", t.TempDir(), "directory"},
	}
	for _, tt := range tests {
		if _, err := Open(tt.path, 0); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestWritersShareCommits counts the transactions of many writers.
func TestWritersShareCommits(t *testing.T) {
	t.Parallel()
	table := openTable(t, tempPath(t))
	table.turn <- struct{}{} // somebody commits, and takes a while
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if _, err := table.Put(t.Context(), driver.Record{Key: key(fmt.Sprint(i % 60))}); err != nil && !errors.Is(err, driver.ErrConflict) {
				t.Error(err)
			}
		})
	}
	before := waitForQueue(t, table, 100)
	<-table.turn
	wg.Wait()
	if n := transactions(t, table) - before; n > 3 {
		t.Errorf("100 writers needed %d transactions", n)
	}
	wantEntries(t, table, 60, 0)
}

func waitForQueue(t *testing.T, table *Table, n int) (transactionsBefore int) {
	t.Helper()
	for range 1000 {
		table.mu.Lock()
		queued := len(table.queue)
		table.mu.Unlock()
		if queued == n {
			return transactions(t, table)
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the queue does not fill")
	return 0
}

// transactions returns the number of the last one that wrote.
func transactions(t *testing.T, table *Table) (n int) {
	t.Helper()
	table.db.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil })
	return n
}

func TestAWriterThatLeavesTheQueueWritesNothing(t *testing.T) {
	t.Parallel()
	table := openTable(t, tempPath(t))
	table.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := table.Put(ctx, driver.Record{Key: key("k")})
		done <- err
	}()
	waitForQueue(t, table, 1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-table.turn
	if _, err := table.Put(t.Context(), driver.Record{Key: key("other")}); err != nil {
		t.Error(err)
	}
	wantEntries(t, table, 1, 0)
}
