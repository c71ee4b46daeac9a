package anthropic

import (
	"sluice/core/internal/json"
)

// Requests and blocks are read with every member as raw JSON. So a wrong type
// is found by the code that knows its path, and a member that a block has
// beside those of its type goes to the residue instead of getting lost.

// incoming is a request as a client sent it.
type incoming struct {
	Model         json.Value `json:"model"`
	MaxTokens     json.Value `json:"max_tokens"`
	System        json.Value `json:"system"`
	Messages      json.Value `json:"messages"`
	Tools         json.Value `json:"tools"`
	ToolChoice    json.Value `json:"tool_choice"`
	Thinking      json.Value `json:"thinking"`
	OutputConfig  json.Value `json:"output_config"`
	OutputFormat  json.Value `json:"output_format"` // where a beta had output_config.format
	StopSequences json.Value `json:"stop_sequences"`
	Temperature   json.Value `json:"temperature"`
	TopP          json.Value `json:"top_p"`
	TopK          json.Value `json:"top_k"`
	Stream        json.Value `json:"stream"`
	Metadata      json.Value `json:"metadata"`
	ServiceTier   json.Value `json:"service_tier"`
	CacheControl  json.Value `json:"cache_control"`
	Rest          json.Value `json:",embed"`
}

// outgoing is a request for an upstream. The order of its members is the
// order on the wire.
type outgoing struct {
	Model         string        `json:"model"`
	MaxTokens     *int64        `json:"max_tokens,omitzero"`
	System        []block       `json:"system,omitzero"`
	Messages      []message     `json:"messages"`
	Tools         []tool        `json:"tools,omitzero"`
	ToolChoice    *toolChoice   `json:"tool_choice,omitzero"`
	Thinking      *thinking     `json:"thinking,omitzero"`
	OutputConfig  *outputConfig `json:"output_config,omitzero"`
	StopSequences []string      `json:"stop_sequences,omitzero"`
	Temperature   json.Value    `json:"temperature,omitzero"`
	TopP          json.Value    `json:"top_p,omitzero"`
	TopK          *int64        `json:"top_k,omitzero"`
	Stream        bool          `json:"stream,omitzero"`
	Metadata      *metadata     `json:"metadata,omitzero"`
	ServiceTier   string        `json:"service_tier,omitzero"`
	CacheControl  json.Value    `json:"cache_control,omitzero"`
	Rest          json.Value    `json:",embed"`
}

type message struct {
	Role    string     `json:"role"`
	Content []block    `json:"content"`
	Rest    json.Value `json:",embed"`
}

// messageIn is a message of a request; its content is text or blocks.
type messageIn struct {
	Role    json.Value `json:"role"`
	Content json.Value `json:"content"`
	Rest    json.Value `json:",embed"`
}

// block is a content block of any type.
type block struct {
	Type         json.Value `json:"type,omitzero"`
	ID           json.Value `json:"id,omitzero"`
	Name         json.Value `json:"name,omitzero"`
	Input        json.Value `json:"input,omitzero"`
	ToolUseID    json.Value `json:"tool_use_id,omitzero"`
	Content      json.Value `json:"content,omitzero"`
	IsError      json.Value `json:"is_error,omitzero"`
	Source       json.Value `json:"source,omitzero"`
	Title        json.Value `json:"title,omitzero"`
	Text         json.Value `json:"text,omitzero"`
	Citations    json.Value `json:"citations,omitzero"`
	Thinking     json.Value `json:"thinking,omitzero"`
	Signature    json.Value `json:"signature,omitzero"`
	Data         json.Value `json:"data,omitzero"`
	CacheControl json.Value `json:"cache_control,omitzero"`
	Rest         json.Value `json:",embed"`
}

// take returns a member and removes it, so that what is left in the end is
// the residue.
func take(v *json.Value) json.Value {
	got := *v
	*v = nil
	return got
}

// residue returns the members that were not taken.
func (b *block) residue() json.Value {
	for _, v := range [...]json.Value{
		b.Type, b.ID, b.Name, b.Input, b.ToolUseID, b.Content, b.IsError, b.Source,
		b.Title, b.Text, b.Citations, b.Thinking, b.Signature, b.Data, b.CacheControl,
	} {
		if v != nil {
			return marshal(*b)
		}
	}
	return b.Rest
}

type source struct {
	Type      json.Value `json:"type,omitzero"`
	MediaType json.Value `json:"media_type,omitzero"`
	Data      json.Value `json:"data,omitzero"`
	URL       json.Value `json:"url,omitzero"`
	FileID    json.Value `json:"file_id,omitzero"`
	Content   json.Value `json:"content,omitzero"`
	Rest      json.Value `json:",embed"`
}

type cacheControl struct {
	Type json.Value `json:"type,omitzero"`
	TTL  json.Value `json:"ttl,omitzero"`
	Rest json.Value `json:",embed"`
}

type citation struct {
	Type          json.Value `json:"type,omitzero"`
	CitedText     json.Value `json:"cited_text,omitzero"`
	URL           json.Value `json:"url,omitzero"`
	Title         json.Value `json:"title,omitzero"`
	DocumentTitle json.Value `json:"document_title,omitzero"`
	Rest          json.Value `json:",embed"`
}

type tool struct {
	Type         json.Value `json:"type,omitzero"`
	Name         json.Value `json:"name,omitzero"`
	Description  json.Value `json:"description,omitzero"`
	InputSchema  json.Value `json:"input_schema,omitzero"`
	Strict       json.Value `json:"strict,omitzero"`
	CacheControl json.Value `json:"cache_control,omitzero"`
	Rest         json.Value `json:",embed"`
}

type toolChoice struct {
	Type     json.Value `json:"type,omitzero"`
	Name     json.Value `json:"name,omitzero"`
	Disabled json.Value `json:"disable_parallel_tool_use,omitzero"`
	Rest     json.Value `json:",embed"`
}

type thinking struct {
	Type    json.Value `json:"type,omitzero"`
	Budget  json.Value `json:"budget_tokens,omitzero"`
	Display json.Value `json:"display,omitzero"`
	Rest    json.Value `json:",embed"`
}

type outputConfig struct {
	Format json.Value `json:"format,omitzero"`
	Effort json.Value `json:"effort,omitzero"`
	Rest   json.Value `json:",embed"`
}

type outputFormat struct {
	Type   json.Value `json:"type,omitzero"`
	Schema json.Value `json:"schema,omitzero"`
	Rest   json.Value `json:",embed"`
}

type metadata struct {
	UserID json.Value `json:"user_id,omitzero"`
	Rest   json.Value `json:",embed"`
}

// answer is a whole answer.
type answer struct {
	ID           json.Value `json:"id"`
	Type         json.Value `json:"type"`
	Role         json.Value `json:"role"`
	Model        json.Value `json:"model"`
	Content      json.Value `json:"content"`
	StopReason   json.Value `json:"stop_reason"` // null where there is none, as the first party has it
	StopSequence json.Value `json:"stop_sequence"`
	Usage        json.Value `json:"usage"`
	Rest         json.Value `json:",embed"`
}

// marshal writes a wire type. It cannot fail: every raw member was valid when
// it was read or made.
func marshal(v any) json.Value {
	b, err := json.Marshal(v)
	if err != nil {
		return json.Value("null")
	}
	return b
}

// absent reports whether a member is missing or null.
func absent(v json.Value) bool { return len(v) == 0 || v.Kind() == 'n' }

// word returns a constant text as JSON.
func word(s string) json.Value { return json.Value(`"` + s + `"`) }
