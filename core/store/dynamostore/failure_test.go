package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/store/driver"
	"sluice/core/store/mototest"
)

// An action is one use of a table.
type action struct {
	name string
	do   func(context.Context, *Table) error
}

func k(sort string) driver.Key { return driver.Key{Part: "part", Sort: sort} }

// actions is every method, with the kinds of conditions that it has.
var actions = []action{
	{"get", func(ctx context.Context, t *Table) error { _, err := t.Get(ctx, k("there")); return err }},
	{"range", func(ctx context.Context, t *Table) error {
		for _, err := range t.Range(ctx, "part", driver.Query{Limit: 3}) {
			return err
		}
		return errors.New("the range is empty")
	}},
	{"create", func(ctx context.Context, t *Table) error {
		_, err := t.Put(ctx, driver.Record{Key: k("new")})
		return err
	}},
	{"overwrite", func(ctx context.Context, t *Table) error {
		_, err := t.Put(ctx, driver.Record{Key: k("any"), Version: driver.Any})
		return err
	}},
	{"delete", func(ctx context.Context, t *Table) error { return t.Delete(ctx, k("delete"), 1) }},
	{"add", func(ctx context.Context, t *Table) error { _, err := t.Add(ctx, k("n"), 1, 9, time.Time{}); return err }},
	{"write", func(ctx context.Context, t *Table) error {
		return t.Write(ctx, []driver.Op{driver.Add(k("n"), 1, 9, time.Time{}), driver.Put(driver.Record{Key: k("new")})})
	}},
}

func newActionTable(t *testing.T, f *front, timeout time.Duration) *Table {
	t.Helper()
	table := newTable(t, f.URL, Config{Timeout: timeout})
	for _, sort := range []string{"there", "delete"} {
		if _, err := table.Put(t.Context(), driver.Record{Key: k(sort)}); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

func TestWhatPassesIsWaitedOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		mishap mishap
		unsure bool // it may have been carried out
		write  bool // only a Write has it
	}{
		{"throughput", refusal(400, "ProvisionedThroughputExceededException"), false, false},
		{"throttling", refusal(400, "ThrottlingException"), false, false},
		{"request limit", refusal(400, "RequestLimitExceeded"), false, false},
		{"conflict with a transaction", refusal(400, "TransactionConflictException"), false, false},
		{"too many requests", mishap{status: 429, body: "slow down"}, false, false},
		{"internal error", refusal(500, "InternalServerError"), true, false},
		{"unavailable", mishap{status: 503, body: "<html>"}, true, false},
		{"no JSON", mishap{status: 200, body: "<html>"}, true, false},
		{"broken connection", mishap{cut: true}, true, false},
		{"conflict of transactions", canceled("None", "TransactionConflict"), false, true},
		{"throughput in a transaction", canceled("ProvisionedThroughputExceeded", "None"), false, true},
		{"throttling in a transaction", canceled("ThrottlingError", "TransactionConflict"), false, true},
		{"transaction in progress", refusal(400, "TransactionInProgressException"), false, true},
	}
	emulator := mototest.URL(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t, emulator)
			table := newActionTable(t, f, 20*time.Second)
			for _, a := range actions {
				if tt.write && a.name != "write" || a.name == "write" && table.Delete(t.Context(), k("new"), driver.Any) != nil {
					continue
				}
				f.next(tt.mishap, tt.mishap)
				err := a.do(t.Context(), table)
				want := 3
				if a.name == "add" && tt.unsure {
					want = 1
				}
				if got := len(f.requests()); got != want {
					t.Errorf("%s: %d requests, want %d", a.name, got, want)
				}
				if _, away := errors.AsType[*driver.Unavailable](err); err != nil && !(away && want == 1) {
					t.Errorf("%s: %v", a.name, err)
				}
			}
		})
	}
}

// TestNothingHangs lets a service be throttled, broken or silent for good.
func TestNothingHangs(t *testing.T) {
	t.Parallel()
	const timeout = 400 * time.Millisecond
	tests := []struct {
		name   string
		mishap mishap
	}{
		{"throttled", refusal(400, "ThrottlingException")},
		{"transactions in conflict", canceled("TransactionConflict", "None")},
		{"internal error", refusal(500, "InternalServerError")},
		{"silent", mishap{hang: true}},
		{"broken connections", mishap{cut: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t, "")
			f.always = &tt.mishap
			wantUnavailable(t, f.URL, timeout, tt.name == "transactions in conflict")
		})
	}
	t.Run("refused connections", func(t *testing.T) {
		t.Parallel()
		wantUnavailable(t, closedPort(t), timeout, false)
	})
}

func wantUnavailable(t *testing.T, url string, timeout time.Duration, writeOnly bool) {
	t.Helper()
	table := New(Config{Client: client(url), Table: "any", Timeout: timeout})
	for _, a := range actions {
		if writeOnly && a.name != "write" {
			continue
		}
		began := time.Now()
		err := a.do(t.Context(), table)
		if took := time.Since(began); took > timeout+3*time.Second {
			t.Errorf("%s took %v", a.name, took)
		}
		if u, ok := errors.AsType[*driver.Unavailable](err); !ok || u.RetryAfter <= 0 {
			t.Errorf("%s: got %v, want an Unavailable with a hint", a.name, err)
		}
	}
}

