package bedrockinvoke

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/bedrock"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/json"
)

// A codec is both halves of a family's dialect.
type codec interface {
	dialect.Inbound
	dialect.Outbound
}

// An envelope is InvokeModel around the dialect of one family.
type envelope struct {
	codec
	// open takes a body out of the envelope, and seal puts it in: it names
	// what has no place there. h are the headers that the dialect wants.
	open func(body []byte) ([]byte, error)
	seal func(body []byte, h map[string][]string) (sealed []byte, dropped []string, err error)
	// speaksAs is a model that has all the words of the dialect, where those
	// depend on the model.
	speaksAs string
	// named says that an event of a stream is an object whose only member has
	// the event's name, as the messages of ConverseStream have theirs.
	named bool
}

var (
	claudeFamily = envelope{codec: anthropic.Codec{}, open: openMessages, seal: sealMessages}
	novaFamily   = envelope{codec: bedrock.Codec{}, open: openNova, seal: sealNova, speaksAs: "amazon.nova-lite-v1:0", named: true}
	chatFamily   = envelope{codec: openaichat.Codec{}, open: asItIs, seal: sealChat}
)

func asItIs(body []byte) ([]byte, error) { return body, nil }

// familyOfRequest finds the family by what only its requests have.
func familyOfRequest(model string, body []byte) envelope {
	has := func(path ...string) bool { return json.Lookup(body, path...) != nil }
	switch {
	case !has("messages"):
		return textEnvelope(textOfRequest(model, body))
	case has("anthropic_version"), bedrock.IsClaude(model):
		return claudeFamily
	case has("schemaVersion"), has("inferenceConfig"), has("toolConfig"), isNova(model), isConverse(body):
		return novaFamily
	}
	return chatFamily
}

// isConverse reports whether a message's content is a list of objects without
// types, as only Converse has it.
func isConverse(body []byte) bool {
	block := json.Lookup(body, "messages", "0", "content", "0")
	return block.Kind() == '{' && json.Lookup(block, "type") == nil
}

func isNova(model string) bool { return strings.Contains(model, "amazon.nova") }

// familyOfModel finds the family by the model's id.
func familyOfModel(model string) envelope {
	switch text := textOfModel(model); {
	case text != nil:
		return textEnvelope(text)
	case isNova(model):
		return novaFamily
	case bedrock.IsClaude(model) || model == "" || strings.HasPrefix(model, "arn:"):
		return claudeFamily
	}
	return chatFamily
}

// familyOfAnswer finds the family by what only its answers have, whole or in
// the first event of a stream. It reports false if nobody knows the form, as
// that of a vector or of a model to come.
func familyOfAnswer(v json.Value) (e envelope, known bool) {
	has := func(path ...string) bool { return json.Lookup(v, path...) != nil }
	switch {
	case has("output"), has("messageStart"), has("contentBlockStart"), has("contentBlockDelta"):
		return novaFamily, true
	case has("type"):
		return claudeFamily, true
	}
	if text := textOfAnswer(v); text != nil {
		return textEnvelope(text), true
	}
	return chatFamily, has("choices")
}
