package route

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

// total bounds a node from its first attempt to the end of the answer, with
// all attempts and waits between.
type total struct {
	child
	limit time.Duration
}

// within puts a limit around a node; 0 is none.
func within(limit time.Duration, node child) child {
	if limit <= 0 {
		return node
	}
	return &total{node, limit}
}

// Handle gives the node a deadline, which holds until the reply is closed.
func (t *total) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, t.limit, &llm.Error{
		Kind: llm.Timeout, Status: http.StatusGatewayTimeout, Type: "timeout_error",
		Message: fmt.Sprintf("the answer was not complete within %s, the total of its config", t.limit),
	})
	reply, err := t.child.Handle(ctx, c)
	if err != nil {
		cancel()
		return nil, err
	}
	reply.OnClose(cancel)
	return reply, nil
}
