package openaiwire

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// reasons are the finish reasons of OpenAI and of those who follow it. A word
// that is not here is [llm.FinishOther]: a cut answer must not look whole.
var reasons = map[string]llm.FinishReason{
	"stop":           llm.FinishStop,
	"length":         llm.FinishLength,
	"tool_calls":     llm.FinishToolCalls,
	"function_call":  llm.FinishToolCalls,
	"content_filter": llm.FinishContentFilter,

	"eos":           llm.FinishStop,          // Together
	"eos_token":     llm.FinishStop,          // text-generation-inference
	"stop_sequence": llm.FinishStopSequence,  // text-generation-inference
	"end_turn":      llm.FinishStop,          // gateways that pass the native word on
	"tool_use":      llm.FinishToolCalls,     //
	"max_tokens":    llm.FinishLength,        //
	"refusal":       llm.FinishRefusal,       //
	"pause_turn":    llm.FinishPause,         //
	"model_length":  llm.FinishContextLength, // Mistral
}

// Finish reads a finish reason. Several providers say stop beside tool calls,
// OpenAI itself when the choice was forced.
func Finish(raw string, calls bool) llm.Finish {
	f := llm.Finish{Reason: reasons[raw], Raw: raw}
	switch {
	case f.Reason == "":
		f.Reason = llm.FinishOther
	case f.Reason == llm.FinishStop && calls:
		f.Reason = llm.FinishToolCalls
	}
	return f
}

// MetStop is the stop sequence that was met, which vLLM names beside the
// finish reason. The reason is then changed to say so.
func MetStop(rest json.Value, f *llm.Finish) string {
	s := json.Unquote(json.ObjectOf(rest).Get("stop_reason"))
	if s == "" || f.Reason != llm.FinishStop {
		return ""
	}
	f.Reason = llm.FinishStopSequence
	return s
}

// FinishWord is the word for a client: the provider's own if the client is
// not strict, else one of OpenAI's.
func FinishWord(f llm.Finish, strict bool) string {
	if !strict && f.Raw != "" || f.Raw == "function_call" {
		return f.Raw
	}
	switch f.Reason {
	case llm.FinishLength, llm.FinishContextLength:
		return "length"
	case llm.FinishToolCalls:
		return "tool_calls"
	case llm.FinishContentFilter, llm.FinishRefusal:
		return "content_filter"
	}
	return "stop"
}
