package cache

import "sync"

// A Known request is what its bytes were found to be: its key, and whether its
// answer may be kept at all.
type Known struct {
	Key    Key
	Lasts  bool // nothing of it is kept: see [Lasting]
	Opaque bool // it cannot be read, and the target is to say so
}

// known remembers what requests are by their bytes, so that those that come
// again need not be read again. There are two generations: when the young one
// is full it becomes the old one, and what is asked for moves on.
type known struct {
	mu         sync.Mutex
	young, old map[Key]Known
}

// mostKnown is how many requests a generation has. One takes about 100 bytes.
const mostKnown = 16 << 10

// Know returns what a request is whose bytes, and all that decides what they
// mean, have the key raw. If that is not known, read says.
func (c *Cache) Know(raw Key, read func() Known) Known {
	k, ok := c.known.get(raw)
	if !ok {
		k = read()
		c.known.put(raw, k)
	}
	return k
}

func (n *known) get(raw Key) (Known, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, ok := n.young[raw]
	if ok {
		return k, true
	}
	if k, ok = n.old[raw]; ok {
		n.add(raw, k)
	}
	return k, ok
}

func (n *known) put(raw Key, k Known) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.add(raw, k)
}

func (n *known) add(raw Key, k Known) {
	if n.young == nil || len(n.young) >= mostKnown {
		n.young, n.old = map[Key]Known{}, n.young
	}
	n.young[raw] = k
}
