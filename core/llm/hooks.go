package llm

import "sluice/core/internal/json"

// StatusDenied is the status of a request or an answer that a guardrail denies.
const StatusDenied = 446

// StatusHooksFailed is the status of an answer although a guardrail has failed:
// one that does not deny.
const StatusHooksFailed = 246

// Hooks are what guardrails have found about a request and its answer: arrays
// of results in the reference's form. Nil: none has run.
type Hooks struct{ Before, After json.Value }

// Value is what clients are told in the member hook_results.
func (h *Hooks) Value() json.Value {
	return json.Object{
		json.Named("before_request_hooks", h.list(h.Before)), json.Named("after_request_hooks", h.list(h.After)),
	}.Value()
}

func (*Hooks) list(v json.Value) json.Value {
	if v == nil {
		return json.Value("[]")
	}
	return v
}
