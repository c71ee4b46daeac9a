// Package openaitext is the dialect of OpenAI's older Completions API, both
// sides: a prompt goes in, the text that follows it comes out. Clients of it
// are evaluation harnesses, editors, and programs written before chat; models
// of it are base models and those that followed instructions before chat.
//
// On the way to another dialect the prompt becomes one turn of the user, and
// the texts of the answer become one text. What a conversation cannot say is
// refused by [Leave]: several prompts at once, prompts of token ids, a suffix,
// an echo. Reasoning and citations of the answer have no word here and are
// reported.
//
// On the way here a lone turn of the user is the prompt. A longer
// conversation is written as [dialect.Transcript] has it, which is the form of
// the reference for models without chat: a line "role: text" for each turn,
// then "Assistant:". Tools, media, structured output and reasoning are
// refused: a text cannot do what they ask for.
//
// https://platform.openai.com/docs/api-reference/completions
package openaitext

import (
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Codec is the dialect. It has no state.
type Codec struct{}

var (
	_ dialect.Inbound  = Codec{}
	_ dialect.Outbound = Codec{}
)

// Dialect returns [llm.OpenAIText].
func (Codec) Dialect() llm.Dialect { return llm.OpenAIText }

// EncodeError writes an error for a client, in OpenAI's envelope.
func (Codec) EncodeError(e *llm.Error, _ dialect.Options) []byte { return openaierror.Encode(e) }

// errorsOf reads the errors of a provider.
func errorsOf(provider string) openaierror.Reader {
	return openaierror.Reader{Dialect: llm.OpenAIText, Provider: provider}
}

// own returns the residue of n that is this dialect's.
func own(n llm.Native) json.Object { return json.ObjectOf(n.For(llm.OpenAIText)) }

// residue makes the Native of what was decoded. Its dialect is always set: it
// marks what came from here.
func residue(rest json.Value, extra ...json.Member) llm.Native {
	n := llm.Residue(llm.OpenAIText, rest, extra...)
	n.Dialect = llm.OpenAIText
	return n
}
