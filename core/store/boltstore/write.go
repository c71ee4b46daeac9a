package boltstore

import (
	"cmp"
	"context"
	"time"

	"sluice/core/store/driver"
)

// Write implements [driver.Table].
func (t *Table) Write(ctx context.Context, ops []driver.Op) error {
	return t.WriteEach(ctx, [][]driver.Op{ops})[0]
}

// WriteEach does writes as Write does each of them, whatever becomes of the
// others, in their order and in one commit. It returns an error for each.
func (t *Table) WriteEach(ctx context.Context, writes [][]driver.Op) []error {
	errs := make([]error, len(writes))
	valid := 0
	for i, ops := range writes {
		if errs[i] = cmp.Or(ctx.Err(), driver.ValidOps(ops)); errs[i] == nil {
			valid++
		}
	}
	if valid == 0 {
		return errs
	}
	answers := make([]error, len(writes))
	err := t.commit(ctx, func(s space) (err error) {
		for i, ops := range writes {
			if errs[i] != nil {
				continue
			}
			if answers[i], err = s.write(ops); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range errs {
		errs[i] = cmp.Or(errs[i], err, answers[i])
	}
	return errs
}

// write does all of ops or, with an answer, nothing. An error is one of the
// file.
func (s space) write(ops []driver.Op) (answer, err error) {
	now := time.Now()
	old, next := make([]*driver.Record, len(ops)), make([]*driver.Record, len(ops))
	for i, op := range ops {
		if old[i], err = s.get(op.Key); err != nil {
			return nil, err
		}
		if next[i], answer = op.Apply(old[i], now); answer != nil {
			return &driver.OpError{Index: i, Err: answer}, nil
		}
	}
	for i, op := range ops {
		if err := s.replace(op.Key, old[i], next[i]); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
