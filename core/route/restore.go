package route

import (
	"context"

	"sluice/core"
	"sluice/core/guard"
)

// restores puts back in answers what input hooks have taken out of requests.
// It stands around everything that a config makes, so that a stream that goes
// on elsewhere goes on from placeholders, and whatever is kept of an answer
// further in (by a cache, for a race) has placeholders only.
func restores(next core.Handler) core.Handler {
	return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		reply, err := next.Handle(ctx, c)
		if err == nil {
			guard.PutBack(c, reply)
		}
		return reply, err
	})
}
