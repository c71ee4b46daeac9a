package rollup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"sluice/core/store/driver"
)

// A set is which records of a second and a shard have been counted. All its
// pages but the last are full, and then stay as they are, so that the version
// of the last one stands for the whole set.
type set struct{ pages []*page }

// A page is a record of the table.
type page struct {
	version int64  // as it was read; 0: it is not there
	ids     []byte // members, one behind the other, in their order
	changed bool
}

// pageSize is how many members a page has at most. Each write of a page writes
// all of it: 12 kB.
const pageSize = 1024

func (p *page) full() bool { return len(p.ids) >= pageSize*memberSize }

// find is where an id is in the page, or would be.
func (p *page) find(id member) (at int, found bool) {
	n := len(p.ids) / memberSize
	i := sort.Search(n, func(i int) bool { return bytes.Compare(p.ids[i*memberSize:(i+1)*memberSize], id[:]) >= 0 })
	at = i * memberSize
	return at, i < n && bytes.Equal(p.ids[at:at+memberSize], id[:])
}

func (s *set) has(id member) bool {
	return slices.ContainsFunc(s.pages, func(p *page) bool {
		_, found := p.find(id)
		return found
	})
}

// add takes an id that the set does not have, and returns the page that has
// become another by that, nil if it was before.
func (s *set) add(id member) (n int, changed *page) {
	p := s.pages[len(s.pages)-1]
	if p.full() {
		p = &page{} // nobody begins one before this was full
		s.pages = append(s.pages, p)
	}
	at, _ := p.find(id)
	p.ids = slices.Insert(p.ids, at, id[:]...)
	if p.changed {
		return 0, nil
	}
	p.changed = true
	return len(s.pages) - 1, p
}

// grows reports whether one more id makes one more page change.
func (s *set) grows() bool {
	last := s.pages[len(s.pages)-1]
	return last.full() || !last.changed
}

// written takes note that the table has the set as it is.
func (s *set) written() {
	for _, p := range s.pages {
		if p.changed {
			p.version, p.changed = p.version+1, false
		}
	}
}

// size is about how much memory the set takes, in bytes.
func (s *set) size() (n int) {
	for _, p := range s.pages {
		n += 200 + cap(p.ids)
	}
	return n
}

// readSet reads the pages of a set, up to the first that is not full.
func (s *Sums) readSet(ctx context.Context, name setName) (*set, error) {
	var out set
	for {
		p, err := s.readPage(ctx, name.key(len(out.pages)))
		if err != nil {
			return nil, err
		}
		if out.pages = append(out.pages, p); !p.full() {
			return &out, nil
		}
	}
}

func (s *Sums) readPage(ctx context.Context, k driver.Key) (*page, error) {
	r, err := s.Table.Get(ctx, k)
	if errors.Is(err, driver.ErrNotFound) {
		return &page{}, nil
	}
	if err == nil && len(r.Data)%memberSize != 0 {
		err = fmt.Errorf("the marks %q %q cannot be read: they are %d bytes", k.Part, k.Sort, len(r.Data))
	}
	if err != nil {
		return nil, err
	}
	return &page{version: r.Version, ids: r.Data}, nil
}
