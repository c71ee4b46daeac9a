package bedrockinvoke

import (
	"net/http"
	"strconv"

	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// An exchange is one request and the reading of its answer.
type exchange struct {
	body    []byte
	dropped []string
	family  *envelope // nil until an answer shows it
	inner   dialect.Exchange
	header  http.Header // of the answer
}

func (x *exchange) Body() []byte        { return x.body }
func (x *exchange) Header() http.Header { return nil }
func (x *exchange) Dropped() []string   { return x.dropped }

// Heed keeps the headers of an answer: the families of plain text count
// tokens nowhere else.
func (x *exchange) Heed(h http.Header) { x.header = h }

// reader returns the family's own exchange for an answer that begins with v;
// none if nobody knows the form.
func (x *exchange) reader(v json.Value) (envelope, dialect.Exchange) {
	if x.family != nil {
		return *x.family, x.inner
	}
	family, known := familyOfAnswer(v)
	if !known {
		return family, nil
	}
	return family, family.codec.Raw(nil)
}

// DecodeResponse reads the answer of InvokeModel.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	_, inner := x.reader(body)
	if inner == nil {
		return nil, &llm.Error{Kind: llm.Upstream, Message: "its answer is of no family of models that is known here"}
	}
	r, err := inner.DecodeResponse(finished(body))
	if err != nil {
		return nil, err
	}
	if r.Usage == nil {
		r.Usage = x.counted()
	}
	if intervened(body) {
		for i := range r.Choices {
			r.Choices[i].Finish = filtered
		}
	}
	return r, nil
}

// counted reads the counts in the headers; nil if there are none.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html
func (x *exchange) counted() *llm.Usage {
	in, inErr := strconv.ParseInt(x.header.Get("X-Amzn-Bedrock-Input-Token-Count"), 10, 64)
	out, outErr := strconv.ParseInt(x.header.Get("X-Amzn-Bedrock-Output-Token-Count"), 10, 64)
	if inErr != nil || outErr != nil {
		return nil
	}
	return &llm.Usage{Input: in, Output: out}
}

// DecodeError reads an answer that is not a success: AWS's own.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return bedrock.Codec{}.Raw(nil).DecodeError(status, h, body)
}

// finished gives Mistral's choices the name that chat has for why they ended.
func finished(body []byte) []byte {
	if json.Lookup(body, "choices", "0", "stop_reason") == nil {
		return body
	}
	out, err := json.Rewrite(body, []string{"choices", "*"}, func(choice json.Value) json.Value {
		reason := json.Lookup(choice, "stop_reason")
		if reason == nil || json.Lookup(choice, "finish_reason") != nil {
			return choice
		}
		with, err := json.Splice(choice, json.Edit{Name: "stop_reason"}, json.Edit{Name: "finish_reason", Value: reason})
		if err != nil {
			return choice
		}
		return with
	})
	if err != nil {
		return body
	}
	return out
}
