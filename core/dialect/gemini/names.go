package gemini

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxName is how long the name of a function may be in all versions.
const maxName = 64

// sent returns the name under which a tool is sent. It depends on nothing but
// the client's, so that the provider's cache keeps hitting; a hash keeps two
// names apart that are alike up to what is illegal in them.
//
// https://ai.google.dev/api/caching#FunctionDeclaration
func (p *preparation) sent(name string) string {
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
	p.names.Note(out, name)
	return out
}

func illegal(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.')
}

func begins(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
