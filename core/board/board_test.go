package board

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/breaker"
	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

var (
	failed  = &llm.Error{Kind: llm.Upstream, Status: 500, Provider: "p"}
	refused = &llm.Error{Kind: llm.Credential, Status: 401, Provider: "p"}
)

func target(path string) Target {
	return Target{path, "alice", breaker.Policy{Failures: 3}}
}

// request makes a request with its hooks, as a server does.
func request(f func(ctx context.Context)) {
	ctx, after := core.WithAfter(context.Background())
	f(ctx)
	after.Run(context.Background(), nil)
}

func call(s *Scope, t Target, err error) {
	request(func(ctx context.Context) { s.Begin(t).End(ctx, err) })
}

func calls(n int, s *Scope, t Target, err error) {
	for range n {
		call(s, t, err)
	}
}

// counted counts the round trips to a table, which may be away.
type counted struct {
	driver.Table
	trips atomic.Int64
	away  atomic.Bool
}

func (c *counted) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	if c.trips.Add(1); c.away.Load() {
		return driver.Record{}, &driver.Unavailable{Err: errors.New("away")}
	}
	return c.Table.Get(ctx, k)
}

func (c *counted) Put(ctx context.Context, r driver.Record) (int64, error) {
	if c.trips.Add(1); c.away.Load() {
		return 0, &driver.Unavailable{Err: errors.New("away")}
	}
	return c.Table.Put(ctx, r)
}

func TestACredentialIsBenchedAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil).Scope(Place{})
		alice, bob := target("a"), target("a")
		bob.Credential = "bob"
		calls(3, s, alice, refused)
		if !s.Benched(alice) || s.Benched(bob) {
			t.Errorf("after refusals of alice's key: alice %v, bob %v", s.Benched(alice), s.Benched(bob))
		}
		calls(3, s, bob, failed)
		if !s.Benched(bob) || !s.Benched(Target{"a", "carol", bob.Policy}) || s.Benched(target("b")) {
			t.Error("after failures of the target: not exactly it is benched for all")
		}
	})
}

func TestScopesSeeNothingOfEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := New(memstore.New(), nil)
		here := Place{Config: [32]byte{1}, Workspace: "w", Host: "h"}
		calls(3, b.Scope(here), target("a"), failed)
		for _, there := range []Place{{Config: [32]byte{2}, Workspace: "w", Host: "h"}, {here.Config, "v", "h"}, {here.Config, "w", "i"}, {here.Config, "wh", ""}} {
			if b.Scope(there).Benched(target("a")) {
				t.Errorf("%+v sees it", there)
			}
		}
		if !b.Scope(here).Benched(target("a")) {
			t.Error("it has been forgotten")
		}
	})
}

func TestProcessesShareOneTable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		a, b := New(table, nil).Scope(Place{}), New(table, nil).Scope(Place{})
		call(b, target("x"), failed)
		a.Pace("x", "stream")
		b.Pace("x", "stream")
		request(func(ctx context.Context) {
			a.Took(ctx, "x", "stream", 3*time.Second)
			a.Move(ctx, "session", "x", time.Hour)
		})
		calls(2, a, target("x"), failed)
		if !a.Benched(target("x")) {
			t.Error("a has not heard of b's failure")
		}
		time.Sleep(2 * MaxAge)
		call(b, target("y"), nil)
		if !b.Benched(target("x")) {
			t.Error("b has not heard that the circuit is open")
		}
		if d, ok := b.Pace("x", "stream"); !ok || d.Round(time.Millisecond) != 3*time.Second {
			t.Errorf("b knows a pace of %v, %v", d, ok)
		}
		if got := b.Moved("session"); got != "x" {
			t.Errorf("b finds the session at %q", got)
		}
		time.Sleep(breaker.MinCooldown)
		call(b, target("x"), nil)
		call(a, target("y"), nil)
		if a.Benched(target("x")) {
			t.Error("a has not heard that the circuit is closed")
		}
	})
}

