package boltstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"sluice/core/store/driver"
)

// childFile names, in a child process, the file it is to write.
const childFile = "BOLTSTORE_TEST_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		fmt.Fprintln(os.Stderr, writeForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const batchSize = 5

// writeForEver goes on where the last process was killed. It says "<step>" on
// standard output once each of the step's three writes is acknowledged.
func writeForEver(path string) error {
	ctx := context.Background()
	table, err := Open(path, 0)
	if err != nil {
		return err
	}
	step, err := table.Add(ctx, key("steps"), 0, 1<<40, time.Time{})
	if err != nil {
		return err
	}
	for {
		step++
		if _, err := table.Put(ctx, driver.Record{Key: key(fmt.Sprintf("step %08d", step)), Version: driver.Any, Data: content(step)}); err != nil {
			return err
		}
		if err := table.Write(ctx, batch(step)); err != nil {
			return err
		}
		if _, err := table.Add(ctx, key("steps"), 1, 1<<40, time.Time{}); err != nil {
			return err
		}
		fmt.Println(step)
		if step%10 == 0 {
			if _, err := table.Sweep(ctx); err != nil {
				return err
			}
		}
	}
}

func key(sort string) driver.Key { return driver.Key{Part: "part", Sort: sort} }

// content is larger than a page in every third step.
func content(step int64) []byte {
	return fmt.Appendf(make([]byte, step%3*5000), "step %d", step)
}

// batch rewrites the same records each time, deletes one of the step before,
// and leaves one that expires.
func batch(step int64) []driver.Op {
	ops := []driver.Op{
		driver.Delete(key(fmt.Sprint("mark ", step-1)), driver.Any),
		driver.Put(driver.Record{Key: key(fmt.Sprint("mark ", step)), Version: driver.Any}),
		driver.Put(driver.Record{Key: key(fmt.Sprint("gone ", step)), Version: driver.Any, Expires: time.Now()}),
	}
	for i := range batchSize {
		ops = append(ops, driver.Put(driver.Record{Key: key(fmt.Sprint("batch ", i)), Version: driver.Any, Data: content(step)}))
	}
	return ops
}

// TestAKilledWriterLosesNothing kills a process that writes a hundred times,
// at any moment from its start on, and looks at what is left.
func TestAKilledWriterLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sluice.db")
	acknowledged, steps := int64(0), int64(0)
	for i := range 100 {
		if i%10 == 9 { // the making of a file is interrupted, too
			path = filepath.Join(t.TempDir(), "sluice.db")
			acknowledged = 0
		}
		before := acknowledged
		acknowledged = max(acknowledged, runAndKill(t, path))
		steps += acknowledged - before
		verify(t, path, acknowledged)
		if t.Failed() {
			t.Fatalf("after kill %d", i+1)
		}
	}
	t.Logf("%d steps", steps)
	if steps < 20 {
		t.Errorf("only %d steps were made: the processes were killed before they did anything", steps)
	}
}

// runAndKill returns the last step that was acknowledged.
func runAndKill(t *testing.T, path string) (step int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(rand.N(120*time.Millisecond), func() { cmd.Process.Kill() })
	defer kill.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Sscan(lines.Text(), &step)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
		t.Fatalf("the writer ended by itself: %v", err)
	}
	return step
}

// verify opens the file after the step was acknowledged, and perhaps a part of
// the next one was made.
func verify(t *testing.T, path string, step int64) {
	t.Helper()
	table, err := Open(path, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	check(t, table)
	made := int64(0)
	if r, err := table.Get(t.Context(), key("steps")); err == nil {
		made, _ = r.Count()
	} else if !errors.Is(err, driver.ErrNotFound) {
		t.Fatal(err)
	}
	if made != step && made != step+1 {
		t.Errorf("%d steps were counted, %d acknowledged", made, step)
	}
	for i := max(1, made-30); i <= made; i++ {
		r, err := table.Get(t.Context(), key(fmt.Sprintf("step %08d", i)))
		if err != nil || string(r.Data) != string(content(i)) {
			t.Errorf("step %d of %d: %d bytes, %v", i, step, len(r.Data), err)
		}
	}
	verifyBatch(t, table, made)
}

// verifyBatch checks that the batch is that of one step, as a whole.
func verifyBatch(t *testing.T, table *Table, made int64) {
	t.Helper()
	matches := func(step int64) bool {
		for i := range batchSize {
			r, err := table.Get(t.Context(), key(fmt.Sprint("batch ", i)))
			if err != nil || string(r.Data) != string(content(step)) {
				return false
			}
		}
		marks := 0
		for r, err := range table.Range(t.Context(), "part", driver.Query{Prefix: "mark "}) {
			if err != nil || r.Sort != fmt.Sprint("mark ", step) {
				return false
			}
			marks++
		}
		return marks == 1
	}
	if !(made == 0 || matches(made)) && !matches(made+1) {
		t.Errorf("the batch is neither whole as of step %d nor as of the next", made)
	}
}

// check has bbolt look at every page.
func check(t *testing.T, table *Table) {
	t.Helper()
	table.db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	})
}
