package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core/gateway"
	"sluice/core/upstream/awsx"
)

// judges are functions of the operator's: "judge", which knows poison, and
// "broken".
func judges(t *testing.T) *httptest.Server {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.HasSuffix(r.URL.Path, ":function:broken/invocations") {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorMessage":"stack of the operator's"}`)
			return
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=OPERATOR/") {
			http.Error(w, "unsigned", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `{"verdict":%t}`, !strings.Contains(string(body), "poison"))
	}))
	t.Cleanup(api.Close)
	return api
}

func operatorsFunctions(endpoint string, patterns ...string) gateway.Config {
	return gateway.Config{Bedrock: awsx.Config{
		DefaultCredentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "OPERATOR", SecretAccessKey: "s"}, nil
		}),
		LambdaEndpoint: endpoint, Functions: patterns,
	}}
}

func asks(function, side, more string) map[string]string {
	return map[string]string{"X-Portkey-Config": fmt.Sprintf(
		`{"provider":"echo",%q:[{"deny":true,"default.lambda":{"functionArn":"arn:aws:lambda:eu-west-1:123456789012:function:%s"}%s}]}`, side, function, more)}
}

func TestAFunctionOfTheOperatorDeniesThroughTheGateway(t *testing.T) {
	t.Parallel()
	front, _ := serve(t, operatorsFunctions(judges(t).URL, "arn:aws:lambda:*:123456789012:function:*"), func(http.ResponseWriter, *http.Request) {})
	for _, side := range []string{"input_guardrails", "output_guardrails"} {
		for _, tt := range []struct {
			text, function, more string
			status               int
			said                 string
		}{
			{"bread", "judge", "", 200, `"explanation":"Function request succeeded"`},
			{"poison", "judge", "", 446, `"verdict":false`},
			{"bread", "broken", "", 200, "the function has failed"},
			{"bread", "broken", `,"on_error":"deny"`, 446, `"verdict":false`},
		} {
			status, body := post(t, front, "/v1/chat/completions", strings.Replace(hello, "hi", tt.text, 1), asks(tt.function, side, tt.more))
			if status != tt.status || !strings.Contains(body, tt.said) || strings.Contains(body, "stack of") || strings.Contains(body, "OPERATOR") {
				t.Errorf("%s, %s: %s%s: %d %s", side, tt.text, tt.function, tt.more, status, body)
			}
		}
	}
}

func TestFunctionsThatTheOperatorDoesNotListAreRefused(t *testing.T) {
	t.Parallel()
	const listed = "arn:aws:lambda:eu-west-1:123456789012:function:judge"
	without := operatorsFunctions("", listed)
	without.Bedrock.DefaultCredentials = nil
	for name, tt := range map[string]struct {
		config gateway.Config
		why    string
	}{
		"nothing listed": {operatorsFunctions(""), "SLUICE_GUARDRAIL_FUNCTIONS"},
		"another listed": {operatorsFunctions("", listed), "SLUICE_GUARDRAIL_FUNCTIONS"},
		"no credentials": {without, "no credentials of AWS"},
	} {
		front, _ := serve(t, tt.config, func(http.ResponseWriter, *http.Request) {})
		headers := asks("admin", "input_guardrails", "")
		status, body := post(t, front, "/v1/chat/completions", hello, headers)
		if status != 400 || !strings.Contains(body, "input_guardrails,0,default.lambda,functionArn") || !strings.Contains(body, tt.why) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if _, err := gateway.New(operatorsFunctions("", "judge")); err == nil || !strings.Contains(err.Error(), "judge") {
		t.Errorf("a list that names no function: %v", err)
	}
}
