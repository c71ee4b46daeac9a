// Package recent remembers what was found out lately, so that it need not be
// found out again.
package recent

import (
	"cmp"
	"sync"
)

// DefaultMost is how many values a generation has if nothing else is said.
const DefaultMost = 16 << 10

// A Map remembers values by their keys. It has two generations: when the young
// one is full it becomes the old one, and what is asked for moves on. So it
// holds no more than twice Most, and what is used often stays. It is safe for
// concurrent use; the zero value is ready.
type Map[K comparable, V any] struct {
	Most int // values of a generation; 0 means DefaultMost
	// Own makes a key that may be kept, of one that may be a small part of
	// something large, as a text from a header is. Nil: each may be kept.
	Own func(K) K

	mu         sync.Mutex
	young, old map[K]V
}

// Of returns the value of a key. If it is not known, find says; nothing keeps
// two callers from asking it at once.
func (m *Map[K, V]) Of(k K, find func() V) V {
	v, ok := m.get(k)
	if !ok {
		v = find()
		m.mu.Lock()
		m.add(k, v)
		m.mu.Unlock()
	}
	return v
}

func (m *Map[K, V]) get(k K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.young[k]
	if ok {
		return v, true
	}
	if v, ok = m.old[k]; ok {
		m.add(k, v)
	}
	return v, ok
}

// add puts a value into the young generation. mu is held.
func (m *Map[K, V]) add(k K, v V) {
	if m.young == nil || len(m.young) >= cmp.Or(m.Most, DefaultMost) {
		m.young, m.old = map[K]V{}, m.young
	}
	if m.Own != nil {
		k = m.Own(k)
	}
	m.young[k] = v
}
