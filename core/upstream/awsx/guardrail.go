package awsx

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"sluice/core/guard"
	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/provider"
)

// ApplyGuardrail asks a guardrail about a text and returns its answer as it
// came. Another status than 2xx is an error that names it, and nothing else
// of the answer.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
func (t *Transport) ApplyGuardrail(ctx context.Context, g guard.GuardrailCall) ([]byte, error) {
	id, err := t.identify(provider.Settings{Options: g.Options}, true)
	if err != nil {
		return nil, err
	}
	c := &call{body: g.Body, http: t.http, output: &bedrockruntime.ApplyGuardrailOutput{}}
	_, err = t.clients.get(id, t.newClient).ApplyGuardrail(ctx, &bedrockruntime.ApplyGuardrailInput{
		GuardrailIdentifier: &g.ID, GuardrailVersion: &g.Version,
		Content: []types.GuardrailContentBlock{}, Source: types.GuardrailContentSourceInput, // for the SDK's own checks: the body is ours
	}, c.raw)
	if err != nil {
		return nil, classify(ctx, err)
	}
	return wholeAnswer(ctx, c.response)
}

// wholeAnswer reads what a check of AWS's has answered, without what the
// request was signed with.
func wholeAnswer(ctx context.Context, resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, guard.MaxAnswer+1))
	long := len(body) > guard.MaxAnswer
	if resp.Request != nil {
		body = redact.New(redact.OfHeader(resp.Request.Header)...).JSON(body)
	}
	switch status := resp.StatusCode; {
	case err != nil:
		return nil, classify(ctx, err)
	case status/100 != 2:
		return nil, &llm.Error{Kind: llm.Upstream, Status: status, Message: fmt.Sprintf("HTTP error! status: %d", status)}
	case long:
		return nil, &llm.Error{Kind: llm.Upstream, Message: fmt.Sprintf("the answer is longer than %d bytes", guard.MaxAnswer)}
	}
	return body, nil
}
