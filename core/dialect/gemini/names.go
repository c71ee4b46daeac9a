package gemini

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxName is how long the name of a function may be in all versions.
const maxName = 64

// names keeps what was renamed, so that answers have the client's names.
//
// https://ai.google.dev/api/caching#FunctionDeclaration
type names struct {
	back   map[string]string
	custom map[string]bool // freeform tools, by the client's name
}

// wire returns the name under which a tool is sent. It depends on nothing but
// the client's, so that the provider's cache keeps hitting; a hash keeps two
// names apart that are alike up to what is illegal in them.
func (n *names) wire(name string) string {
	if name != "" && len(name) <= maxName && strings.IndexFunc(name, illegal) < 0 && begins(name[0]) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	hash := "_" + hex.EncodeToString(sum[:4])
	clean := strings.Map(func(r rune) rune {
		if illegal(r) {
			return '_'
		}
		return r
	}, name)
	if clean == "" || !begins(clean[0]) {
		clean = "_" + clean
	}
	out := clean[:min(len(clean), maxName-len(hash))] + hash
	if n.back == nil {
		n.back = map[string]string{}
	}
	n.back[out] = name
	return out
}

func illegal(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.')
}

func begins(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// free notes that a tool takes free text.
func (n *names) free(name string) {
	if n.custom == nil {
		n.custom = map[string]bool{}
	}
	n.custom[name] = true
}

// client returns the name that the client has for a tool.
func (n *names) client(wire string) string {
	if name, ok := n.back[wire]; ok {
		return name
	}
	return wire
}
