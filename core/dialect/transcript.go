package dialect

import (
	"strings"

	"sluice/core/llm"
)

// Transcript writes a conversation as a prompt for a model that only completes
// text: a line "role: text" for each turn, then "Assistant:". Clients of the
// reference know this form. Parts that are no texts are left out; whoever asks
// for it has refused or reported them.
func Transcript(turns []llm.Turn) string {
	var b strings.Builder
	for i := range turns {
		t := &turns[i]
		role := t.Role
		if role == llm.Developer {
			role = llm.System
		}
		b.WriteString(string(role) + ": " + TextOf(t) + "\n")
	}
	b.WriteString("Assistant:")
	return b.String()
}

// TextOf joins the texts of a turn: those of an assistant, who may have been
// cut anywhere, as they are, others by line breaks.
func TextOf(t *llm.Turn) string {
	sep := "\n"
	if t.Role == llm.Assistant {
		sep = ""
	}
	var all []string
	for _, p := range t.Parts {
		if text, ok := p.(*llm.Text); ok {
			all = append(all, text.Text)
		}
	}
	return strings.Join(all, sep)
}

// SpokenText joins the texts and refusals of an answer. Its other parts have
// no form where an answer is one text.
func SpokenText(parts []llm.Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case *llm.Text:
			b.WriteString(p.Text)
		case *llm.Refusal:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
