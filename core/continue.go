package core

import (
	"slices"
	"strings"
	"unicode"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// begun is the beginning of an answer, which a call asks to go on from.
type begun struct {
	text   string // without the white space at its end, which Anthropic refuses
	tokens int64  // that it has, roughly
}

// Continue returns a copy of the call that asks for the rest of an answer of
// which the client has been given text. Its canonical form ends with that text
// as words of the assistant, has that much less room for the answer, and does
// not ask for thoughts, which come before the words. The body says nothing of
// all this, so that it has to be translated, whatever the target speaks.
//
// Text that is all white space is nothing to go on from: such a call asks for
// the whole answer.
func (c *Call) Continue(text string) *Call {
	d := *c
	d.begun = begun{strings.TrimRightFunc(text, unicode.IsSpace), llm.Estimate(0, int64(len(text))).Output}
	return &d
}

// Continues reports whether the call asks for the rest of an answer.
func (c *Call) Continues() bool { return c.begun.text != "" }

// in puts the beginning of the answer at the end of a request, which it does
// not change.
func (b begun) in(r *llm.Request) *llm.Request {
	own := *r
	own.Reasoning = llm.Thinking{}
	if r.MaxTokens != nil {
		left := max(1, *r.MaxTokens-b.tokens)
		own.MaxTokens = &left
	}
	own.Turns = slices.Clone(r.Turns)
	last := len(own.Turns) - 1
	if last < 0 || own.Turns[last].Role != llm.Assistant {
		own.Turns = append(own.Turns, llm.Turn{Role: llm.Assistant, Parts: []llm.Part{&llm.Text{Text: b.text}}})
		return &own
	}
	own.Turns[last].Parts = b.after(own.Turns[last].Parts)
	return &own
}

// after adds the text to an answer that the client itself has begun.
func (b begun) after(parts []llm.Part) []llm.Part {
	parts = slices.Clone(parts)
	if n := len(parts) - 1; n >= 0 {
		if t, ok := parts[n].(*llm.Text); ok {
			own := *t
			own.Text += b.text
			parts[n] = &own
			return parts
		}
	}
	return append(parts, &llm.Text{Text: b.text})
}

// Ending is the text that the request has the model go on from; empty if there
// is none.
func (c *Call) Ending() string {
	r, err := c.Request()
	if err != nil || !c.Continues() {
		return ""
	}
	parts := r.Turns[len(r.Turns)-1].Parts
	if t, ok := parts[len(parts)-1].(*llm.Text); ok {
		return t.Text
	}
	return ""
}

// WholeOnly says why an answer to the call could not be put together from two
// parts, "" if it could.
func (c *Call) WholeOnly() string {
	if c.Operation != llm.Generate || !c.Stream || c.Once() {
		return "it is not a stream of words"
	}
	r, err := c.Request()
	switch {
	case err != nil:
		return "the request cannot be read"
	case r.N != nil && *r.N > 1:
		return "several answers were asked for"
	case r.Output.Kind == llm.OutputJSON, r.Output.Kind == llm.OutputSchema:
		return "JSON was asked for"
	case asksForLogprobs(r.Native):
		return "logprobs were asked for"
	}
	return ""
}

// asksForLogprobs looks for the members by which clients of OpenAI's, Cohere's
// and Google's dialects ask for the likelihood of tokens.
func asksForLogprobs(n llm.Native) bool {
	for _, m := range json.ObjectOf(n.Members) {
		switch m.Name {
		case "logprobs", "top_logprobs", "responseLogprobs":
			if m.Value.Kind() != 'n' && m.Value.Kind() != 'f' {
				return true
			}
		case "include":
			if strings.Contains(string(m.Value), "logprobs") {
				return true
			}
		case "generationConfig", "generation_config":
			if asksForLogprobs(llm.Native{Members: m.Value}) {
				return true
			}
		}
	}
	return false
}
