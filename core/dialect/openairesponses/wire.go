package openairesponses

import (
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
)

// request is the body of POST /responses. Members without a word in package
// llm stay in Rest.
type request struct {
	Model             string     `json:"model"`
	Input             json.Value `json:"input"`
	Instructions      json.Value `json:"instructions"`
	Tools             []tool     `json:"tools"`
	ToolChoice        json.Value `json:"tool_choice"`
	ParallelToolCalls *bool      `json:"parallel_tool_calls"`
	MaxOutputTokens   *int64     `json:"max_output_tokens"`
	Temperature       number     `json:"temperature"`
	TopP              number     `json:"top_p"`
	Text              json.Value `json:"text"`
	Reasoning         json.Value `json:"reasoning"`
	User              string     `json:"user"`
	ServiceTier       string     `json:"service_tier"`
	Stream            bool       `json:"stream"`
	Rest              json.Value `json:",embed"`
}

// item is one of an input or an output. Which members count depends on Type;
// they are read later, so that an item of a kind nobody knows cannot fail.
type item struct {
	Type      json.Value `json:"type,omitzero"`
	ID        json.Value `json:"id,omitzero"`
	Status    json.Value `json:"status,omitzero"`
	Role      json.Value `json:"role,omitzero"`
	Content   json.Value `json:"content,omitzero"`
	CallID    json.Value `json:"call_id,omitzero"`
	Namespace json.Value `json:"namespace,omitzero"`
	Name      json.Value `json:"name,omitzero"`
	Arguments json.Value `json:"arguments,omitzero"`
	Input     json.Value `json:"input,omitzero"`
	Output    json.Value `json:"output,omitzero"`
	Summary   json.Value `json:"summary,omitzero"`
	Encrypted json.Value `json:"encrypted_content,omitzero"`
	Rest      json.Value `json:",embed"`
}

// part is one of the content of a message or of what a tool has given.
type part struct {
	Type        json.Value `json:"type,omitzero"`
	Text        json.Value `json:"text,omitzero"`
	Refusal     json.Value `json:"refusal,omitzero"`
	Annotations json.Value `json:"annotations,omitzero"`
	ImageURL    json.Value `json:"image_url,omitzero"`
	Detail      json.Value `json:"detail,omitzero"`
	FileID      json.Value `json:"file_id,omitzero"`
	FileData    json.Value `json:"file_data,omitzero"`
	FileURL     json.Value `json:"file_url,omitzero"`
	Filename    json.Value `json:"filename,omitzero"`
	InputAudio  json.Value `json:"input_audio,omitzero"`
	Rest        json.Value `json:",embed"`
}

// tool is one of a request. Types other than function, custom and namespace
// are the provider's own.
type tool struct {
	Type        string     `json:"type,omitzero"`
	Name        json.Value `json:"name,omitzero"`
	Description json.Value `json:"description,omitzero"`
	Parameters  json.Value `json:"parameters,omitzero"`
	Strict      json.Value `json:"strict,omitzero"`
	Tools       json.Value `json:"tools,omitzero"` // of a namespace
	Rest        json.Value `json:",embed"`
}

// Values that senders spell in several ways.
type (
	number = openaiwire.Number
	text   = openaiwire.Text
	maybe  = openaiwire.Maybe
	count  = openaiwire.Count
)