func TestProcessesWithOneRequestEachOpenACircuit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		for range 3 {
			call(New(table, nil).Scope(Place{}), target("a"), failed)
			time.Sleep(time.Second)
		}
		s := New(table, nil).Scope(Place{})
		if call(s, target("other"), nil); !s.Benched(target("a")) {
			t.Error("three failures in three processes have not opened it")
		}
	})
}

func TestNothingIsAskedBeforeTheResponseHasGoneOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &counted{Table: memstore.New()}
		s := New(table, nil).Scope(Place{})
		round := func() {
			s.Benched(target("a"))
			ctx, after := core.WithAfter(t.Context())
			s.Pace("a", "whole")
			s.Moved("s")
			at := s.Begin(target("a"))
			at.End(ctx, failed)
			s.Took(ctx, "a", "whole", time.Second)
			s.Move(ctx, "s", "a", time.Hour)
			if n := table.trips.Swap(0); n != 0 {
				t.Errorf("%d round trips within the request", n)
			}
			after.Run(t.Context(), nil)
		}
		round()
		if n := table.trips.Swap(0); n != 2 {
			t.Errorf("%d round trips after the first request", n)
		}
		calls(100, s, target("b"), nil)
		if n := table.trips.Swap(0); n != 0 {
			t.Errorf("%d round trips for a hundred requests at once", n)
		}
		time.Sleep(2 * MaxAge)
		calls(100, s, target("b"), nil)
		if n := table.trips.Swap(0); n != 1 {
			t.Errorf("%d round trips when there is nothing to tell", n)
		}
	})
}

func TestAStoreThatIsAwayChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &counted{Table: memstore.New()}
		table.away.Store(true)
		var log bytes.Buffer
		s := New(table, slog.New(slog.NewTextHandler(&log, nil))).Scope(Place{})
		for range 1000 {
			call(s, target("a"), failed)
			time.Sleep(time.Second)
		}
		if !s.Benched(target("a")) {
			t.Error("the process does not go by what it has seen itself")
		}
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%d lines in the log:\n%s", n, &log)
		}
		if n := table.trips.Load(); n > 30 {
			t.Errorf("%d attempts within a quarter of an hour", n)
		}
		table.away.Store(false)
		time.Sleep(2 * maxPause)
		calls(3, s, target("b"), failed)
		other := New(table, nil).Scope(Place{})
		if call(other, target("c"), nil); !other.Benched(target("b")) {
			t.Error("nothing is shared when the store is back")
		}
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d lines in the log:\n%s", n, &log)
		}
	})
}

// contested has somebody else write between each Get and Put, so many times.
type contested struct {
	driver.Table
	times int
}

func (c *contested) Put(ctx context.Context, r driver.Record) (int64, error) {
	if c.times--; c.times >= 0 {
		other := r
		other.Version, other.Data = driver.Any, []byte("{}")
		if _, err := c.Table.Put(ctx, other); err != nil {
			return 0, err
		}
	}
	return c.Table.Put(ctx, r)
}

func TestNewsWaitWhenOthersWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &contested{memstore.New(), 1}
		a, b := New(table, nil).Scope(Place{}), New(table, nil).Scope(Place{})
		calls(2, a, target("x"), failed) // not urgent: the first is kept for later
		time.Sleep(2 * MaxAge)
		call(a, target("y"), failed)
		calls(1, b, target("x"), failed)
		if !b.Benched(target("x")) {
			t.Error("failures were lost in a conflict")
		}
		table.times = 2
		calls(3, a, target("z"), failed) // a circuit opens: others hear of it at once
		c := New(table, nil).Scope(Place{})
		if call(c, target("y"), nil); !c.Benched(target("z")) {
			t.Error("an open circuit was not told in spite of a conflict")
		}
	})
}

