package guard_test

import (
	"net/http"
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

// Errors in results have the reference's names.
func TestResultsNameErrors(t *testing.T) {
	t.Parallel()
	down, _ := replying(503, "{}")
	late := answering(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for _, tt := range []struct {
		env          guard.Env
		check, value string
		name, text   string
	}{
		{down, "default.webhook", `{"webhookURL":"https://h/x"}`, "HttpError", "HTTP error! status: 503"},
		{down, "default.log", `{"logURL":"https://h/x"}`, "HttpError", "HTTP error! status: 503"},
		{late, "default.webhook", `{"webhookURL":"https://h/x","timeout":20}`, "TimeoutError", "Request timed out after 20ms"},
		{guard.Env{}, "default.wordCount", `{}`, "Error", "request or response text is empty"},
	} {
		p := guard.Parser{Library: guard.NewLibrary(), Env: tt.env, Fault: func(path []string, message string) { t.Errorf("%v: %s", path, message) }}
		hooks := p.Hooks("output_guardrails", json.Value(`[{"`+tt.check+`":`+tt.value+`}]`), nil)
		o := guard.Run(t.Context(), hooks, said(""))
		if got := o.Results[0].Checks[0].Error; got == nil || got.Name != tt.name || got.Message != tt.text {
			t.Errorf("%s: %+v", tt.check, got)
		}
	}
}