func TestFaultsOfTheSetUpAreNotRetried(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ResourceNotFoundException", "AccessDeniedException", "ValidationException", "UnrecognizedClientException"} {
		f := newFront(t, "")
		m := refusal(400, code)
		f.always = &m
		table := New(Config{Client: client(f.URL), Table: "any"})
		for _, a := range actions {
			f.next()
			err := a.do(t.Context(), table)
			if _, away := errors.AsType[*driver.Unavailable](err); err == nil || away || !strings.Contains(err.Error(), code) {
				t.Errorf("%s, %s: got %v", code, a.name, err)
			}
			if n := len(f.requests()); n != 1 {
				t.Errorf("%s, %s: %d requests", code, a.name, n)
			}
		}
	}
}

// TestNothingIsDoneTwice has the answer to the first attempt get lost after
// the change was made.
func TestNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	f := newFront(t, mototest.URL(t))
	table := newActionTable(t, f, 5*time.Second)
	lost := mishap{applied: true, status: 500, body: refusal(500, "InternalServerError").body}
	tests := []struct {
		action string
		known  bool // that it was done
	}{
		{"create", false},
		{"overwrite", true},
		{"delete", false},
		{"add", false},
	}
	for _, tt := range tests {
		for _, a := range actions {
			if a.name != tt.action {
				continue
			}
			f.next(lost)
			err := a.do(t.Context(), table)
			if _, away := errors.AsType[*driver.Unavailable](err); away == tt.known || errors.Is(err, driver.ErrConflict) {
				t.Errorf("%s: got %v, want to know that it was done: %t", a.name, err, tt.known)
			}
		}
	}
	if r, err := table.Get(t.Context(), k("n")); err != nil || string(r.Data) != "1" {
		t.Errorf("the counter is %q, %v, want 1", r.Data, err)
	}
}

func TestARepeatedTransactionHasTheSameToken(t *testing.T) {
	t.Parallel()
	f := newFront(t, mototest.URL(t))
	table := newActionTable(t, f, 5*time.Second)
	f.next(mishap{status: 500}, mishap{cut: true})
	write := func(sort string) {
		if err := table.Write(t.Context(), []driver.Op{driver.Put(driver.Record{Key: k(sort)})}); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	write("two")
	var tokens []string
	for _, r := range f.requests() {
		_, rest, _ := strings.Cut(r.body, `"ClientRequestToken":"`)
		token, _, ok := strings.Cut(rest, `"`)
		if !ok || token == "" {
			t.Fatalf("no token in %.200s", r.body)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) != 4 || tokens[0] != tokens[1] || tokens[1] != tokens[2] || tokens[2] == tokens[3] {
		t.Errorf("got tokens %q", tokens)
	}
}

func TestTheCallerDecidesHowLong(t *testing.T) {
	t.Parallel()
	f := newFront(t, "")
	f.always = &mishap{hang: true}
	table := New(Config{Client: client(f.URL), Table: "any", Timeout: time.Minute})
	for _, a := range actions {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		err := a.do(ctx, table)
		if _, away := errors.AsType[*driver.Unavailable](err); away || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v for a caller that left", a.name, err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		err = a.do(ctx, table)
		cancel()
		if _, away := errors.AsType[*driver.Unavailable](err); !away || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v for a caller whose time is over", a.name, err)
		}
	}
}

// TestTheEmulatorIsStoppedUnderLoad kills it while many are at work: each gets
// an answer soon, and what was acknowledged before was right.
func TestTheEmulatorIsStoppedUnderLoad(t *testing.T) {
	t.Parallel()
	server := mototest.Start(t)
	const timeout = 5 * time.Second
	table := newTable(t, server.URL, Config{Timeout: timeout})
	var added, away atomic.Int64
	var values sync.Map
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				began := time.Now()
				n, err := table.Add(t.Context(), k("n"), 1, 1<<40, time.Time{})
				if err == nil {
					_, err = table.Put(t.Context(), driver.Record{Key: k(fmt.Sprint(w, i)), Version: driver.Any})
				}
				if took := time.Since(began); took > 2*timeout+3*time.Second {
					t.Errorf("an answer after %v", took)
				}
				if _, ok := errors.AsType[*driver.Unavailable](err); ok {
					away.Add(1)
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				if _, twice := values.LoadOrStore(n, true); twice {
					t.Errorf("two adds gave %d", n)
				}
				if added.Add(1) == 100 {
					go server.Kill()
				}
			}
		})
	}
	wg.Wait()
	if added.Load() < 100 || away.Load() != 16 {
		t.Errorf("%d writers of 16 were told, after %d adds", away.Load(), added.Load())
	}
}
