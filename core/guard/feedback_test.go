package guard_test

import (
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

func TestFeedbackIsAnObject(t *testing.T) {
	t.Parallel()
	p := guard.Parser{Library: guard.NewLibrary(), Fault: func(path []string, message string) { t.Errorf("%v: %s", path, message) }}
	hooks := p.Hooks("input_guardrails", json.Value(`[{"default.contains":{"words":["a"],"operator":"any"},
		"on_success":{"feedback":{"value":5,"weight":0.50,"metadata":{"team":"红"}}}}]`), nil)
	in := said("a")
	in.Event = guard.Before
	o := guard.Run(t.Context(), hooks, in)
	want := `{"value":5,"weight":0.50,"metadata":{"team":"红","successfulChecks":"default.contains","failedChecks":"","erroredChecks":""}}`
	if got := string(o.Results[0].Feedback); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
