package openaichat

import (
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/llm"
)

// EncodeError writes an error for a client, in OpenAI's envelope.
func (Codec) EncodeError(e *llm.Error, _ dialect.Options) []byte { return openaierror.Encode(e) }

// errorsOf reads the errors of a provider.
func errorsOf(provider string) openaierror.Reader {
	return openaierror.Reader{Dialect: llm.OpenAIChat, Provider: provider}
}
