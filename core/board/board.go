// Package board remembers what routing has learnt from earlier requests: which
// targets are kept free of calls (their circuits), how long they take until
// their first content, and where sessions went that could not stay where they
// belonged.
//
// # Scopes
//
// What was learnt under one config, by one workspace, at one host is a
// [Scope], and nobody else sees it. Targets are known in it by their path in
// the config. Nothing in here is a secret or a name of anybody: configs,
// credentials and sessions come as hashes.
//
// # One process, or many
//
// Everything is in memory, and bounded. With a [driver.Table] processes share
// it, one record for each scope. A call never waits for that: the record is
// read and written when a response has gone out, in the after-hooks of
// [core.RunAfter], since nothing runs later in a process on Lambda. That is
// done when the process's copy is older than [MaxAge], at once when a circuit
// has opened or closed, and soon when a session has moved. Two round trips are
// made then, and one if there is nothing to tell: targets that are well have no
// news where circuits open at a number of failures, and averages are told twice
// a minute.
//
// So a process knows what others have learnt from its second request on, up to
// MaxAge late, and while the store is away it goes by what it has seen itself.
// A probe is let through by each process that does not know yet of another's.
// What processes tell adds up in any order. When two write at once the second
// keeps its news for later. A write that has been made although it seemed to
// fail counts twice; counts fade within [breaker.Window].
package board

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync"
	"sync/atomic"

	"sluice/core/store/driver"
)

// Limits of memory, in entries. Those that were used last are kept.
const (
	maxScopes   = 1024 // as many as there are compiled configs
	maxTargets  = 256  // circuits, in a scope
	maxKeys     = 256  // circuits of credentials, in a scope
	maxAverages = 512  // in a scope
	maxSessions = 256  // in a scope; only those that have moved are in it

	// maxEntries is how many there are in all scopes together, with what was
	// last read of their records: some 10 MB. All scopes full would be 250.
	maxEntries = 32 << 10
)

// A Board has the scopes of a process. It is safe for concurrent use.
type Board struct {
	table driver.Table
	log   *slog.Logger
	away  atomic.Bool // the table, when it was last asked

	entries atomic.Int64 // in all scopes
	clock   atomic.Int64 // counts uses of scopes

	mu     sync.Mutex // is locked before that of a scope
	scopes recent[id, *Scope]
}

type id [sha256.Size]byte

// New returns an empty board. table may be nil: then nothing is shared. log
// may be nil, too.
func New(table driver.Table, log *slog.Logger) *Board {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Board{table: table, log: log, scopes: newRecent[id, *Scope](maxScopes)}
}

// A Place is where something was learnt.
type Place struct {
	Config    [sha256.Size]byte // hash of the config's text
	Workspace string
	Host      string // the custom host that the client's headers name, if any
}

func (p Place) id() id {
	b := make([]byte, 0, 256)
	b = append(b, p.Config[:]...)
	b = append(b, p.Workspace...)
	b = append(b, 0)
	b = append(b, p.Host...)
	return sha256.Sum256(b)
}

// Scope returns what was learnt at a place.
func (b *Board) Scope(p Place) *Scope {
	k := p.id()
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.scopes.get(k)
	if !ok {
		if b.scopes.order.Len() == maxScopes {
			b.dropOldest()
		}
		s = newScope(b, driver.Key{Part: "BOARD#" + hex.EncodeToString(k[:])})
		b.scopes.put(k, s)
	}
	s.used.Store(b.clock.Add(1))
	return s
}

// makeRoom drops the scopes that were used least recently, until the others
// are small enough together.
func (b *Board) makeRoom() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.entries.Load() > maxEntries && b.scopes.order.Len() > 1 {
		b.dropOldest()
	}
}

// dropOldest drops the scope that was used least recently. Scopes are used
// without asking for them again, so that their own clocks say which it is.
func (b *Board) dropOldest() {
	var oldest *Scope
	var at id
	for k, s := range b.scopes.all() {
		if oldest == nil || s.used.Load() < oldest.used.Load() {
			oldest, at = s, k
		}
	}
	b.scopes.remove(at)
	oldest.drop()
}
