package bedrock

import "sluice/core/internal/json"

// The types follow the API's JSON. Unknown members are kept everywhere.

type request struct {
	System     []block       `json:"system,omitzero"`
	Messages   []message     `json:"messages,omitzero"`
	Inference  *inference    `json:"inferenceConfig,omitzero"`
	ToolConfig *toolConfig   `json:"toolConfig,omitzero"`
	Output     *outputConfig `json:"outputConfig,omitzero"`
	Tier       *tier         `json:"serviceTier,omitzero"`
	Additional json.Value    `json:"additionalModelRequestFields,omitzero"`
	Rest       json.Value    `json:",embed"`
}

type message struct {
	Role    string     `json:"role"`
	Content []block    `json:"content"`
	Rest    json.Value `json:",embed"`
}

type inference struct {
	MaxTokens   *int64     `json:"maxTokens,omitzero"`
	Temperature json.Value `json:"temperature,omitzero"`
	TopP        json.Value `json:"topP,omitzero"`
	Stop        []string   `json:"stopSequences,omitzero"`
	Rest        json.Value `json:",embed"`
}

// A block is a union: one member says what it is. It serves for messages,
// system prompts and the content of tool results alike.
type block struct {
	Text       *string       `json:"text,omitzero"`
	Image      *media        `json:"image,omitzero"`
	Document   *media        `json:"document,omitzero"`
	Video      *media        `json:"video,omitzero"`
	Audio      *media        `json:"audio,omitzero"`
	ToolUse    *toolUse      `json:"toolUse,omitzero"`
	ToolResult *toolResult   `json:"toolResult,omitzero"`
	Reasoning  *reasoning    `json:"reasoningContent,omitzero"`
	Cited      *citedContent `json:"citationsContent,omitzero"`
	JSON       json.Value    `json:"json,omitzero"` // in tool results
	CachePoint *cachePoint   `json:"cachePoint,omitzero"`
	Rest       json.Value    `json:",embed"`
}

type media struct {
	Format string     `json:"format,omitzero"`
	Name   string     `json:"name,omitzero"`
	Source *source    `json:"source,omitzero"`
	Rest   json.Value `json:",embed"`
}

type source struct {
	Bytes *string    `json:"bytes,omitzero"` // base64
	S3    *s3        `json:"s3Location,omitzero"`
	Text  *string    `json:"text,omitzero"`
	Rest  json.Value `json:",embed"`
}

type s3 struct {
	URI  string     `json:"uri"`
	Rest json.Value `json:",embed"`
}

type toolUse struct {
	ID    string     `json:"toolUseId"`
	Name  string     `json:"name"`
	Input json.Value `json:"input,omitzero"`
	Type  string     `json:"type,omitzero"` // server_tool_use: the provider runs it
	Rest  json.Value `json:",embed"`
}

type toolResult struct {
	ID      string     `json:"toolUseId"`
	Content []block    `json:"content"`
	Status  string     `json:"status,omitzero"`
	Rest    json.Value `json:",embed"`
}

type reasoning struct {
	Text     *reasoningText `json:"reasoningText,omitzero"`
	Redacted *string        `json:"redactedContent,omitzero"` // base64
	Rest     json.Value     `json:",embed"`
}

type reasoningText struct {
	Text      string     `json:"text"`
	Signature string     `json:"signature,omitzero"`
	Rest      json.Value `json:",embed"`
}

type citedContent struct {
	Content   []plain    `json:"content,omitzero"`
	Citations []citation `json:"citations,omitzero"`
	Rest      json.Value `json:",embed"`
}

type citation struct {
	Title   string     `json:"title,omitzero"`
	Content []plain    `json:"sourceContent,omitzero"`
	Rest    json.Value `json:",embed"` // location, source
}

type plain struct {
	Text string `json:"text"`
}

type cachePoint struct {
	Type string     `json:"type"`
	TTL  string     `json:"ttl,omitzero"`
	Rest json.Value `json:",embed"`
}

type toolConfig struct {
	Tools  []tool      `json:"tools"`
	Choice *toolChoice `json:"toolChoice,omitzero"`
	Rest   json.Value  `json:",embed"`
}

type tool struct {
	Spec       *toolSpec   `json:"toolSpec,omitzero"`
	CachePoint *cachePoint `json:"cachePoint,omitzero"`
	Rest       json.Value  `json:",embed"`
}

