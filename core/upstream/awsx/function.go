package awsx

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"sluice/core/llm"
)

// functions are ARNs of Lambda functions, in which * stands for any text.
var functions = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9*-]+:[0-9]{12}:function:[A-Za-z0-9_*-]+(:[A-Za-z0-9$_*-]+)?$`)

// CheckFunctions says which of the patterns of [Config.Functions] is none.
func CheckFunctions(patterns []string) error {
	for _, p := range patterns {
		if !functions.MatchString(p) {
			return fmt.Errorf("%q is not the ARN of a Lambda function", p)
		}
	}
	return nil
}

// MayInvoke reports whether the operator lets checks call a function. ARNs
// match as they do in policies of IAM: a name alone does not stand for its
// versions and aliases.
func (t *Transport) MayInvoke(arn string) bool {
	if !functions.MatchString(arn) || strings.Contains(arn, "*") {
		return false
	}
	for _, p := range t.config.Functions {
		like := strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, `.*`)
		if functions.MatchString(p) && regexp.MustCompile(`^`+like+`$`).MatchString(arn) {
			return true
		}
	}
	return false
}

// Invoke calls a Lambda function with the credentials of the process, waits
// for it, and returns its answer. Only functions are called that the operator
// lists: clients name them, and the process may be allowed more than they are.
// Errors name the status and nothing of the answer, which may hold the
// function's stack.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (t *Transport) Invoke(ctx context.Context, arn string, payload []byte) ([]byte, error) {
	if !t.MayInvoke(arn) {
		return nil, credential("the operator does not allow this function")
	}
	if t.config.DefaultCredentials == nil {
		return nil, credential("the gateway has no AWS credentials")
	}
	id := identity{region: strings.Split(arn, ":")[3], lent: true}
	path := "/2015-03-31/functions/" + strings.ReplaceAll(arn, ":", "%3A") + "/invocations"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.lambdaURL(id.region)+path, bytes.NewReader(payload))
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the URL of the function cannot be built")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	if err := t.sign(ctx, req, id, "lambda", payload); err != nil {
		return nil, classify(ctx, err)
	}
	resp, err := t.http.Do(req)
	if err != nil {
		return nil, unsent(ctx, err)
	}
	answer, err := wholeAnswer(ctx, resp)
	if err == nil && resp.Header.Get("X-Amz-Function-Error") != "" { // it comes with status 200
		return nil, &llm.Error{Kind: llm.Upstream, Message: "the function has failed"}
	}
	return answer, err
}

func (t *Transport) lambdaURL(region string) string {
	if t.config.LambdaEndpoint != "" {
		return t.config.LambdaEndpoint
	}
	return "https://lambda." + region + "." + domain(region)
}
