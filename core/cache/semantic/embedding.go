package semantic

import (
	"context"
	"fmt"
	"sync"

	"sluice/core"
)

// An embedding is the vector of a text that somebody is asked for. All
// targets of a call that have the same text share it.
type embedding struct {
	start sync.Once
	done  chan struct{} // closed when there is a vector, or an error
	of    Vector
	err   error
}

// embeddingOf says which of a call's embeddings is meant.
type embeddingOf struct{ model, text string }

// embedding returns the one of a text, and has it made if nobody has yet.
// Nothing outlives the request: its after-hooks wait for it, so that its bill
// is in the record as well.
func (f *Finder) embedding(ctx context.Context, c *core.Call, text string) *embedding {
	e := c.Shared(embeddingOf{f.Model, text}, func() any { return &embedding{done: make(chan struct{})} }).(*embedding)
	e.start.Do(func() {
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), embedTime)
		core.RunAfter(ctx, func(after context.Context) {
			defer cancel()
			_, _ = e.wait(after)
		})
		go func() {
			defer cancel()
			e.of, e.err = f.embed(own, c, text)
			close(e.done)
		}()
	})
	return e
}

// embed asks for the vector of a text. A bug of a decoder must not end the
// process from here.
func (f *Finder) embed(ctx context.Context, c *core.Call, text string) (v Vector, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = core.Panicked(p)
		}
	}()
	numbers, err := f.Embedder.Embed(ctx, c, text)
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return Unit(numbers)
}

// wait returns the vector, or why there is none.
func (e *embedding) wait(ctx context.Context) (Vector, error) {
	select {
	case <-e.done:
		return e.of, e.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
