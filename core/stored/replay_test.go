package stored_test

import (
	"context"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/store/memstore"
	"sluice/core/stored"
)

// TestAStreamThatEndsWithoutAWordIsKept: a replay has no last event.
func TestAStreamThatEndsWithoutAWordIsKept(t *testing.T) {
	t.Parallel()
	s := &stored.Store{Table: memstore.New()}
	events := []llm.Event{
		{Kind: llm.EventPartStart, PartKind: llm.TextPart}, {Kind: llm.EventText, Text: "Hello."}, {Kind: llm.EventPartStop},
		{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop}},
	}
	h := core.HandlerFunc(func(context.Context, *core.Call) (*core.Reply, error) {
		return core.NewEvents(func(yield func(llm.Event, error) bool) {
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
		}), nil
	})
	x, err := s.Open(t.Context(), call("w", `{"model":"m","input":"Hi","stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := x.Around(h).Handle(t.Context(), x.Call)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	finishes := 0
	for e, err := range reply.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == llm.EventStart {
			id = e.ID
		}
		if e.Kind == llm.EventFinish {
			finishes++
		}
	}
	if body, err := read(t, s, "w", id); err != nil || !strings.Contains(string(body), "Hello.") || finishes != 1 {
		t.Errorf("kept %s, %v; it finished %d times", body, err, finishes)
	}
}
