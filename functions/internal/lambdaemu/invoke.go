package lambdaemu

import (
	"context"
	"fmt"
	"io"
)

// Invoke hands an event to the function as a stream, a queue or a call by hand
// does, without the URL, and returns the answer. A function that reports an
// error, dies or runs into its timeout is an error.
func (e *Emulator) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if len(event) > maxPayload {
		return nil, fmt.Errorf("the event has %d bytes, more than %d", len(event), maxPayload)
	}
	inv := newInvocation(newID(), event)
	defer inv.consume()
	a, err := e.ask(ctx, inv)
	if err != nil {
		return nil, fmt.Errorf("invoke: %w", err)
	}
	if a.body == nil {
		return nil, inv.failure()
	}
	answer, err := io.ReadAll(io.LimitReader(a.body, maxPayload))
	if err != nil {
		return nil, fmt.Errorf("the function did not end its answer: %w", err)
	}
	return answer, nil
}

// failure says what went wrong.
func (i *invocation) failure() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return fmt.Errorf("the function failed: %s %s", i.status, i.errorType)
}
