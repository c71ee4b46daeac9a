package openairesponses

import (
	"cmp"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/llm"
)

// EncodeError writes an error for a client, in OpenAI's envelope.
func (Codec) EncodeError(e *llm.Error, _ dialect.Options) []byte { return openaierror.Encode(e) }

// errorsOf reads the errors of a provider.
func errorsOf(provider string) openaierror.Reader {
	return openaierror.Reader{Dialect: llm.OpenAIResponses, Provider: provider}
}

// failure writes the error of a response that has failed. Clients act on the
// code: Codex gives up a full context and tries again when it is told to
// slow down.
func (w *writer) failure(e *llm.Error) {
	w.Open("error", '{')
	w.Str("code", codeOf(e))
	w.Str("message", openaierror.Message(e, e.Provider))
	w.Close('}')
}

// codes are the API's words for what clients act on.
//
// https://platform.openai.com/docs/api-reference/responses/object
var codes = map[llm.ErrorKind]string{
	llm.ContextLength: "context_length_exceeded",
	llm.Quota:         "insufficient_quota",
	llm.RateLimited:   "rate_limit_exceeded",
	llm.Overloaded:    "server_is_overloaded",
	llm.ContentFilter: "content_filter",
	llm.BadRequest:    "invalid_prompt",
	llm.Unsupported:   "invalid_prompt",
}

func codeOf(e *llm.Error) string {
	if e.RawDialect == llm.OpenAIResponses && e.Code != "" {
		return e.Code
	}
	return cmp.Or(codes[e.Kind], "server_error")
}
