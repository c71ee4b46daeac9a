package board

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/core/breaker"
	"sluice/core/llm"
	"sluice/core/store/driver"
)

// A Scope is what was learnt at one [Place]. It is safe for concurrent use.
type Scope struct {
	board *Board
	at    driver.Key // of the record

	used    atomic.Int64 // by the board's clock, when it was last
	dropped atomic.Bool  // it is not on the board any more, and stays empty

	mu       sync.Mutex
	size     int                           // entries that the board has counted
	targets  recent[key, *breaker.Circuit] // for every credential
	keys     recent[key, *breaker.Circuit] // for one
	averages recent[key, *measure]
	sessions recent[string, move]
	told     map[string]breaker.State // circuits of the shared record, as last read
	sharing  sharing
}

// A key is what is remembered of a target: the circuit of a credential, or the
// average of a kind of calls. The circuit for all credentials is without.
type key struct{ path, of string }

// String is the key in a record.
func (k key) String() string { return k.path + "#" + k.of }

func parseKey(s string) key {
	path, of, _ := strings.Cut(s, "#")
	return key{path, of}
}

// A measure is an average as everybody knows it, and what was added here.
type measure struct {
	known, fresh average
	wanted       bool // somebody goes by it, so that it is worth sharing

	// What both say together, as of any instant before that in Unix
	// milliseconds: older measurements fade alike, so that the average stays.
	pace   time.Duration
	before int64
}

// value is what is known and what is fresh together.
func (m *measure) value() (time.Duration, bool) {
	if time.Now().UnixMilli() < m.before {
		return m.pace, true
	}
	both := m.known.plus(m.fresh)
	d, ok := both.value()
	if ok {
		m.pace, m.before = d, both.gone()
	}
	return d, ok
}

// A move is a session that is not where it belongs.
type move struct {
	Path  string `json:"p"`
	At    int64  `json:"t"` // Unix milliseconds
	Until int64  `json:"u"`
	fresh bool
}

// lock begins a use of the scope.
func (s *Scope) lock() {
	s.mu.Lock()
	s.used.Store(s.board.clock.Add(1))
}

// unlock ends a use, and has the board make room for what has been added.
func (s *Scope) unlock() {
	if s.dropped.Load() {
		s.empty()
	}
	total := s.count()
	s.mu.Unlock()
	if total > maxEntries {
		s.board.makeRoom()
	}
}

// count tells the board how many entries there are, and returns those of all
// scopes. The lock is held.
func (s *Scope) count() int64 {
	n := s.targets.order.Len() + s.keys.order.Len() + s.averages.order.Len() + s.sessions.order.Len() + len(s.told)
	grown := n - s.size
	s.size = n
	return s.board.entries.Add(int64(grown))
}

func (s *Scope) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped.Store(true)
	s.empty()
	s.count()
}

// Dropped reports whether the board has dropped the scope to make room. It
// keeps nothing from then on; [Board.Scope] has another one for its place.
func (s *Scope) Dropped() bool { return s.dropped.Load() }

func (s *Scope) empty() {
	s.targets, s.keys = newRecent[key, *breaker.Circuit](maxTargets), newRecent[key, *breaker.Circuit](maxKeys)
	s.averages, s.sessions = newRecent[key, *measure](maxAverages), newRecent[string, move](maxSessions)
	s.told = nil
}

func newScope(b *Board, at driver.Key) *Scope {
	s := &Scope{board: b, at: at}
	s.empty()
	return s
}

// A Target is one to which calls are made with one credential.
type Target struct {
	Path       string // in the config
	Credential string // a digest of it; not empty
	Policy     breaker.Policy
}

// Benched reports whether calls are to be kept away from a target, because of
// itself or of the credential. Asking changes nothing.
func (s *Scope) Benched(t Target) bool {
	s.lock()
	defer s.unlock()
	own, of := s.find(&s.targets, key{path: t.Path}, t.Policy), s.find(&s.keys, key{t.Path, t.Credential}, t.Policy)
	return own != nil && own.Benched() || of != nil && of.Benched()
}

