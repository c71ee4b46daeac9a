package route

import (
	"context"
	"errors"
	"slices"
	"strings"

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
	targets := f.targets
	if c.Operation == llm.Embed {
		targets = sameVectors(targets, c)
	}
	for i, t := range targets {
		reply, err := t.Handle(ctx, c)
		if i == len(targets)-1 || c.Once() || ctx.Err() != nil || !f.moveOn(reply, err) {
			return reply, err
		}
		if reply != nil {
			reply.Close()
		}
	}
	return nil, llm.Errorf(llm.Internal, "a fallback without targets")
}

// sameVectors leaves out the targets that would embed by another model than
// the first one: its vectors are no neighbours of those that the client has,
// and nothing in the answer would tell.
func sameVectors(targets []core.Handler, c *core.Call) []core.Handler {
	return slices.DeleteFunc(slices.Clone(targets), func(t core.Handler) bool { return otherModel(targets[0], t, c) })
}

// otherModel reports whether two targets are known to ask different models.
func otherModel(a, b core.Handler, c *core.Call) bool {
	x, y := modelOf(a, c), modelOf(b, c)
	return x != "" && y != "" && x != y
}

// modelOf is the model that a target asks, without the name of its maker;
// empty if that is not known before.
func modelOf(t core.Handler, c *core.Call) string {
	l, ok := t.(*leaf)
	if !ok {
		return ""
	}
	model := l.model(c)
	return strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
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
