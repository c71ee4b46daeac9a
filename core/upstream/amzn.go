package upstream

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sluice/core/llm"
)

// amznPrefix begins the headers in which a client of InvokeModel says what
// other dialects have in the body: its guardrail, its tier, its trace.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
const amznPrefix = "X-Amzn-Bedrock-"

// amznHeaders are those of the client's headers. A target of the same dialect
// is sent them; for any other one they are reported.
func (x *exchange) amznHeaders() http.Header {
	if x.call.Dialect != llm.InvokeModel {
		return nil
	}
	out := http.Header{}
	for name, values := range x.call.Header {
		if strings.HasPrefix(name, amznPrefix) {
			out[name] = values
		}
	}
	return out
}

// dropHeaders reports what the client said in headers to nobody.
func (x *exchange) dropHeaders() {
	var names []string
	for name := range x.amznHeaders() {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	x.dropped = append(x.dropped, names...)
}

// sign signs a request that is complete.
func (x *exchange) sign(ctx context.Context, r *http.Request) error {
	if x.call.Upload != nil {
		return llm.Errorf(llm.TooLarge, "%s takes no body that is too large to be held and signed", x.target.Spec.ID)
	}
	return x.client.Signer.Sign(ctx, r, x.target.Settings, x.target.Spec.Signed, x.body)
}
