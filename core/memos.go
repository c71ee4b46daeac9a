package core

import "sync"

// memos are what was made once, by what it is. Most requests have none, and
// none takes no memory.
type memos struct {
	mu   sync.Mutex
	made map[any]any
}

// of returns what make makes, which may be nil, and which callers at the same
// time may call more than once: the first result counts. If make is nil, only
// what is there is returned.
func (m *memos) of(key any, make func() any) any {
	m.mu.Lock()
	v, ok := m.made[key]
	m.mu.Unlock()
	if ok || make == nil {
		return v
	}
	v = make()
	m.mu.Lock()
	defer m.mu.Unlock()
	if first, ok := m.made[key]; ok {
		return first
	}
	if m.made == nil {
		m.made = map[any]any{}
	}
	m.made[key] = v
	return v
}
