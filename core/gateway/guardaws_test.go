package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/upstream/awsx"
)

// amazonPlayed answers for AWS.
type amazonPlayed func(r *http.Request, body string) string

func (p amazonPlayed) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(p(r, string(body)))),
	}, nil
}

func TestAGuardrailOfBedrockDeniesThroughTheGateway(t *testing.T) {
	t.Parallel()
	asked := ""
	aws := amazonPlayed(func(r *http.Request, body string) string {
		asked = r.Method + " " + r.URL.String()
		if strings.Contains(body, "poison") {
			return `{"action":"GUARDRAIL_INTERVENED","outputs":[],"assessments":[]}`
		}
		return `{"action":"NONE","outputs":[],"assessments":[]}`
	})
	config := gateway.Config{Bedrock: awsx.Config{HTTPClient: &http.Client{Transport: aws}}}
	front, _ := serve(t, config, func(http.ResponseWriter, *http.Request) {})
	headers := map[string]string{"X-Portkey-Config": `{"provider":"echo","input_guardrails":[{"deny":true,"bedrock.guard":{"guardrailId":"g","guardrailVersion":"2",` +
		`"credentials":{"awsAccessKeyId":"AKIDEXAMPLE","awsSecretAccessKey":"s","awsRegion":"us-east-1"}}}]}`}
	for text, want := range map[string]int{"poison": 446, "bread": 200} {
		status, body := post(t, front, "/v1/chat/completions", strings.Replace(hello, "hi", text, 1), headers)
		if status != want || !strings.Contains(body, `"hook_results"`) || strings.Contains(body, `"error":{"name"`) {
			t.Errorf("%s: %d %s", text, status, body)
		}
	}
	if want := "POST https://bedrock-runtime.us-east-1.amazonaws.com/guardrail/g/version/2/apply"; asked != want {
		t.Errorf("AWS was asked %s, want %s", asked, want)
	}
}
