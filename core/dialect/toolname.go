package dialect

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
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