func TestARecordOfGarbageIsWrittenAnew(t *testing.T) {
	t.Parallel()
	far := time.Now().Add(1e6 * time.Hour).UnixMilli()
	for _, data := range []string{"", "null", "[]", "{", `{"circuits":7}`, `{"circuits":{"a#":null,"":{"n":[{"t":-1,"n":-1}]}},"averages":{"a#stream":{"s":-1,"w":1e300,"t":9e18}},"sessions":{"s":{}}}`,
		fmt.Sprintf(`{"circuits":{"a#":{"c":%d,"u":%d}},"sessions":{"s":{"p":"a","t":%d,"u":%d}}}`, far, far, far, far), strings.Repeat("\xff", 9999)} {
		synctest.Test(t, func(t *testing.T) {
			table := memstore.New()
			s := New(table, nil).Scope(Place{})
			if _, err := table.Put(t.Context(), driver.Record{Key: s.at, Data: []byte(data)}); err != nil {
				t.Fatal(err)
			}
			s.Pace("a", "stream")
			if call(s, target("a"), failed); s.Benched(target("a")) || s.Moved("s") != "" {
				t.Errorf("%.60q is believed", data)
			}
			if d, ok := s.Pace("a", "stream"); ok {
				t.Errorf("%.60q: a pace of %v is believed", data, d)
			}
			r, err := table.Get(t.Context(), s.at)
			if got := parse(r.Data); err != nil || len(got.Circuits) != 1 || got.Circuits["a#"].Counts[0].Failures != 1 {
				t.Errorf("%.60q: the record is now %s, %v", data, r.Data, err)
			}
		})
	}
}

func TestManyProcessesKeepTheRecordSmall(t *testing.T) {
	t.Parallel()
	processes := 200 // the record is full at half of them
	if os.Getenv("SLUICE_FULL") != "" {
		processes = 1000
	}
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		long := strings.Repeat(".targets[99]", 8)
		var s *Scope
		for n := range processes {
			s = New(table, nil).Scope(Place{})
			own := target(fmt.Sprintf("config%s%d", long, n))
			own.Credential = fmt.Sprint("credential", n)
			s.Pace(own.Path, "stream")
			request(func(ctx context.Context) {
				for range 3 {
					s.Begin(own).End(ctx, failed)
				}
				s.Took(ctx, own.Path, "stream", time.Second)
				s.Begin(own).End(ctx, refused)
				for m := range 3 {
					s.Move(ctx, fmt.Sprint("session", n, m), own.Path, time.Hour)
				}
			})
			time.Sleep(time.Second)
		}
		r, err := table.Get(t.Context(), s.at)
		if err != nil || len(r.Data) > maxRecord {
			t.Fatalf("the record has %d bytes, %v", len(r.Data), err)
		}
		t.Logf("the record of %d processes has %d bytes", processes, len(r.Data))
		if all := parse(r.Data); all.Circuits[fmt.Sprintf("config%s%d#", long, processes-1)].Until == 0 {
			t.Error("the latest is not in it")
		}
		time.Sleep(2 * time.Hour)
		if _, err := table.Get(t.Context(), s.at); !errors.Is(err, driver.ErrNotFound) {
			t.Errorf("the record does not expire: %v", err)
		}
	})
}

func TestAveragesFollowTheLatest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil).Scope(Place{})
		if _, ok := s.Pace("a", "stream"); ok {
			t.Error("a pace without a measurement")
		}
		for range 10 {
			s.Took(t.Context(), "a", "stream", time.Second)
		}
		s.Took(t.Context(), "a", "whole", time.Minute)
		time.Sleep(4 * halfLife)
		for range 10 {
			s.Took(t.Context(), "a", "stream", 3*time.Second)
		}
		if d, _ := s.Pace("a", "stream"); d < 2700*time.Millisecond || d > 3*time.Second {
			t.Errorf("the average is %v", d)
		}
		time.Sleep(time.Hour)
		if d, ok := s.Pace("a", "stream"); ok {
			t.Errorf("after an hour %v is taken for its pace", d)
		}
	})
}

// However many measurements came before, thirty new ones decide.
func TestAnAverageForgetsQuicklyWhatChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil).Scope(Place{})
		for range 10_000 {
			s.Took(t.Context(), "a", "stream", time.Second)
		}
		for range 30 {
			s.Took(t.Context(), "a", "stream", 3*time.Second)
		}
		if d, _ := s.Pace("a", "stream"); d < 2800*time.Millisecond {
			t.Errorf("the average is %v", d)
		}
	})
}

