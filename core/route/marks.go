package route

// marks are a set of children, by their place. Its size is fixed, so that a
// request through many targets claims no more memory than one through few.
type marks [maxTargets/64 + 1]uint64

func (m *marks) add(i int) { m[i/64] |= 1 << (i % 64) }

func (m *marks) has(i int) bool { return m[i/64]&(1<<(i%64)) != 0 }
