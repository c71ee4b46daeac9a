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
		return r.takes(reply.Status, false)
	}
	e, ok := errors.AsType[*llm.Error](err)
	switch {
	case !ok:
		return true
	case e.Kind == llm.Canceled, e.Kind == llm.Invalid:
		return false // nobody else could do better
	}
	return r.takes(e.HTTPStatus(), true)
}

// takes reports whether an outcome of a status moves a call on.
func (r rule) takes(status int, failure bool) bool {
	return r.moves && (failure && r.codes == nil || slices.Contains(r.codes, status))
}

// moving are the strategies that go to another target after a failure.
var moving = []string{"fallback", "latency", "cost", "hedge"}

// rule is when the strategy goes to another target.
func (s *Strategy) rule() rule {
	return rule{moves: slices.Contains(moving, s.Mode), codes: s.OnStatusCodes}
}
