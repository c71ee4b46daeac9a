package dialect

import (
	"cmp"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// TaskUsage reads the usage object of an answer that is no conversation, in
// the forms that OpenAI and its followers have: of embeddings
// (prompt_tokens), of images and transcriptions (input_tokens), and of
// rankers that count all tokens only. The object itself stays native: it is
// where seconds and the tokens of images stand. It returns nil if v is no
// object.
//
// https://platform.openai.com/docs/api-reference/embeddings/object,
// https://platform.openai.com/docs/api-reference/images/object and
// https://platform.openai.com/docs/api-reference/audio/json-object
func TaskUsage(v json.Value) *llm.Usage {
	m, err := json.Pick(v, "prompt_tokens", "input_tokens", "completion_tokens", "output_tokens", "total_tokens",
		"input_token_details", "input_tokens_details", "prompt_tokens_details")
	if err != nil {
		return nil
	}
	u := &llm.Usage{
		Input: cmp.Or(TokenCount(m[0]), TokenCount(m[1])), Output: cmp.Or(TokenCount(m[2]), TokenCount(m[3])),
		Native: llm.Native{Dialect: llm.OpenAIChat, Members: v.Clone()},
	}
	if u.Input+u.Output == 0 {
		u.Input = TokenCount(m[4])
	}
	for _, details := range m[5:] {
		u.AudioInput = min(u.Input, max(u.AudioInput, TokenCount(json.Lookup(details, "audio_tokens"))))
	}
	return u
}

// mostTokens keeps sums from overflowing.
const mostTokens = 1 << 40

// TokenCount reads a count of tokens; what is none is 0. Some providers write
// whole numbers with a fraction.
func TokenCount(v json.Value) int64 {
	if v.Kind() != '0' {
		return 0
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return 0
	}
	return int64(min(max(f, 0), mostTokens))
}
