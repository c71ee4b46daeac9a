package openairesponses

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
	status  func(int) bool // for which it counts; a status of 0 is unknown
}

func clients(s int) bool { return s == 0 || s >= 400 && s < 500 && s != 401 && s != 403 && s != 429 }
func limits(s int) bool  { return s == 0 || s >= 400 && s < 500 }
func anyway(int) bool    { return true }
func unknown(s int) bool { return s == 0 }

// clues are in the order in which they count: the wordings of one kind occur
// in errors of those before it.
//
// https://platform.openai.com/docs/guides/error-codes
var clues = []clue{
	{llm.Quota, []string{"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance", "usage_limit_reached"},
		[]string{"exceeded your current quota", "insufficient credits"}, limits},
	{llm.RateLimited, []string{"rate_limit_exceeded", "rate_limit_error", "too_many_requests", "requests", "tokens"},
		[]string{"rate limit reached", "rate limit exceeded", "too many requests"}, func(s int) bool { return s == 0 || s == 429 }},
	{llm.Overloaded, []string{"server_is_overloaded", "slow_down", "overloaded_error", "overloaded", "engine_overloaded", "service_unavailable"},
		[]string{"overloaded", "over capacity", "no available capacity"}, anyway},
	{llm.ContentFilter, []string{"content_filter", "content_policy_violation", "image_content_policy_violation", "cyber_policy", "moderation_blocked"},
		[]string{"content management policy", "content policy", "safety system"}, clients},
	{llm.ContextLength, []string{"context_length_exceeded", "string_above_max_length"},
		[]string{"maximum context length", "context window", "input tokens exceed", "prompt is too long", "too many tokens"}, clients},
	{llm.Credential, []string{"invalid_api_key", "authentication_error", "permission_denied"}, []string{"incorrect api key", "invalid api key"}, limits},
	{llm.NotFound, []string{"model_not_found", "deploymentnotfound"}, []string{"model does not exist"}, clients},
	{llm.Timeout, []string{"timeout", "vector_store_timeout", "request_timeout"}, nil, unknown},
	{llm.BadRequest, []string{"invalid_request_error", "invalid_prompt", "invalid_value", "invalid_encrypted_content"}, nil, unknown},
}

// classify finds the kind of an error. A status of its own says more than
// general words do.
func classify(status int, s told) llm.ErrorKind {
	words := []string{strings.ToLower(s.code), strings.ToLower(s.typ)}
	message := strings.ToLower(s.message)
	for _, c := range clues {
		if !c.status(status) {
			continue
		}
		if slices.ContainsFunc(c.words, func(w string) bool { return slices.Contains(words, w) }) ||
			slices.ContainsFunc(c.phrases, func(p string) bool { return strings.Contains(message, p) }) {
			return c.kind
		}
	}
	if status == 0 {
		return llm.Upstream
	}
	return llm.KindOfStatus(status)
}
