package openairesponses

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Statuses of a response.
const (
	statusCompleted  = "completed"
	statusIncomplete = "incomplete"
	statusFailed     = "failed"
)

// Reasons for which a response is incomplete.
const (
	reasonTokens = "max_output_tokens"
	reasonFilter = "content_filter"
)

// finish reads how a response ended. A status or a reason that is not here is
// [llm.FinishOther]: a cut answer must not look whole.
func finish(status string, details json.Value, calls bool) llm.Finish {
	switch status {
	case statusCompleted:
		if calls {
			return llm.Finish{Reason: llm.FinishToolCalls}
		}
		return llm.Finish{Reason: llm.FinishStop}
	case statusIncomplete:
		switch reason := json.Unquote(json.Lookup(details, "reason")); reason {
		case reasonTokens, "max_tokens":
			return llm.Finish{Reason: llm.FinishLength}
		case reasonFilter:
			return llm.Finish{Reason: llm.FinishContentFilter}
		default:
			return llm.Finish{Reason: llm.FinishOther, Raw: reason}
		}
	}
	return llm.Finish{Reason: llm.FinishOther, Raw: status}
}

// ending is the status for a client and, if the answer is incomplete, why.
func ending(f llm.Finish, refused bool) (status, reason string) {
	switch f.Reason {
	case llm.FinishLength, llm.FinishContextLength:
		return statusIncomplete, reasonTokens
	case llm.FinishContentFilter:
		return statusIncomplete, reasonFilter
	case llm.FinishRefusal:
		if refused { // it says so itself
			return statusCompleted, ""
		}
		return statusIncomplete, reasonFilter
	case llm.FinishPause:
		return statusIncomplete, cmp.Or(f.Raw, "pause")
	case llm.FinishOther:
		switch f.Raw {
		case "queued", "in_progress", "cancelled":
			return f.Raw, ""
		}
		return statusIncomplete, cmp.Or(f.Raw, "other")
	}
	return statusCompleted, ""
}

func refuses(parts []llm.Part) bool {
	for _, p := range parts {
		if _, ok := p.(*llm.Refusal); ok {
			return true
		}
	}
	return false
}
