package upstream

import (
	"cmp"

	"sluice/core/llm"
)

// goOn readies a call for the rest of an answer, of a target that gives it.
func (x *exchange) goOn() error {
	if !x.call.Continues() {
		return nil
	}
	p, ok := x.target.Spec.Prefill(x.call.Model, x.target.Prefill)
	if !ok || x.endpoint.Codec == nil {
		return &llm.Error{Kind: llm.Unsupported, Message: x.call.Model + " is not known to go on from an answer that the request begins"}
	}
	x.prefill = p
	x.endpoint.Path = cmp.Or(p.Path, x.endpoint.Path)
	return nil
}
