package semantic

import (
	"context"
	"slices"
	"sync"
	"time"

	"sluice/core/cache"
)

// A row is a vector that is known, without its numbers.
type row struct {
	key     cache.Key
	added   int64 // milliseconds since 1970
	expires int64 // the same; what has passed is gone
}

// blockRows is how many vectors' codes lie in one piece of memory.
const blockRows = 512

// rowSize is about how much memory a vector takes beside its codes, in bytes.
const rowSize = 128

// partSize is about how much memory a part takes beside its vectors, in bytes.
const partSize = 1 << 10

// A part is what is known of one place. Its lock is never held while the table
// is read.
type part struct {
	place   Place
	reading chan struct{} // holds one value while somebody reads the table
	cursor  cursor        // of the reader
	counted int64         // bytes, as the Table counts them, with its lock

	mu     sync.RWMutex
	length int      // of its vectors; 0 as long as there are none
	blocks [][]int8 // codes of the rows, blockRows together
	rows   []row
	known  map[cache.Key]int // place in rows
	tidied time.Time         // when was last looked for what has expired
}

func newPart(p Place) *part {
	return &part{place: p, reading: make(chan struct{}, 1), known: map[cache.Key]int{}}
}

// size is about how much memory the part takes, in bytes.
func (p *part) size() int64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.bytes()
}

func (p *part) bytes() int64 { return partSize + int64(len(p.rows))*int64(p.length+rowSize) }

// full reports whether no more vectors fit into so many bytes.
func (p *part) full(most int64) bool { return p.size()+int64(p.length) > most }

// add makes a vector known. The latest one of a key counts. Vectors of another
// length than the first are not compared with anything.
func (p *part) add(r row, v Vector) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.length == 0 {
		p.length = len(v)
	}
	if len(v) != p.length {
		return
	}
	at, there := p.known[r.key]
	switch {
	case there && p.rows[at].added >= r.added:
		return
	case !there:
		at = len(p.rows)
		p.rows = append(p.rows, row{})
		p.known[r.key] = at
	}
	p.rows[at] = r
	p.code(at, v)
}

// code writes the codes of a row.
func (p *part) code(at int, v Vector) {
	b, from := p.block(at), at%blockRows*p.length
	if from < len(*b) {
		appendCodes((*b)[:from:len(*b)], v)
		return
	}
	*b = appendCodes(*b, v)
}

// block is where the codes of a row are. Only small parts have blocks that are
// not full.
func (p *part) block(at int) *[]int8 {
	n := at / blockRows
	if n == len(p.blocks) {
		p.blocks = append(p.blocks, nil)
		if n > 0 {
			p.blocks[n] = make([]int8, 0, blockRows*p.length)
		}
	}
	return &p.blocks[n]
}

// forget removes what the table does not have any more.
func (p *part) forget(r row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.known[r.key]; ok && p.rows[at].added == r.added {
		p.rows[at].expires = 0
	}
}

// near returns the vectors that may be near enough to v, the nearest first. It
// ends early, with what it has, when ctx does.
func (p *part) near(ctx context.Context, v Vector, least float64, now time.Time) (found []candidate) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if len(v) != p.length {
		return nil
	}
	codes, most, ms := appendCodes(nil, v), reach(len(v), least), now.UnixMilli()
	for n, b := range p.blocks {
		if ctx.Err() != nil {
			return found
		}
		for i := 0; len(b) > 0; i, b = i+1, b[p.length:] {
			far := distance(codes, b[:p.length], most)
			if far > most {
				continue
			}
			if r := p.rows[n*blockRows+i]; r.expires > ms {
				found, most = insert(found, candidate{r, far}, most)
			}
		}
	}
	return found
}

// tidyEvery is how often is looked for what has expired.
const tidyEvery = time.Minute

// shrink takes out what has expired and, if the part takes more than most
// bytes still, the older half.
func (p *part) shrink(most int64, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes() > most || now.Sub(p.tidied) > tidyEvery {
		p.tidied = now
		p.rebuild(func(r row) bool { return r.expires > now.UnixMilli() })
	}
	if p.bytes() > most {
		half := median(p.rows)
		p.rebuild(func(r row) bool { return r.added > half })
	}
}

// rebuild keeps some of the rows. Blocks are given up as they are read, so that
// there is never room for all of them twice.
func (p *part) rebuild(keep func(row) bool) {
	if !slices.ContainsFunc(p.rows, func(r row) bool { return !keep(r) }) {
		return
	}
	old, blocks := p.rows, p.blocks
	p.rows, p.blocks, p.known = nil, nil, map[cache.Key]int{}
	for i, r := range old {
		if i > 0 && i%blockRows == 0 {
			blocks[i/blockRows-1] = nil
		}
		if !keep(r) {
			continue
		}
		at := len(p.rows)
		b, from := p.block(at), i%blockRows*p.length
		*b = append(*b, blocks[i/blockRows][from:from+p.length]...)
		p.rows = append(p.rows, r)
		p.known[r.key] = at
	}
}

// median is when half of the rows had been added.
func median(rows []row) int64 {
	times := make([]int64, len(rows))
	for i, r := range rows {
		times[i] = r.added
	}
	slices.Sort(times)
	return times[len(times)/2]
}
