package cache

import (
	"container/list"
	"sync"
	"time"
)

// nodeSize is about how much memory an entry takes beside its answer.
const nodeSize = 512

// memory keeps the entries that were used last, as many as fit.
type memory struct {
	mu     sync.Mutex
	most   int64 // bytes
	size   int64
	places map[Key]*list.Element
	used   list.List // of *node: the last used in front
}

type node struct {
	key     Key
	entry   *Entry
	size    int64
	expires time.Time
}

func newMemory(most int64) *memory { return &memory{most: most, places: map[Key]*list.Element{}} }

func (m *memory) get(k Key, now time.Time) *Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.places[k]
	if at == nil {
		return nil
	}
	n := at.Value.(*node)
	if !now.Before(n.expires) {
		m.remove(at)
		return nil
	}
	m.used.MoveToFront(at)
	return n.entry
}

func (m *memory) put(k Key, e *Entry, size int64, expires time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at := m.places[k]; at != nil {
		m.remove(at)
	}
	if size += nodeSize; size > m.most {
		return
	}
	m.places[k] = m.used.PushFront(&node{k, e, size, expires})
	for m.size += size; m.size > m.most; {
		m.remove(m.used.Back())
	}
}

func (m *memory) remove(at *list.Element) {
	n := m.used.Remove(at).(*node)
	delete(m.places, n.key)
	m.size -= n.size
}
