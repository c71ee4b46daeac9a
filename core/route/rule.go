package route

import (
	"context"
	"errors"
	"slices"

	"sluice/core"
	"sluice/core/llm"
)

// A rule says which outcomes of a target move a call on to another one.
type rule struct {
	moves bool  // any do
	codes []int // nil: every failure does; else these statuses, of failures and of good answers alike
}

func (r rule) on(ctx context.Context, c *core.Call, reply *core.Reply, err error) bool {
	if !r.moves || c.Once() || c.Only || ctx.Err() != nil {
		return false
	}
	if errors.Is(err, core.ErrSpent) {
		return true // no failure of the target: what others have said counts
	}
	if err == nil {
		return slices.Contains(r.codes, reply.Status)
	}
	e, ok := errors.AsType[*llm.Error](err)
	switch {
	case !ok:
		return true
	case e.Kind == llm.Canceled, e.Kind == llm.Invalid:
		return false // nobody else could do better
	}
	return r.codes == nil || slices.Contains(r.codes, e.HTTPStatus())
}
