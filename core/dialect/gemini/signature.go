package gemini

import (
	"encoding/base64"
	"strings"

	"sluice/core/llm"
)

// Clients send back what they were given. A signature or an encrypted thought
// of another provider that went out to a client of this dialect is therefore
// marked with its origin, so that it finds its way home and to nobody else.
// The mark is inside the base64 that signatures have to be:
//
//	sluice:anthropic:sign:EqQB…
//
// Gemini's own signatures carry no mark.
const (
	tagPrefix   = "sluice:"
	tagSign     = "sign"
	tagRedacted = "redacted"
)

// tag is the signature of a thought as a client of this dialect gets it.
func tag(r *llm.Reasoning) string {
	origin, kind, blob := r.Origin, tagSign, r.Signature
	if origin == "" {
		origin = r.Native.Dialect
	}
	if r.Redacted != "" {
		kind, blob = tagRedacted, r.Redacted
	}
	if blob == "" || kind == tagSign && (origin == llm.Gemini || origin == "") {
		return blob
	}
	return base64.StdEncoding.EncodeToString([]byte(tagPrefix + string(origin) + ":" + kind + ":" + blob))
}

// untag undoes tag.
func untag(s string) (signature, redacted string, origin llm.Dialect) {
	b, err := base64.StdEncoding.DecodeString(standardBase64(s))
	rest, ok := strings.CutPrefix(string(b), tagPrefix)
	words := strings.SplitN(rest, ":", 3)
	if err != nil || !ok || len(words) < 3 {
		return s, "", llm.Gemini
	}
	if words[1] == tagRedacted {
		return "", words[2], llm.Dialect(words[0])
	}
	return words[2], "", llm.Dialect(words[0])
}

var urlAlphabet = strings.NewReplacer("-", "+", "_", "/")

// standardBase64 brings base64 into the standard alphabet: protobuf takes
// both, Google's Python SDK sends the other one, and nobody else takes it.
func standardBase64(s string) string {
	if !strings.ContainsAny(s, "-_") {
		return s
	}
	return urlAlphabet.Replace(s)
}

// placeholder is the signature that Google documents for calls that Gemini
// did not make itself. It is a last resort: with it the model answers, but
// without what it thought when it made the call.
//
// https://ai.google.dev/gemini-api/docs/thought-signatures
const placeholder = "skip_thought_signature_validator"

// sign makes sure that the first call of a step is signed, where the model
// insists on that. Other calls of the step need no signature.
func (p *preparation) sign(c *content) {
	if !p.model.signs() || p.same {
		return
	}
	for i := range c.Parts {
		if c.Parts[i].Call == nil {
			continue
		}
		if c.Parts[i].Signature == "" {
			c.Parts[i].Signature = placeholder
			p.drop("messages.tool_calls.thought_signature (none came back, the placeholder was sent)")
		}
		return
	}
}
