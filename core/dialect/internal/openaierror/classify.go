package openaierror

import (
	"slices"
	"strings"

	"sluice/core/llm"
)

// A clue tells the kind of an error from what the provider says. Words are
// compared with its type and code, phrases are looked for in its message.
type clue struct {
	kind    llm.ErrorKind
	words   []string
	phrases []string
	status  func(int) bool // for phrases; a status of 0 is unknown
}

func client(s int) bool {
	return s == 0 || s >= 400 && s < 500 && s != 401 && s != 403 && s != 429
}
func busy(s int) bool { return s == 0 || s == 429 || s >= 500 }
func any4xx(s int) bool {
	return s == 0 || s >= 400 && s < 500
}

// clues are in the order in which they count: the wordings of one kind occur
// in errors of those before it.
var clues = []clue{
	{llm.Quota,
		[]string{"insufficient_quota", "billing_hard_limit_reached", "insufficient_user_quota", "insufficient_balance", "account_deactivated", "exceeded_current_quota_error", "usage_limit_reached"},
		[]string{"exceeded your current quota", "insufficient balance", "insufficient credits", "credit balance is too low", "out of credits", "arrearage"}, any4xx},
	{llm.RateLimited,
		[]string{"rate_limit_exceeded", "rate_limit_error", "rate_limit_reached_error", "rate_limited", "too_many_requests", "throttlingexception", "throttling", "requests", "tokens", "resource_exhausted"},
		[]string{"rate limit", "too many requests"}, func(s int) bool { return s == 0 || s == 429 }},
	{llm.Overloaded,
		[]string{"overloaded_error", "overloaded", "engine_overloaded", "engine_overloaded_error", "server_overloaded", "server_is_overloaded", "service_unavailable", "capacity_exceeded", "slow_down", "model_overloaded"},
		[]string{"overloaded", "over capacity", "at capacity", "no available capacity"}, busy},
	{llm.ContentFilter,
		[]string{"content_filter", "content_policy_violation", "content_moderation", "responsibleaipolicyviolation", "data_inspection_failed", "moderation_blocked", "sensitive_content", "image_content_policy_violation", "cyber_policy"},
		[]string{"content management policy", "content policy", "flagged as potentially violating", "safety system"}, client},
	{llm.ContextLength,
		[]string{"context_length_exceeded", "context_window_exceeded", "string_above_max_length", "model_max_length_exceeded"},
		[]string{
			"maximum context length", "context length exceeded", "context_length_exceeded", "exceeds the context", "exceed context limit", "context window",
			"maximum prompt length", "prompt is too long", "prompt too long", "input is too long", "input length exceeds", "reduce the length of",
			"reduce the length of the messages", "input token count", "input tokens exceed", "exceeds the maximum number of tokens", "too many tokens", "exceeds the model's maximum",
			"maximum allowed length", "range of input length should be",
		}, client},
	{llm.Credential,
		[]string{"invalid_api_key", "authentication_error", "invalid_authentication_error", "unauthorized", "permission_denied", "incorrect_api_key"},
		[]string{"incorrect api key", "invalid api key", "api key not valid", "authentication fails"}, any4xx},
	{llm.NotFound,
		[]string{"model_not_found", "deploymentnotfound", "model_not_available"},
		[]string{"model not found", "model does not exist"}, client},
	{llm.Timeout, []string{"timeout", "timeout_error", "request_timeout", "vector_store_timeout"}, nil, nil},
	{llm.BadRequest, []string{"invalid_request_error", "bad_request", "invalid_argument", "invalid_value", "invalid_prompt", "invalid_encrypted_content"}, nil, nil},
}

// classify finds the kind of an error. A status of its own (no key, not
// found, too large, too many) says more than the general words do.
func classify(status int, s said) llm.ErrorKind {
	words := []string{strings.ToLower(s.code), strings.ToLower(s.typ)}
	message := strings.ToLower(s.message)
	for _, c := range clues {
		if status != 0 && c.status == nil {
			continue // general words
		}
		if slices.ContainsFunc(c.words, func(w string) bool { return slices.Contains(words, w) }) && c.fits(status) {
			return c.kind
		}
		if c.status == nil || !c.status(status) {
			continue
		}
		if slices.ContainsFunc(c.phrases, func(p string) bool { return strings.Contains(message, p) }) {
			return c.kind
		}
	}
	if status == 0 {
		return llm.Upstream
	}
	return llm.KindOfStatus(status)
}

// fits keeps words that some providers use for everything ("unauthorized" in
// a 500) from overruling a failure of the server.
func (c *clue) fits(status int) bool {
	switch c.kind {
	case llm.RateLimited, llm.Overloaded:
		return true
	}
	return status < 500
}
