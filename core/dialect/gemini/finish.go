package gemini

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// finishes is what finish reasons mean. Those that are missing are
// [llm.FinishOther]: an answer that broke off must not look whole.
//
// https://ai.google.dev/api/generate-content#FinishReason
var finishes = map[string]llm.FinishReason{
	"STOP":       llm.FinishStop,
	"MAX_TOKENS": llm.FinishLength,

	"SAFETY":                   llm.FinishContentFilter,
	"RECITATION":               llm.FinishContentFilter,
	"LANGUAGE":                 llm.FinishContentFilter,
	"BLOCKLIST":                llm.FinishContentFilter,
	"PROHIBITED_CONTENT":       llm.FinishContentFilter,
	"SPII":                     llm.FinishContentFilter,
	"MODEL_ARMOR":              llm.FinishContentFilter,
	"IMAGE_SAFETY":             llm.FinishContentFilter,
	"IMAGE_PROHIBITED_CONTENT": llm.FinishContentFilter,
	"IMAGE_RECITATION":         llm.FinishContentFilter,

	"OTHER":                     llm.FinishOther,
	"FINISH_REASON_UNSPECIFIED": llm.FinishOther,
	"MALFORMED_FUNCTION_CALL":   llm.FinishOther,
	"UNEXPECTED_TOOL_CALL":      llm.FinishOther,
	"TOO_MANY_TOOL_CALLS":       llm.FinishOther,
	"MISSING_THOUGHT_SIGNATURE": llm.FinishOther,
	"MALFORMED_RESPONSE":        llm.FinishOther,
	"NO_IMAGE":                  llm.FinishOther,
	"IMAGE_OTHER":               llm.FinishOther,
}

// finishOf reads a finish reason. The API says STOP beside calls.
func finishOf(word string, called bool) llm.Finish {
	f := llm.Finish{Reason: cmp.Or(finishes[word], llm.FinishOther), Raw: word}
	if f.Reason == llm.FinishStop && called {
		f.Reason = llm.FinishToolCalls
	}
	return f
}

// blocked is why a prompt got no answer.
func blocked(feedback json.Value) llm.Finish {
	if reason := json.Unquote(json.Lookup(feedback, "blockReason")); reason != "" {
		return llm.Finish{Reason: llm.FinishContentFilter, Raw: reason}
	}
	return llm.Finish{Reason: llm.FinishOther}
}

// finishWord is the inverse of finishOf for the reasons of any dialect.
func finishWord(f llm.Finish, own bool) string {
	if own || finishes[f.Raw] != "" && finishes[f.Raw] == f.Reason {
		return f.Raw
	}
	switch f.Reason {
	case llm.FinishStop, llm.FinishStopSequence, llm.FinishToolCalls, llm.FinishPause:
		return "STOP"
	case llm.FinishLength, llm.FinishContextLength:
		return "MAX_TOKENS"
	case llm.FinishContentFilter, llm.FinishRefusal:
		return "SAFETY"
	}
	return "OTHER"
}
