package dialect

import (
	"strings"

	"sluice/core/llm"
)

// Clients send back what they were given. A signature or an encrypted thought
// of one provider that goes out to a client of another dialect is therefore
// marked with its origin, so that it finds its way home and to nobody else:
//
//	sluice:openai-chat:AbCd…
//
// Signatures of Claude carry no mark. They are the same on every platform
// that serves Claude, and clients that bring them from elsewhere have none.
const originMark = "sluice:"

// Claudes reports whether signatures from d are Claude's, or may be: a dialect
// that is no provider's own does not say whose they are.
func Claudes(d llm.Dialect) bool {
	return d == llm.Anthropic || d == llm.Converse || d == ""
}

// MarkOrigin marks the signature or encrypted thought of another provider.
func MarkOrigin(blob string, origin llm.Dialect) string {
	if blob == "" || Claudes(origin) {
		return blob
	}
	return OriginMark(origin) + blob
}

// OriginMark is what [MarkOrigin] puts in front, for blobs that come in pieces.
func OriginMark(origin llm.Dialect) string {
	if Claudes(origin) {
		return ""
	}
	return originMark + string(origin) + ":"
}

// ReadOrigin undoes MarkOrigin. A blob without a mark has the origin unmarked.
func ReadOrigin(blob string, unmarked llm.Dialect) (string, llm.Dialect) {
	rest, ok := strings.CutPrefix(blob, originMark)
	if !ok {
		return blob, unmarked
	}
	d, blob, ok := strings.Cut(rest, ":")
	if !ok {
		return "", unmarked
	}
	return blob, llm.Dialect(d)
}
