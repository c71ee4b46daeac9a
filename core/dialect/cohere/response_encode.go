package cohere

import (
	"cmp"
	"crypto/rand"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeResponse writes a whole answer for a client. Only the first choice is
// written: the API gives one.
func (Codec) EncodeResponse(r *llm.Response, _ dialect.Options) ([]byte, error) {
	w := writer{json.NewWriter("{")}
	w.Str("id", cmp.Or(r.ID, newID()))
	choice := llm.Choice{Finish: llm.Finish{Reason: llm.FinishOther}}
	if len(r.Choices) > 0 {
		choice = r.Choices[0]
	}
	w.message(&choice)
	w.StrIf("finish_reason", finishWord(choice.Finish, r.Native.Dialect == llm.Cohere))
	if r.Usage != nil {
		w.usage(r.Usage)
	}
	w.Rest(own(r.Native))
	w.Close('}')
	return w.B, nil
}

// newID is an id for an answer that has none. Cohere's are UUIDs, but nobody
// takes them apart.
func newID() string { return rand.Text() }

func (w *writer) message(c *llm.Choice) {
	left := json.ObjectOf(own(c.Native).Get("message"))
	w.Open("message", '{')
	w.Str("role", "assistant")
	content, plan, calls := split(c.Parts)
	if len(content) > 0 {
		w.Open("content", '[')
		for _, p := range content {
			w.answerPart(p)
		}
		w.Close(']')
	}
	w.StrIf("tool_plan", plan)
	for _, call := range calls {
		call.ID = cmp.Or(call.ID, newID())
	}
	w.calls(calls)
	w.citations(content, left.Get("citations"))
	w.Rest(left, "citations")
	w.Close('}')
}

// split sorts the parts of an answer by where they stand in the message. What
// has no word, such as an encrypted thought, is left out.
func split(parts []llm.Part) (content []llm.Part, plan string, calls []*llm.ToolCall) {
	for _, p := range parts {
		switch v := p.(type) {
		case *llm.ToolCall:
			call := *v
			calls = append(calls, &call)
		case *llm.Reasoning:
			if isPlan(v.Native) {
				plan += v.Text
			} else if v.Redacted == "" {
				content = append(content, v)
			}
		case *llm.Text, *llm.Refusal:
			content = append(content, v)
		case *llm.Foreign:
			if v.Native.For(llm.Cohere) != nil {
				content = append(content, v)
			}
		}
	}
	return content, plan, calls
}

func (w *writer) answerPart(p llm.Part) {
	w.Open("", '{')
	switch v := p.(type) {
	case *llm.Text:
		w.text(v)
	case *llm.Refusal:
		w.text(&llm.Text{Text: v.Text})
	case *llm.Reasoning:
		w.thought(v)
	case *llm.Foreign:
		w.Rest(own(v.Native))
	}
	w.Close('}')
}
