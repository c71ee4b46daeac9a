package provider

import (
	"slices"

	"sluice/core/llm"
)

// lacking are the operations on kept things that a provider is known not to
// have at all, or not under OpenAI's paths, with what to do instead. About
// all others the provider is asked: their APIs grow.
//
// As their references said in 2026:
// https://docs.claude.com/en/api/overview (batches in a form of its own),
// https://docs.cohere.com/reference/create-batch (datasets, whose results are Avro),
// https://docs.ollama.com/api/openai-compatibility,
// https://ai.google.dev/gemini-api/docs/openai (uploads only by Gemini's own API).
var lacking = map[string]struct {
	operations []llm.Operation
	instead    string
}{
	"anthropic": {[]llm.Operation{llm.Batches, llm.FineTune}, ": its batches are at /v1/messages/batches"},
	"cohere":    {kept, " in OpenAI's form: its own is behind /v1/proxy, as datasets and batches"},
	"google":    {kept, " in OpenAI's form: its own is behind /v1/proxy/v1beta"},
	"ollama":    {kept, ""},
	"echo":      {kept, ""},
}

// fireworksOptions name the account that files and jobs belong to.
var fireworksOptions = []Option{{Key: "fireworks_account_id", Headers: []string{"fireworks-account-id"}}}

var kept = []llm.Operation{llm.Files, llm.Batches, llm.FineTune}

// Lacks reports whether the provider is known not to have an operation, and
// what to tell beside that.
func (s *Spec) Lacks(op llm.Operation) (instead string, lacks bool) {
	l, ok := lacking[s.ID]
	return l.instead, ok && slices.Contains(l.operations, op)
}
