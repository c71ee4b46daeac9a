package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/usage"
)

// TestADenialCanBeARefusal: CC-14. An agent reads a denial as what a model
// says, in its own dialect; the record says what it was.
func TestADenialCanBeARefusal(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		for event, guards := range map[string]string{
			"before": `"input_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["Say"]},"deny":true}]`,
			"after":  `"output_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["Apple"]},"deny":true}]`,
		} {
			t.Run(tt.name+" "+event, func(t *testing.T) {
				t.Parallel()
				kept := &books{}
				a := &guarded{texts: []string{"Apple"}}
				front, up := serve(t, gateway.Config{Sinks: []usage.Sink{kept}}, a.ServeHTTP)
				config := fmt.Sprintf(`{"provider":"groq","api_key":"k","custom_host":%q,%s}`, up.URL, guards)
				status, body := post(t, front, tt.path, tt.body, map[string]string{"X-Portkey-Config": config, "X-Sluice-Denial": "refusal"})
				if status != 200 || !strings.Contains(body, "guardrail checks defined in the config failed") || strings.Contains(body, "Apple") {
					t.Errorf("%d %s", status, body)
				}
				if ends := endsAsRefused(body); !ends {
					t.Errorf("it ends as any other answer does: %s", body)
				}
				if r := kept.one(t); r.Status != 446 || r.Error != "denied by a guardrail" {
					t.Errorf("the record says %d %s", r.Status, r.Error)
				}
			})
		}
	}
}

// endsAsRefused reports whether an answer names a reason that its dialect has
// for refusals.
func endsAsRefused(body string) bool {
	for _, reason := range []string{`"refusal"`, `"content_filter"`, `"SAFETY"`, `"PROHIBITED_CONTENT"`, `"content_filtered"`, `"guardrail_intervened"`, `"ERROR"`, `"OTHER"`} {
		if strings.Contains(body, reason) {
			return true
		}
	}
	return false
}
