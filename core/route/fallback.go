package route

import (
	"context"
	"errors"
	"slices"

	"sluice/core"
	"sluice/core/llm"
)

// fallback tries targets in order. Without codes any failure moves on; with
// codes only those statuses do, of failures and of good answers alike. The
// last target's answer is final.
type fallback struct {
	targets []core.Handler
	codes   []int
}

func (f *fallback) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	for i, t := range f.targets {
		reply, err := t.Handle(ctx, c)
		if i == len(f.targets)-1 || c.Once() || ctx.Err() != nil || !f.moveOn(reply, err) {
			return reply, err
		}
		if reply != nil {
			reply.Close()
		}
	}
	return nil, llm.Errorf(llm.Internal, "a fallback without targets")
}

func (f *fallback) moveOn(reply *core.Reply, err error) bool {
	if err == nil {
		return slices.Contains(f.codes, reply.Status)
	}
	e, ok := errors.AsType[*llm.Error](err)
	switch {
	case !ok:
		return true
	case e.Kind == llm.Canceled, e.Kind == llm.Invalid:
		return false // nobody else could do better
	}
	return f.codes == nil || slices.Contains(f.codes, e.HTTPStatus())
}
