package cohere

import "sluice/core/llm"

// reasons are the finish reasons of an answer that is one. ERROR and TIMEOUT
// are failures.
//
// https://docs.cohere.com/reference/chat#response
var reasons = map[string]llm.FinishReason{
	"COMPLETE":      llm.FinishStop,
	"STOP_SEQUENCE": llm.FinishStopSequence,
	"MAX_TOKENS":    llm.FinishLength,
	"TOOL_CALL":     llm.FinishToolCalls,
}

// Reasons that tell of a failure.
const (
	finishError   = "ERROR"
	finishTimeout = "TIMEOUT"
)

func finish(raw string) llm.Finish {
	f := llm.Finish{Reason: reasons[raw], Raw: raw}
	if f.Reason == "" {
		f.Reason = llm.FinishOther
	}
	return f
}

// failed is the error that a finish reason tells of; nil for the others. said
// is what the provider says about it, if anything.
func failed(raw, said, provider string) *llm.Error {
	e := &llm.Error{Provider: provider, Message: said, Type: raw, RawDialect: llm.Cohere}
	switch raw {
	case finishError:
		e.Kind = llm.Upstream
	case finishTimeout:
		e.Kind = llm.Timeout
	default:
		return nil
	}
	if said == "" {
		e.Message = "the generation ended with " + raw
	}
	return e
}

// finishWord is the word for a client. Cohere has none for an answer that a
// policy has cut short (COMPLETE, STOP_SEQUENCE, MAX_TOKENS, TOOL_CALL, ERROR and
// TIMEOUT are all): it is not complete, and says so.
//
// https://docs.cohere.com/reference/chat-stream
func finishWord(f llm.Finish, own bool) string {
	if own && (f.Raw != "" || f.Reason == llm.FinishOther) {
		return f.Raw // perhaps none
	}
	switch f.Reason {
	case llm.FinishStop:
		return "COMPLETE"
	case llm.FinishStopSequence:
		return "STOP_SEQUENCE"
	case llm.FinishLength, llm.FinishContextLength, llm.FinishPause:
		return "MAX_TOKENS"
	case llm.FinishToolCalls:
		return "TOOL_CALL"
	}
	return finishError
}

// faultOf is what the last event of a stream says beside ERROR of an answer
// that a policy has cut short.
func faultOf(f llm.Finish, word string) string {
	if word == finishError && (f.Reason == llm.FinishContentFilter || f.Reason == llm.FinishRefusal) {
		return "the answer was cut short by a content filter"
	}
	return ""
}
