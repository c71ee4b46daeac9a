package openairesponses

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/llm"
)

// maxName is how long the name of a tool and the id of a call may be.
//
// https://platform.openai.com/docs/api-reference/responses/create
const maxName = 64

// nameSep stands between the namespace of a tool and its name, where both
// are one: in canonical form. It is in no name that a client has, and other
// dialects replace it as they do with all that is illegal in a name; their
// exchanges give it back with the answer.
const nameSep = "\x1f"

func joinName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + nameSep + name
}

func splitName(s string) (namespace, name string) {
	if namespace, name, ok := strings.Cut(s, nameSep); ok {
		return namespace, name
	}
	return "", s
}

// names are the tools that were renamed for the provider: other dialects
// allow names that this one does not.
type names map[string]string // :: name that was sent → name that the client has

// name returns the name under which a tool is sent.
func (e *encoder) name(s string) string {
	if e.same {
		return s
	}
	sent := legal(s)
	if sent != s {
		if e.names == nil {
			e.names = names{}
		}
		e.names[sent] = s
	}
	return sent
}

// callID is name for the ids of calls, which need no way back.
func (e *encoder) callID(s string) string {
	if e.same || s != "" && len(s) <= maxName {
		return s
	}
	return legal(s)
}

func legal(s string) string { return dialect.LegalName(s, maxName) }

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
