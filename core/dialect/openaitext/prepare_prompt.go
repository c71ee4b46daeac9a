package openaitext

import (
	"fmt"

	"sluice/core/dialect"
	"sluice/core/llm"
)

// prompt writes the conversation as a text: the one turn of a user as it is,
// anything longer as a transcript.
func (e *encoder) prompt() error {
	turns := e.r.Turns
	if len(turns) == 0 {
		return nil
	}
	said := make([]llm.Turn, len(turns))
	for i := range turns {
		t := &turns[i]
		e.lost(fmt.Sprintf("messages[%d].", i), t.Native)
		e.dropIf(t.Name != "", fmt.Sprintf("messages[%d].name", i))
		said[i].Role = t.Role
		for k, p := range t.Parts {
			if f, ok := p.(*llm.Foreign); ok && own(f.Native).Has(promptKind) {
				e.Raw("prompt", own(f.Native).Get(promptKind))
				return nil
			}
			text, err := e.text(fmt.Sprintf("messages[%d].content[%d]", i, k), p)
			if err != nil {
				return err
			}
			if text != nil {
				said[i].Parts = append(said[i].Parts, text)
			}
		}
	}
	if len(said) == 1 && said[0].Role == llm.User {
		e.Str("prompt", dialect.TextOf(&said[0]))
		return nil
	}
	e.Str("prompt", dialect.Transcript(said))
	return nil
}

// text is what a part says in words. It is nil for a part that was dropped.
func (e *encoder) text(at string, p llm.Part) (*llm.Text, error) {
	switch p := p.(type) {
	case *llm.Text:
		e.dropIf(p.Cache != nil, at+".cache_control")
		e.dropIf(len(p.Citations) > 0, at+".citations")
		e.lost(at+".", p.Native)
		return p, nil
	case *llm.Refusal:
		return &llm.Text{Text: p.Text}, nil
	case *llm.Media:
		return nil, unable(at, string(p.Kind)+" is")
	case *llm.ToolCall, *llm.ToolResult:
		return nil, unable(at, "the use of tools is")
	case *llm.Reasoning:
		e.drop("%s (reasoning)", at)
	case *llm.Foreign:
		e.drop("%s (%s)", at, p.Kind)
	}
	return nil, nil
}
