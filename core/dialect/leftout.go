package dialect

import (
	"strings"

	"sluice/core/llm"
)

// An answer may say what the client's dialect has no word for. Nothing is lost
// in silence: it is named as dropped, in a header of whole answers and in the
// record of all. LOSSES.md shows which dialect lacks which word.

// word is something that an answer can say and not every dialect.
type word uint16

const (
	citations word = 1 << iota
	answers
	stopSequence
	pause
	cacheWrite
	cacheWrite1h
	reasoningTokens
	audioTokens
	serviceTier
	pictures
	signatures
	toolCalls
	reasoning
)

var wordNames = map[word]string{
	citations: "response.citations", answers: "response.choices (all but the first)", stopSequence: "response.stop_sequence",
	pause: "response.stop_reason (pause)", cacheWrite: "response.usage.cache_write", cacheWrite1h: "response.usage.cache_write_1h",
	reasoningTokens: "response.usage.reasoning", audioTokens: "response.usage.audio", serviceTier: "response.usage.service_tier",
	pictures: "response.media (x-portkey-strict-open-ai-compliance: false keeps it for chat)", signatures: "response.tool_calls.thought_signature",
	toolCalls: "response.tool_calls",
	reasoning: "response.reasoning (x-portkey-strict-open-ai-compliance: false keeps it)",
}

// lacking lists the words that a dialect has not. Of the caches, chat counts
// what was written, for however long.
var lacking = map[llm.Dialect]word{
	llm.OpenAIChat:      stopSequence | pause | cacheWrite1h | serviceTier,
	llm.OpenAIMixed:     stopSequence | pause | cacheWrite1h | serviceTier,
	llm.OpenAIText:      citations | stopSequence | pause | cacheWrite1h | serviceTier | pictures | signatures | toolCalls | reasoning,
	llm.OpenAIResponses: answers | stopSequence | pause | cacheWrite | cacheWrite1h | audioTokens | serviceTier | pictures,
	llm.Anthropic:       answers | audioTokens | pictures | signatures,
	llm.Gemini:          stopSequence | pause | cacheWrite | cacheWrite1h | serviceTier,
	llm.Converse:        answers | reasoningTokens | audioTokens | pictures | signatures,
	llm.InvokeModel:     answers | audioTokens | pictures | signatures, // as of Claude, which most are
	llm.Cohere:          answers | stopSequence | pause | cacheWrite | cacheWrite1h | reasoningTokens | audioTokens | serviceTier | pictures | signatures,
}

// A Listener notes what the events of an answer say, for [Listener.LeftOut].
// The zero value is ready to use.
type Listener struct{ heard word }

// Hear takes the next event.
func (l *Listener) Hear(e *llm.Event) {
	if e.Choice > 0 {
		l.heard |= answers
	}
	switch e.Kind {
	case llm.EventPartStart:
		l.note(reasoning, e.PartKind == llm.ReasoningPart || e.PartKind == llm.RedactedPart)
		l.note(toolCalls, e.PartKind == llm.ToolCallPart)
		l.note(pictures, e.PartKind == llm.MediaPart)
		l.note(signatures, e.PartKind == llm.ToolCallPart && e.Text != "")
	case llm.EventCitation:
		l.heard |= citations
	case llm.EventFinish:
		l.note(stopSequence, e.Text != "")
		l.note(pause, e.Finish.Reason == llm.FinishPause)
	case llm.EventUsage:
		l.usage(e.Usage)
	}
}

func (l *Listener) note(w word, said bool) {
	if said {
		l.heard |= w
	}
}

func (l *Listener) usage(u *llm.Usage) {
	if u == nil {
		return
	}
	l.note(cacheWrite, u.CacheWrite > 0)
	l.note(cacheWrite1h, u.CacheWrite1h > 0)
	l.note(reasoningTokens, u.Reasoning > 0)
	l.note(audioTokens, u.AudioInput+u.AudioOutput > 0)
	l.note(serviceTier, u.ServiceTier != "")
}

// LeftOut names what was heard and cannot be said to a client of the dialect.
// A client that is strict about OpenAI's chat gets nothing that OpenAI lacks.
func (l *Listener) LeftOut(client llm.Dialect, strict bool) []string {
	lacks := lacking[client]
	if strict && (client == llm.OpenAIChat || client == llm.OpenAIMixed) {
		lacks |= reasoning | pictures | signatures
	}
	var names []string
	left := l.heard & lacks
	for w := citations; w <= reasoning; w <<= 1 {
		if left&w != 0 {
			name := wordNames[w]
			if client == llm.OpenAIText { // the rest is advice for clients of chat
				name, _, _ = strings.Cut(name, " (x-portkey")
			}
			names = append(names, name)
		}
	}
	return names
}

// LeftOut names what a whole answer says and cannot be said to a client of
// the dialect.
func LeftOut(r *llm.Response, client llm.Dialect, strict bool) []string {
	var l Listener
	for e := range r.Events() {
		l.Hear(&e)
	}
	return l.LeftOut(client, strict)
}