// find returns a circuit, nil if there is none here or in the shared record.
func (s *Scope) find(in *recent[key, *breaker.Circuit], k key, p breaker.Policy) *breaker.Circuit {
	c, ok := in.get(k)
	if ok || len(s.told) == 0 {
		return c
	}
	if state, known := s.told[k.String()]; known {
		c = breaker.New(p)
		c.Learn(state, breaker.State{})
		in.put(k, c)
	}
	return c
}

func (s *Scope) circuit(in *recent[key, *breaker.Circuit], k key, p breaker.Policy) *breaker.Circuit {
	c := s.find(in, k, p)
	if c == nil {
		c = breaker.New(p)
		in.put(k, c)
	}
	return c
}

// An Attempt is a call on its way through a target's circuits.
type Attempt struct {
	scope               *Scope
	target              Target
	own, key            *breaker.Circuit
	throughOwn, through breaker.Pass
}

// Begin notes that a call is made.
func (s *Scope) Begin(t Target) *Attempt {
	s.lock()
	defer s.unlock()
	a := &Attempt{scope: s, target: t, own: s.circuit(&s.targets, key{path: t.Path}, t.Policy), key: s.circuit(&s.keys, key{t.Path, t.Credential}, t.Policy)}
	a.throughOwn, a.through = a.own.Begin(), a.key.Begin()
	return a
}

// End takes the outcome of the call: nil is a success.
func (a *Attempt) End(ctx context.Context, err error) {
	a.end(ctx, err, a.target.Policy.Blame(err))
}

// Void ends a call that says nothing of the target, whatever became of it.
func (a *Attempt) Void(ctx context.Context) { a.end(ctx, context.Canceled, breaker.Nobody) }

// Break takes the error with which an answer breaks off that has begun well.
func (a *Attempt) Break(ctx context.Context, err error) {
	if a.target.Policy.Blame(err) != breaker.Target {
		return
	}
	s := a.scope
	s.lock()
	defer s.unlock()
	if a.own.Break() {
		s.sharing.urgent = true
	}
	s.plan(ctx)
}

func (a *Attempt) end(ctx context.Context, err error, blame breaker.Blame) {
	own, key := breaker.Nothing, breaker.Nothing
	switch {
	case err == nil:
		own, key = breaker.Success, breaker.Success
	case blame == breaker.Target:
		own = breaker.Failure
	case blame == breaker.Credential:
		key = breaker.Failure
	}
	var floor time.Duration
	if e, ok := errors.AsType[*llm.Error](err); ok {
		floor = e.RetryAfter
	}
	s := a.scope
	s.lock()
	defer s.unlock()
	changed := a.own.End(a.throughOwn, own, floor)
	if a.key.End(a.through, key, floor) || changed {
		s.sharing.urgent = true
	}
	s.plan(ctx)
}

// Took notes how long a target took for a kind of call until its first
// content, or until a whole answer was there.
func (s *Scope) Took(ctx context.Context, path, kind string, d time.Duration) {
	s.lock()
	defer s.unlock()
	m := s.measure(key{path, kind})
	m.before = 0
	if m.fresh = m.fresh.plus(measured(d)); m.wanted {
		s.plan(ctx)
	}
}

// Pace returns how long a target has taken of late for a kind of call. It reports false if that
// is not known.
func (s *Scope) Pace(path, kind string) (time.Duration, bool) {
	s.lock()
	defer s.unlock()
	m := s.measure(key{path, kind})
	m.wanted = true
	return m.value()
}

func (s *Scope) measure(k key) *measure {
	m, ok := s.averages.get(k)
	if !ok {
		m = new(measure)
		s.averages.put(k, m)
	}
	return m
}

// Moved returns the path of the target to which a session has moved, empty if
// it is where it belongs.
func (s *Scope) Moved(session string) string {
	s.lock()
	defer s.unlock()
	m, ok := s.sessions.get(session)
	if !ok || m.Until <= time.Now().UnixMilli() {
		return ""
	}
	return m.Path
}

// Move notes that a session goes to a target where it does not belong, for so
// long.
func (s *Scope) Move(ctx context.Context, session, path string, ttl time.Duration) {
	now := time.Now()
	s.lock()
	defer s.unlock()
	s.sessions.put(session, move{path, now.UnixMilli(), now.Add(ttl).UnixMilli(), true})
	s.sharing.hasten()
	s.plan(ctx)
}
