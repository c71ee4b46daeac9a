package anthropic

import (
	"strings"

	"sluice/core/llm"
)

// Clients send back what they were given. A signature or an encrypted thought
// of another provider that went out to a client of this dialect is therefore
// marked with its origin, so that it finds its way home and to nobody else:
//
//	sluice:openai-chat:AbCd…
//
// Signatures of Claude itself carry no mark. They are the same on every
// platform that serves Claude.
const tagPrefix = "sluice:"

// claudes are the dialects whose signatures this one takes unmarked.
func claudes(d llm.Dialect) bool {
	return d == llm.Anthropic || d == llm.Converse || d == ""
}

func tag(blob string, origin llm.Dialect) string {
	if blob == "" || claudes(origin) {
		return blob
	}
	return tagPrefix + string(origin) + ":" + blob
}

// untag undoes tag. A blob without a mark has the origin that was given.
func untag(blob string, origin llm.Dialect) (string, llm.Dialect) {
	rest, ok := strings.CutPrefix(blob, tagPrefix)
	if !ok {
		return blob, origin
	}
	d, blob, ok := strings.Cut(rest, ":")
	if !ok {
		return "", origin
	}
	return blob, llm.Dialect(d)
}
