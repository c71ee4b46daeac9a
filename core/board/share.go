package board

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"sluice/core"
	"sluice/core/breaker"
	"sluice/core/store/driver"
)

// MaxAge is how old a process's copy of the shared record may be before it
// looks again, up to half as much more so that processes do not meet.
const MaxAge = 5 * time.Second

// patience bounds the round trips of one hook: on Lambda they are paid for.
const patience = 2 * time.Second

// moveAge is the same for sessions that have moved: many do at once when a
// target goes, each with its next request.
const moveAge = time.Second

// averageAge is how long averages wait to be told, if there is nothing else:
// they change with every call.
const averageAge = 30 * time.Second

// maxPause is the longest time between two attempts to reach a store that is
// away.
const maxPause = 2 * time.Minute

// tries is how often news that matter to others are written at once when
// other processes write, too.
const tries = 4

// sharing is when the record was read and will be again.
type sharing struct {
	last   time.Time // when it was read
	told   time.Time // when it was written
	next   time.Time // not before; zero: at once
	urgent bool      // there is news that others should have at once
	fails  int       // in a row
	busy   bool
}

func (s *sharing) due() bool {
	return !s.busy && (!time.Now().Before(s.next) || s.urgent && s.fails == 0)
}

// now is by the clock of the wall: the monotonic one stands still while a
// Lambda environment is frozen, and what was read would seem young for ever.
func now() time.Time { return time.Now().Round(0) }

// hasten has the record read soon.
func (s *sharing) hasten() {
	if soon := s.last.Add(moveAge); s.fails == 0 && soon.Before(s.next) {
		s.next = soon
	}
}

// plan has the record read and written when the response has gone out, if it
// is time. The lock is held.
func (s *Scope) plan(ctx context.Context) {
	if s.board.table != nil && s.sharing.due() {
		core.RunAfter(ctx, s.share)
	}
}

// share reads the record, and writes it if there is news. Of several calls
// that have planned it the first does.
func (s *Scope) share(ctx context.Context) {
	s.mu.Lock()
	if !s.sharing.due() {
		s.mu.Unlock()
		return
	}
	urgent := s.sharing.urgent
	s.sharing.busy, s.sharing.urgent = true, false
	s.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := errUnfinished
	defer func() { s.shared(err, urgent) }()
	err = s.exchange(ctx)
	for n := 1; urgent && n < tries && errors.Is(err, driver.ErrConflict); n++ {
		time.Sleep(rand.N(20 * time.Millisecond << n))
		err = s.exchange(ctx)
	}
}

// errUnfinished is what is known of an exchange that panics.
var errUnfinished = errors.New("the exchange with the store did not end")

// exchange tells what is new here and learns what is new elsewhere, and once
// more if both together have opened a circuit.
func (s *Scope) exchange(ctx context.Context) error {
	opened, err := s.exchangeOnce(ctx)
	if opened {
		_, err = s.exchangeOnce(ctx)
	}
	return err
}

func (s *Scope) exchangeOnce(ctx context.Context) (changed bool, err error) {
	stored, err := s.board.table.Get(ctx, s.at)
	if errors.Is(err, driver.ErrNotFound) {
		stored, err = driver.Record{Key: s.at, Version: driver.Absent}, nil
	}
	if err != nil {
		return false, err
	}
	all, news := parse(stored.Data), s.news()
	if news.empty() {
		return s.learn(all, news), nil
	}
	told := merge(all, news)
	if stored.Data, err = told.encode(); err != nil {
		return false, err
	}
	stored.Expires = told.expires()
	if _, err = s.board.table.Put(ctx, stored); err != nil {
		s.learn(all, record{})
		return false, err
	}
	return s.learn(told, news), nil
}

// shared plans the next time, and tells the log when the store goes and comes.
func (s *Scope) shared(err error, urgent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sharing.busy = false
	pause := MaxAge
	switch {
	case err == nil:
		s.sharing.fails = 0
	case errors.Is(err, driver.ErrConflict):
		s.sharing.urgent = s.sharing.urgent || urgent
		fallthrough
	default:
		pause = min(MaxAge<<min(s.sharing.fails, 10), maxPause)
		s.sharing.fails++
	}
	s.sharing.last = now()
	s.sharing.next = s.sharing.last.Add(pause + rand.N(pause/2))
	s.board.report(err)
}

func (b *Board) report(err error) {
	away := err != nil && !errors.Is(err, driver.ErrConflict)
	switch before := b.away.Swap(away); {
	case away && !before:
		b.log.Warn("what routing learns is not shared with other processes", "error", err)
	case before && !away:
		b.log.Info("what routing learns is shared with other processes again")
	}
}

// news is what others have not been told.
func (s *Scope) news() record {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := newRecord()
	for _, circuits := range []*recent[key, *breaker.Circuit]{&s.targets, &s.keys} {
		for k, c := range circuits.all() {
			if n := c.News().Recent(); !n.Idle() && !n.In(s.told[k.String()]) {
				r.Circuits[k.String()] = n
			}
		}
	}
	for k, m := range s.sessions.all() {
		if m.fresh {
			m.fresh = false
			r.Sessions[k] = m
		}
	}
	if r.empty() && time.Since(s.sharing.told) < averageAge {
		return r
	}
	for k, m := range s.averages.all() {
		if m.wanted && m.fresh.Weight > 0 {
			r.Averages[k.String()] = m.fresh
		}
	}
	return r
}

// learn takes what everybody knows, in which news are included. It reports
// whether a circuit has opened or closed here that others do not know of.
func (s *Scope) learn(all, news record) (changed bool) {
	s.lock()
	defer s.unlock()
	if !news.empty() {
		s.sharing.told = now()
	}
	s.told = all.Circuits
	for _, circuits := range []*recent[key, *breaker.Circuit]{&s.targets, &s.keys} {
		for k, c := range circuits.all() {
			name := k.String()
			c.Learn(all.Circuits[name], news.Circuits[name])
			n := c.News().Recent()
			changed = changed || !n.Idle() && n.Changed > all.Circuits[name].Changed
		}
	}
	for k, a := range all.Averages {
		m := s.measure(parseKey(k))
		m.known, m.fresh, m.before = a, m.fresh.minus(news.Averages[k]), 0
	}
	for k, m := range all.Sessions {
		if own, ok := s.sessions.get(k); !ok || later(m, own) >= 0 {
			s.sessions.put(k, m)
		}
	}
	return changed
}
