package api

import (
	"net/http"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// withHooks adds to an answer or an error what guardrails have found, in every
// dialect under the reference's name. All else keeps its bytes.
func withHooks(body []byte, h *llm.Hooks) []byte {
	if h == nil {
		return body
	}
	out, err := json.Splice(body, json.Edit{Name: "hook_results", Value: h.Value()})
	if err != nil {
		return body // it is no object: there is no place for it
	}
	return out
}

// streamStatus is the status of a stream; reply is nil if nobody has answered
// yet.
func streamStatus(reply *core.Reply) int {
	if reply != nil && reply.Status == llm.StatusHooksFailed {
		return reply.Status
	}
	return http.StatusOK
}

// tellHooks begins a stream with what the input hooks have found, as the
// reference does for clients that want more than OpenAI has. Dialects whose
// clients know only their own events have no place for it.
func (s *stream) tellHooks(reply *core.Reply) {
	d := s.call.Dialect
	if reply.Strict || reply.Hooks == nil || reply.Hooks.Before == nil || !d.Completes() && d != llm.OpenAIMixed && d != llm.Anthropic {
		return
	}
	event := ""
	if d == llm.Anthropic {
		event = "hook_results"
	}
	results := json.Object{json.Named("before_request_hooks", reply.Hooks.Before)}.Value()
	_ = s.write(frame.AppendSSE(nil, event, json.Object{json.Named("hook_results", results)}.Value()))
}
