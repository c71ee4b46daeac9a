package openaichat

import (
	"sluice/core/dialect"
	"sluice/core/llm"
)

// names are the tools that were renamed for the provider: other dialects
// allow names that chat does not.
type names map[string]string // :: name that was sent → name that the client has

// name returns the name under which a tool is sent.
func (e *encoder) name(s string) string {
	if e.same {
		return s
	}
	sent := dialect.LegalName(s, dialect.MaxToolName)
	if sent == s {
		return s
	}
	if e.names == nil {
		e.names = names{}
	}
	e.names[sent] = s
	return sent
}

// client returns the name that the client has for a tool.
func (n names) client(sent string) string {
	if s, ok := n[sent]; ok {
		return s
	}
	return sent
}

func (n names) restore(r *llm.Response) {
	if n == nil {
		return
	}
	for i := range r.Choices {
		for _, p := range r.Choices[i].Parts {
			if c, ok := p.(*llm.ToolCall); ok {
				c.Name = n.client(c.Name)
			}
		}
	}
}