type toolSpec struct {
	Name        string       `json:"name"`
	Description string       `json:"description,omitzero"`
	Schema      *inputSchema `json:"inputSchema,omitzero"`
	Strict      *bool        `json:"strict,omitzero"`
	Rest        json.Value   `json:",embed"`
}

type inputSchema struct {
	JSON json.Value `json:"json,omitzero"`
	Rest json.Value `json:",embed"`
}

type toolChoice struct {
	Auto json.Value `json:"auto,omitzero"`
	Any  json.Value `json:"any,omitzero"`
	Tool *namedTool `json:"tool,omitzero"`
	Rest json.Value `json:",embed"`
}

type namedTool struct {
	Name string     `json:"name"`
	Rest json.Value `json:",embed"`
}

type outputConfig struct {
	Effort string      `json:"effort,omitzero"`
	Format *textFormat `json:"textFormat,omitzero"`
	Rest   json.Value  `json:",embed"`
}

type textFormat struct {
	Type      string     `json:"type"`
	Structure structure  `json:"structure"`
	Rest      json.Value `json:",embed"`
}

type structure struct {
	Schema *jsonSchema `json:"jsonSchema,omitzero"`
	Rest   json.Value  `json:",embed"`
}

type jsonSchema struct {
	Schema      string     `json:"schema"` // JSON, as text
	Name        string     `json:"name,omitzero"`
	Description string     `json:"description,omitzero"`
	Rest        json.Value `json:",embed"`
}

type tier struct {
	Type string     `json:"type"`
	Rest json.Value `json:",embed"`
}

type response struct {
	Output     *output    `json:"output,omitzero"`
	StopReason string     `json:"stopReason,omitzero"`
	Usage      *usage     `json:"usage,omitzero"`
	Tier       *tier      `json:"serviceTier,omitzero"`
	Additional json.Value `json:"additionalModelResponseFields,omitzero"`
	Rest       json.Value `json:",embed"` // metrics, trace, performanceConfig
}

type output struct {
	Message *message   `json:"message,omitzero"`
	Rest    json.Value `json:",embed"`
}

type usage struct {
	Input      int64      `json:"inputTokens"` // without cached tokens
	Output     int64      `json:"outputTokens"`
	Total      *int64     `json:"totalTokens,omitzero"`
	CacheRead  *int64     `json:"cacheReadInputTokens,omitzero"`
	CacheWrite *int64     `json:"cacheWriteInputTokens,omitzero"` // of all lifetimes
	Details    json.Value `json:"cacheDetails,omitzero"`
	Rest       json.Value `json:",embed"`
}

type cacheDetail struct {
	Input int64  `json:"inputTokens"`
	TTL   string `json:"ttl"`
}

// An event is the payload of any event of a stream but metadata. The member
// "p" is padding against guessing at lengths.
type event struct {
	Index      int        `json:"contentBlockIndex"`
	Start      *start     `json:"start"`
	Delta      delta      `json:"delta"`
	StopReason string     `json:"stopReason"`
	Additional json.Value `json:"additionalModelResponseFields"`
}

type start struct {
	ToolUse    *toolUse    `json:"toolUse"`
	ToolResult *toolResult `json:"toolResult"`
	Image      *media      `json:"image"`
	Rest       json.Value  `json:",embed"`
}

type delta struct {
	Text       *string         `json:"text"`
	ToolUse    *inputDelta     `json:"toolUse"`
	ToolResult []block         `json:"toolResult"`
	Reasoning  *reasoningDelta `json:"reasoningContent"`
	Citation   *citation       `json:"citation"`
	Image      *media          `json:"image"`
	Rest       json.Value      `json:",embed"`
}

type inputDelta struct {
	Input string `json:"input"`
}

type reasoningDelta struct {
	Text      *string    `json:"text"`
	Signature *string    `json:"signature"`
	Redacted  *string    `json:"redactedContent"`
	Rest      json.Value `json:",embed"`
}

type metadata struct {
	Usage *usage     `json:"usage,omitzero"`
	Tier  *tier      `json:"serviceTier,omitzero"`
	Pad   json.Value `json:"p,omitzero"`
	Rest  json.Value `json:",embed"` // metrics, trace, performanceConfig
}
