package openaichat

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A call may bear the signature of the thought that led to it, which Gemini
// wants back. Chat has two places for it: function.thought_signature, which
// clients of the reference know, and extra_content.google.thought_signature,
// which Google's own OpenAI-compatible endpoint has.
//
// https://ai.google.dev/gemini-api/docs/thought-signatures

// signatureIn reads it from the residue of a call.
func signatureIn(n json.Object) string {
	return cmp.Or(json.Unquote(json.Lookup(n.Get("function"), "thought_signature")),
		json.Unquote(json.Lookup(n.Get("extra_content"), "google", "thought_signature")))
}

// withSignature returns a call whose residue has its signature in both places.
// One that came in this dialect has it where it was.
func withSignature(c *llm.ToolCall) *llm.ToolCall {
	if c.Signature == "" || c.Native.Dialect == llm.OpenAIChat {
		return c
	}
	signed := *c
	w := writer{json.NewWriter("{")}
	w.Open("function", '{')
	w.Str("thought_signature", c.Signature)
	w.Close('}')
	w.Open("extra_content", '{')
	w.Open("google", '{')
	w.Str("thought_signature", c.Signature)
	w.Close('}')
	w.Close('}')
	w.Close('}')
	signed.Native = llm.Native{Dialect: llm.OpenAIChat, Members: w.B}
	return &signed
}
