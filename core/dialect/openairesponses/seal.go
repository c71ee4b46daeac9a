package openairesponses

import (
	"bytes"
	"fmt"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Clients send back what they were given. What another provider has signed or
// encrypted goes out with its origin, so that it finds its way home and to
// nobody else. A thought without either is marked, too: some providers want
// their thoughts back, and OpenAI must not be sent ids that it has not given.
//
//	sluice:anthropic:s:EqQB…  a signature of the text
//	sluice:anthropic:r:EmwK…  a redacted thought
const (
	sealPrefix = "sluice:"
	sealSigned = "s:"
	sealHidden = "r:"
)

// sealed is the encrypted_content of a thought, empty if it has none. Where
// nobody knows the origin, as with Claude's thoughts in a stream, it stays
// unknown.
func sealed(r *llm.Reasoning) string {
	origin := r.Origin
	if origin == "" {
		origin = r.Native.Dialect
	}
	switch {
	case origin == llm.OpenAIResponses:
		return r.Signature + r.Redacted
	case r.Redacted != "":
		return sealPrefix + string(origin) + ":" + sealHidden + r.Redacted
	}
	return sealPrefix + string(origin) + ":" + sealSigned + r.Signature
}

// unseal undoes sealed. A blob without a mark is this dialect's own.
func unseal(r *llm.Reasoning, blob string) {
	rest, ok := strings.CutPrefix(blob, sealPrefix)
	if !ok {
		r.Signature = blob
		return
	}
	origin, rest, _ := strings.Cut(rest, ":")
	r.Origin = llm.Dialect(origin)
	if hidden, ok := strings.CutPrefix(rest, sealHidden); ok {
		r.Redacted = hidden
		return
	}
	r.Signature = strings.TrimPrefix(rest, sealSigned)
}

// signatureOf is the proof that Gemini wants back with its calls, in the form
// in which Google has clients of OpenAI's dialects carry it; nil if there is
// none, or if the residue has it.
//
// https://ai.google.dev/gemini-api/docs/thought-signatures
func signatureOf(c *llm.ToolCall) json.Value {
	if c.Signature == "" || own(c.Native).Has("extra_content") {
		return nil
	}
	return append(append([]byte(`{"google":{"thought_signature":`), json.Quote(c.Signature)...), "}}"...)
}

// WithoutForeign takes out of a body of this dialect, which is not decoded on
// its way, what the API would refuse the request for: thoughts and proofs of
// other providers, and ids of items that the gateway has made. Every other byte
// stays. A body without any is returned itself.
func WithoutForeign(body []byte) (kept []byte, dropped []string, err error) {
	if !bytes.Contains(body, []byte(`"`+sealPrefix)) && !bytes.Contains(body, []byte("_"+ownMark)) && !bytes.Contains(body, []byte(`"thought_signature"`)) {
		return body, nil, nil
	}
	input := json.Lookup(body, "input")
	items, err := json.Elements(input)
	if err != nil {
		return body, nil, nil // a text, or for the API to refuse
	}
	w, changed := writer{json.NewWriter("[")}, false
	for i, v := range items {
		if strings.HasPrefix(json.Unquote(json.Lookup(v, "encrypted_content")), sealPrefix) {
			dropped = append(dropped, fmt.Sprintf("input[%d] (reasoning)", i))
			continue
		}
		v, ours := bare(v)
		changed = changed || ours
		w.Element(v)
	}
	if dropped == nil && !changed {
		return body, nil, nil
	}
	w.Close(']')
	kept, err = json.Splice(body, json.Edit{Name: "input", Value: w.B})
	return kept, dropped, err
}
