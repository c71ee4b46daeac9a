package rollup

// known is what a process has written last, to save reading it again. Who takes
// something has it alone, and gives it back when the table has it as it is; what
// is lost with an error is read anew. What others write meanwhile is not seen
// here: versions tell, when it is written.
type known struct {
	cells map[place]*stored
	sets  map[setName]*set
	size  int // of sets, in bytes
}

// Bounds of what is remembered: cells are those of the hour that is, at most
// workspaces; sets are those of the last minutes of a busy server.
const (
	maxKnownCells = 4096
	maxKnownSets  = 4 << 20 // bytes
)

// takeCell returns a cell, nil if it is not known.
func (s *Sums) takeCell(p place) *stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.known.cells[p]
	delete(s.known.cells, p)
	return c
}

// takeSet returns a set, nil if it is not known.
func (s *Sums) takeSet(name setName) *set {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.known.sets[name]
	if x != nil {
		delete(s.known.sets, name)
		s.known.size -= x.size()
	}
	return x
}

// keepCells remembers cells. They are as the table has them.
func (s *Sums) keepCells(cells map[place]*stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known.cells == nil || len(s.known.cells)+len(cells) > maxKnownCells {
		s.known.cells = map[place]*stored{}
	}
	for p, c := range cells {
		s.known.cells[p] = c
	}
}

// keepSets remembers sets. They are as the table has them, or had them.
func (s *Sums) keepSets(sets map[setName]*set) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, x := range sets {
		if s.known.sets == nil || s.known.size+x.size() > maxKnownSets {
			s.known.sets, s.known.size = map[setName]*set{}, 0
		}
		if old := s.known.sets[name]; old != nil {
			s.known.size -= old.size()
		}
		s.known.sets[name] = x
		s.known.size += x.size()
	}
}
