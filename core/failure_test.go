package core

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sluice/core/llm"
)

func TestALostCallIsNoCanceledOne(t *testing.T) {
	t.Parallel()
	client, leave := context.WithCancel(t.Context())
	ctx, lose := WithLoss(client)
	inner, stop := context.WithCancel(ctx)
	defer stop()
	if Lost(inner) {
		t.Error("lost before anybody gave it up")
	}
	lose()
	if !Lost(ctx) || !Lost(inner) || Lost(client) {
		t.Error("the call that was given up is lost, and nothing else")
	}
	ctx, lose = WithLoss(client)
	leave()
	lose()
	if Lost(ctx) {
		t.Error("the client has gone first")
	}
}

func TestAPanicIsAnError(t *testing.T) {
	t.Parallel()
	_, err := Shielded(t.Context(), HandlerFunc(func(context.Context, *Call) (*Reply, error) { panic("a bug") }), nil)
	if err == nil || !strings.Contains(err.Error(), "a bug") || !strings.Contains(err.Error(), "failure_test.go") {
		t.Errorf("got %v", err)
	}
}

func TestTheLastAnswerOfATargetIsTheLostOne(t *testing.T) {
	t.Parallel()
	var trace Trace
	bill := &Bill{Usage: llm.Estimate(8, 0)}
	trace.Add(Attempt{Option: "a", Status: 200})
	trace.Add(Attempt{Option: "a", Status: 201})
	trace.Add(Attempt{Option: "a", Err: errors.New("failed")})
	trace.Add(Attempt{Option: "b", Status: 200})
	if !trace.Lose("a", bill) || trace.Lose("c", bill) {
		t.Error("an attempt at a answered, none at c")
	}
	for i, a := range trace.Attempts() {
		if want := i == 1; a.Lost != want || (a.Bill == bill) != want {
			t.Errorf("attempt %d: %+v", i, a)
		}
	}
}
