package route

import (
	"context"

	"sluice/core"
	"sluice/core/guard"
)

// restoring puts back in answers what input hooks have taken out of requests.
// It stands around everything that a config makes, so that a stream that goes
// on elsewhere goes on from placeholders, and whatever is kept of an answer
// further in, as by a cache, has placeholders only.
type restoring struct{ core.Handler }

// Handle answers the call.
func (r *restoring) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	reply, err := r.Handler.Handle(ctx, c)
	if err == nil {
		guard.PutBack(c, reply)
	}
	return reply, err
}