func TestAveragesKnowNoOrder(t *testing.T) {
	t.Parallel()
	a, b, c := average{300, 1, 1000}, average{9000, 3, 61000}, average{50, 0.5, 200000}
	want := a.plus(b).plus(c)
	for _, got := range []average{c.plus(b).plus(a), b.plus(a.plus(c)), a.plus(c.plus(b))} {
		if d := got.Sum/got.Weight - want.Sum/want.Weight; got.At != want.At || d > 1e-9 || d < -1e-9 {
			t.Errorf("%v and %v", got, want)
		}
	}
}

func TestMovesEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil).Scope(Place{})
		s.Move(t.Context(), "s", "b", time.Minute)
		if time.Sleep(time.Minute - time.Millisecond); s.Moved("s") != "b" {
			t.Error("forgotten too early")
		}
		if time.Sleep(time.Millisecond); s.Moved("s") != "" {
			t.Error("remembered for too long")
		}
	})
}

func TestMemoryOfTheBoardIsBounded(t *testing.T) {
	t.Parallel()
	b := New(nil, nil)
	for n := range 2 * maxScopes {
		b.Scope(Place{Workspace: fmt.Sprint(n)})
	}
	s := b.Scope(Place{})
	often := target("often")
	calls(3, s, often, failed)
	for n := range 2000 {
		one := target(fmt.Sprint(n))
		one.Credential = fmt.Sprint("c", n)
		s.Begin(one)
		s.Took(t.Context(), one.Path, fmt.Sprint(n%2), time.Second)
		s.Move(t.Context(), one.Credential, one.Path, time.Hour)
		if !s.Benched(often) {
			t.Fatalf("after %d others what is in use was forgotten", n)
		}
	}
	if n := len(b.scopes.known); n != maxScopes {
		t.Errorf("%d scopes", n)
	}
	for what, n := range map[string]int{
		"targets": len(s.targets.known) - maxTargets, "credentials": len(s.keys.known) - maxKeys,
		"averages": len(s.averages.known) - maxAverages, "sessions": len(s.sessions.known) - maxSessions,
	} {
		if n != 0 {
			t.Errorf("%s: %d above the limit", what, n)
		}
	}
}

func TestABoardIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		boards := []*Board{New(table, nil), New(table, nil)}
		for n := range 10 {
			go func() {
				for m := range 3 {
					s := boards[(n+m)%2].Scope(Place{})
					s.Benched(target("a"))
					s.Pace("a", "stream")
					request(func(ctx context.Context) {
						a := s.Begin(target("a"))
						time.Sleep(time.Duration(n) * time.Millisecond)
						a.End(ctx, failed)
						s.Took(ctx, "a", "stream", time.Second)
						s.Move(ctx, fmt.Sprint(n), "a", time.Hour)
					})
					time.Sleep(time.Second)
				}
			}()
		}
		time.Sleep(25 * time.Second)
		synctest.Wait()
		for n, b := range boards {
			if !b.Scope(Place{}).Benched(target("a")) {
				t.Errorf("board %d: not benched", n)
			}
		}
	})
}

func TestAveragesAloneAreToldTwiceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &counted{Table: memstore.New()}
		s := New(table, nil).Scope(Place{})
		s.Pace("a", "stream")
		for range 600 {
			request(func(ctx context.Context) { s.Took(ctx, "a", "stream", time.Second) })
			time.Sleep(time.Second)
		}
		r, err := table.Get(t.Context(), s.at)
		if err != nil || r.Version < 10 || r.Version > 20 {
			t.Errorf("written %d times in ten minutes, %v", r.Version, err)
		}
	})
}

func TestSessionsThatMoveAreToldTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &counted{Table: memstore.New()}
		s := New(table, nil).Scope(Place{})
		for n := range 100 {
			request(func(ctx context.Context) { s.Move(ctx, fmt.Sprint(n), "b", time.Hour) })
			time.Sleep(50 * time.Millisecond)
		}
		if n := table.trips.Load(); n > 12 {
			t.Errorf("%d round trips for 100 moves in five seconds", n)
		}
		if s.Moved("0") != "b" || s.Moved("99") != "b" {
			t.Error("a move was forgotten")
		}
	})
}
