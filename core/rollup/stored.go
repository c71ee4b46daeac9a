package rollup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
)

// stored is a cell as the table has it.
type stored struct {
	Cell
	Value   string `json:"value,omitzero"` // of the dimension
	key     driver.Key
	version int64
	expires time.Time
	counted []driver.Key // of a cell that is new: where it is counted
}

// A place names a cell.
type place struct {
	workspace string
	dim
	hour int64 // since 1970
}

// read returns a cell, nil if there is none.
func (s *Sums) read(ctx context.Context, k driver.Key) (*stored, error) {
	r, err := s.Table.Get(ctx, k)
	if errors.Is(err, driver.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(r)
}

func decode(r driver.Record) (*stored, error) {
	c := &stored{key: r.Key, version: r.Version}
	if err := json.Unmarshal(r.Data, c); err != nil {
		return nil, fmt.Errorf("the sum %q %q cannot be read: %w", r.Part, r.Sort, err)
	}
	return c, nil
}
