package core

import (
	"testing"

	"sluice/core/llm"
)

// TestWhatCopiesOfACallShareIsMadeOnce, whatever their bodies, and nothing of it
// is another call's.
func TestWhatCopiesOfACallShareIsMadeOnce(t *testing.T) {
	t.Parallel()
	type key struct{}
	fresh := func() any { return new(int) }
	a, b, bare := new(Call).Prepare(), new(Call).Prepare(), new(Call)
	if a.Shared(key{}, nil) != nil || bare.Shared(key{}, nil) != nil {
		t.Error("there is something that nobody has made")
	}
	first := a.Shared(key{}, fresh)
	if a.WithBody([]byte("x")).Shared(key{}, fresh) != first || a.Attempt().Shared(key{}, nil) != first {
		t.Error("a copy has another")
	}
	if b.Shared(key{}, fresh) == first || bare.Shared(key{}, fresh) == bare.Shared(key{}, fresh) {
		t.Error("calls share something")
	}
}

// TestAnEditedAnswerIsEstimatedAsItCame: what it costs does not depend on what
// the client is told in its place.
func TestAnEditedAnswerIsEstimatedAsItCame(t *testing.T) {
	t.Parallel()
	r := NewBody(llm.OpenAIChat, nil, []byte("0123456789"))
	for range 2 {
		r.Say(&llm.Response{})
		if got := r.Passed(); got != 10 {
			t.Errorf("%d bytes have passed", got)
		}
	}
}
