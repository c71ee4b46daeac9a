package rollup

import (
	"sync"
	"time"

	"sluice/core/usage"
)

// missed is what a consumer was told of, or not, and did not consume: records
// that came at an instant or later. They are found in the table.
type missed struct {
	some chan struct{} // has an element if there are some

	mu    sync.Mutex
	since time.Time
	any   bool
}

// add notes records.
func (m *missed) add(records ...*usage.Record) {
	for _, r := range records {
		if minted, ok := usage.TimeOf(r.ID); ok {
			m.from(minted)
		}
	}
}

// from notes everything from an instant on. The zero one stands for the
// checkpoint.
func (m *missed) from(at time.Time) {
	m.mu.Lock()
	if !m.any || at.Before(m.since) {
		m.since, m.any = at, true
	}
	m.mu.Unlock()
	select {
	case m.some <- struct{}{}:
	default:
	}
}

// take returns from when on records are to be looked for, and forgets it. It
// reports false if there are none.
func (m *missed) take() (since time.Time, any bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	since, any = m.since, m.any
	m.any = false
	return since, any
}
