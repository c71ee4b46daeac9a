package bedrockinvoke

import (
	"slices"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// guardrailAction is the member of an answer, or of a chunk, that says what a
// guardrail of Bedrock has done. The family's own reason does not tell: an
// answer that was put in the model's place ended as any other.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-invoke-api.html
const guardrailAction = "amazon-bedrock-guardrailAction"

// intervened reports whether a guardrail has stopped an answer.
func intervened(v json.Value) bool {
	return json.Unquote(json.Lookup(v, guardrailAction)) == "INTERVENED"
}

// filtered is how an answer ends that a guardrail has stopped, in the word of
// Converse.
var filtered = llm.Finish{Reason: llm.FinishContentFilter, Raw: "guardrail_intervened"}

// An ending keeps the end of a stream until all of it is there: a guardrail
// may be told of behind the reason.
type ending struct {
	events     []llm.Event
	intervened bool
}

// keep takes the end away from events, of which those from n on are new.
func (e *ending) keep(events []llm.Event, n int) []llm.Event {
	left := events[:n]
	for i, event := range events[n:] {
		switch {
		case event.Kind == llm.EventFinish, len(e.events) > 0 && event.Kind == llm.EventUsage:
			e.events = append(e.events, owned(event))
		case event.Kind == llm.EventDone:
			behind := slices.Clone(events[n+i+1:])
			return append(append(e.release(left), event), behind...)
		default:
			left = append(left, event)
		}
	}
	return left
}

// owned is an event that shares no memory with the chunk it is from.
func owned(event llm.Event) llm.Event {
	event.Native.Members = event.Native.Members.Clone()
	if event.Usage != nil {
		u := *event.Usage
		u.Native.Members = u.Native.Members.Clone()
		event.Usage = &u
	}
	return event
}

// release gives what was kept.
func (e *ending) release(dst []llm.Event) []llm.Event {
	for _, event := range e.events {
		if event.Kind == llm.EventFinish && e.intervened {
			event.Finish = filtered
		}
		dst = append(dst, event)
	}
	e.events = nil
	return dst
}
