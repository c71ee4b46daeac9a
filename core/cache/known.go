package cache

// A Known request is what its bytes were found to be: its key, and whether its
// answer may be kept at all. One takes about 100 bytes.
type Known struct {
	Key    Key
	Lasts  bool // nothing of it is kept: see [Lasting]
	Opaque bool // it cannot be read, and the target is to say so
}

// Know returns what a request is whose bytes, and all that decides what they
// mean, have the key raw. If that is not known, read says. So requests that
// come again need not be read again.
func (c *Cache) Know(raw Key, read func() Known) Known { return c.known.Of(raw, read) }
