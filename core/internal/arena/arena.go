// Package arena is memory for many short pieces of bytes that are done with
// together, such as what one commit writes: as pieces of their own they would
// be work for the collector, one by one.
package arena

import "sync"

// Sizes in bytes.
const (
	blockSize = 256 << 10
	maxPiece  = blockSize / 8 // what is longer is memory of its own, so that little of a block is lost at its end
	maxKept   = 32            // blocks that a freed arena keeps for the next
)

// An Arena is not for several goroutines at once. Its zero value is empty.
type Arena struct {
	blocks [][]byte // those in use are full, but for the last of them
	used   int      // blocks that are in use
}

var arenas = sync.Pool{New: func() any { return new(Arena) }}

// New returns an empty arena, which may have the memory of one that was freed.
func New() *Arena { return arenas.Get().(*Arena) }

// Free ends all that the arena has made: others will be where it is.
func (a *Arena) Free() {
	a.reset()
	arenas.Put(a)
}

func (a *Arena) reset() {
	for i := range a.blocks {
		a.blocks[i] = a.blocks[i][:0]
	}
	if len(a.blocks) > maxKept {
		clear(a.blocks[maxKept:])
		a.blocks = a.blocks[:maxKept]
	}
	a.used = 0
}

// Make returns an empty slice with room for n bytes and no more, which lasts
// until the arena is freed. That of no arena lasts as any other.
func (a *Arena) Make(n int) []byte {
	if a == nil || n > maxPiece {
		return make([]byte, 0, n)
	}
	if a.used == 0 || cap(a.blocks[a.used-1])-len(a.blocks[a.used-1]) < n {
		a.next()
	}
	b := &a.blocks[a.used-1]
	from := len(*b)
	*b = (*b)[:from+n]
	return (*b)[from : from : from+n]
}

// next takes a block that is empty into use.
func (a *Arena) next() {
	if a.used == len(a.blocks) {
		a.blocks = append(a.blocks, make([]byte, 0, blockSize))
	}
	a.used++
}

// Clone returns a copy of data, which lasts until the arena is freed.
func (a *Arena) Clone(data []byte) []byte { return append(a.Make(len(data)), data...) }
