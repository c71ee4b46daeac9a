package dialect

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"sluice/core/llm"
)

// MaxToolName is how long a tool's name may be at OpenAI, Anthropic and
// Bedrock.
const MaxToolName = 64

// LegalName returns s if it is a name that those three take for a tool: ASCII
// letters, digits, _ and -, at most limit of them. Else it returns something
// like it that ends in a hash of s. It depends on nothing but s, so that equal
// names stay equal from request to request, as prompt caches need, and
// different ones different.
func LegalName(s string, limit int) string {
	if s != "" && len(s) <= limit && strings.IndexFunc(s, IllegalInName) < 0 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	suffix := "_" + hex.EncodeToString(sum[:4])
	clean := strings.Map(func(r rune) rune {
		if IllegalInName(r) {
			return '_'
		}
		return r
	}, s)
	return clean[:min(len(clean), MaxToolName-len(suffix))] + suffix
}

// IllegalInName reports whether [LegalName] replaces r.
func IllegalInName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
}

// Names are the tools that were renamed for a provider, so that its answers
// have the client's names again, and those that take free text where the
// provider knows only JSON. The zero value has none.
type Names struct {
	clients map[string]string
	free    map[string]bool
}

// Send returns the [LegalName] under which a tool is sent.
func (n *Names) Send(name string, limit int) string {
	sent := LegalName(name, limit)
	n.Note(sent, name)
	return sent
}

// Note remembers that a tool is sent under another name.
func (n *Names) Note(sent, name string) {
	if sent == name {
		return
	}
	if n.clients == nil {
		n.clients = map[string]string{}
	}
	n.clients[sent] = name
}

// Free notes that a tool, by the client's name, takes free text.
func (n *Names) Free(name string) {
	if n.free == nil {
		n.free = map[string]bool{}
	}
	n.free[name] = true
}

// IsFree reports whether a tool, by the client's name, takes free text.
func (n Names) IsFree(name string) bool { return n.free[name] }

// Client returns the name that the client has for a tool.
func (n Names) Client(sent string) string {
	if name, ok := n.clients[sent]; ok {
		return name
	}
	return sent
}

// Restore gives the calls of an answer the client's names.
func (n Names) Restore(r *llm.Response) {
	if n.clients == nil {
		return
	}
	for i := range r.Choices {
		for _, p := range r.Choices[i].Parts {
			if c, ok := p.(*llm.ToolCall); ok {
				c.Name = n.Client(c.Name)
			}
		}
	}
}
