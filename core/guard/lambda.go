package guard

import (
	"context"
	"errors"
	"regexp"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

func init() { add(Spec{ID: "default.lambda", New: newLambda}) }

// lambda lets a Lambda function judge. It is sent what a webhook is sent, and
// answers as one. It is called with the gateway's credentials, so that the
// operator has to allow it: see [Env.MayInvoke].
type lambda struct {
	arn     string
	timeout time.Duration
	invoke  func(ctx context.Context, arn string, payload []byte) ([]byte, error)
}

var functionARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]{1,128})?$`)

func newLambda(p *Params, e Env) Check {
	l := &lambda{requiredText(p, "functionArn"), p.Timeout(3 * time.Second), e.Invoke}
	switch {
	case l.arn == "":
	case !functionARN.MatchString(l.arn):
		p.Fail("functionArn", "Must be the ARN of a Lambda function")
	case l.invoke == nil:
		p.Fail("functionArn", "This gateway has no credentials of AWS")
	case e.MayInvoke == nil || !e.MayInvoke(l.arn):
		p.Fail("functionArn", "The operator of this gateway does not let checks call this function: it is not in SLUICE_GUARDRAIL_FUNCTIONS")
	}
	return l
}

// Replaces reports true: nobody knows what the function will answer.
func (l *lambda) Replaces() bool { return true }

func (l *lambda) Check(ctx context.Context, in *Input) (Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	body := tell(in)
	body.EventType = in.Event
	answer, err := l.invoke(ctx, l.arn, json.ValueOf(body))
	switch {
	case errors.Is(err, context.DeadlineExceeded), ctx.Err() == context.DeadlineExceeded:
		answer, err = nil, unanswered(ctx, context.DeadlineExceeded, l.timeout)
	case err != nil:
		answer, err = nil, uncalled(err)
	case len(answer) > MaxAnswer:
		answer, err = nil, &Error{"Error", "the answer is too long"}
	}
	data := webhookData{FunctionARN: l.arn}
	data.RequestContext.Timeout = l.timeout.Milliseconds()
	return data.verdict(in, "Function", answer, err)
}

// uncalled is why a function gave no answer. Errors of strangers are not
// quoted: what AWS says may name accounts and roles.
func uncalled(err error) error {
	if own, ok := errors.AsType[*llm.Error](err); ok {
		return &Error{"Error", own.Message}
	}
	return &Error{"Error", "the function could not be called, or failed"}
}
