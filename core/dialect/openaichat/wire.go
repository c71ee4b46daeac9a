package openaichat

import (
	"errors"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
)

// request is the body of POST /chat/completions. Members without a word in
// package llm stay in Rest.
type request struct {
	Model               string        `json:"model"`
	Messages            []message     `json:"messages"`
	Tools               []tool        `json:"tools"`
	Functions           []function    `json:"functions"` // before tools
	ToolChoice          json.Value    `json:"tool_choice"`
	FunctionCall        json.Value    `json:"function_call"`
	ParallelToolCalls   *bool         `json:"parallel_tool_calls"`
	MaxTokens           *int64        `json:"max_tokens"`
	MaxCompletionTokens *int64        `json:"max_completion_tokens"`
	Temperature         number        `json:"temperature"`
	TopP                number        `json:"top_p"`
	TopK                *int64        `json:"top_k"` // not OpenAI's
	FrequencyPenalty    number        `json:"frequency_penalty"`
	PresencePenalty     number        `json:"presence_penalty"`
	Seed                *int64        `json:"seed"`
	Stop                stops         `json:"stop"`
	N                   *int64        `json:"n"`
	ResponseFormat      json.Value    `json:"response_format"`
	ReasoningEffort     string        `json:"reasoning_effort"`
	Thinking            json.Value    `json:"thinking"` // not OpenAI's
	User                string        `json:"user"`
	ServiceTier         string        `json:"service_tier"`
	CacheControl        *cacheControl `json:"cache_control"` // not OpenAI's
	Stream              bool          `json:"stream"`
	StreamOptions       *struct {
		IncludeUsage *bool      `json:"include_usage"`
		Rest         json.Value `json:",embed"`
	} `json:"stream_options"`
	Rest json.Value `json:",embed"`
}

// message is one of a request, or the one of an answer.
type message struct {
	Role             string        `json:"role"`
	Name             string        `json:"name"`
	Content          content       `json:"content"`
	ContentBlocks    []part        `json:"content_blocks"` // not OpenAI's
	Refusal          string        `json:"refusal"`
	ReasoningContent json.Value    `json:"reasoning_content"` // DeepSeek's word
	Reasoning        json.Value    `json:"reasoning"`         // OpenRouter's word
	ToolCalls        []toolCall    `json:"tool_calls"`
	FunctionCall     *functionCall `json:"function_call"` // before tool_calls
	ToolCallID       string        `json:"tool_call_id"`
	Annotations      json.Value    `json:"annotations"`
	CacheControl     *cacheControl `json:"cache_control"` // not OpenAI's
	Rest             json.Value    `json:",embed"`
}

// part is one of a content array. Which members count depends on Type; most
// are read later, so that a part of a kind nobody knows cannot fail.
type part struct {
	Type         string        `json:"type"`
	Text         *string       `json:"text"`
	ImageURL     json.Value    `json:"image_url"`
	VideoURL     json.Value    `json:"video_url"` // not OpenAI's, as all below but two
	AudioURL     json.Value    `json:"audio_url"`
	InputAudio   json.Value    `json:"input_audio"` // OpenAI's
	File         json.Value    `json:"file"`        // OpenAI's
	Refusal      json.Value    `json:"refusal"`
	Thinking     json.Value    `json:"thinking"`
	Signature    json.Value    `json:"signature"`
	Data         json.Value    `json:"data"`
	CacheControl *cacheControl `json:"cache_control"`
	Rest         json.Value    `json:",embed"`
}

type toolCall struct {
	ID           text          `json:"id"`
	Type         string        `json:"type"`
	Function     *functionCall `json:"function"`
	Custom       *customCall   `json:"custom"`
	CacheControl *cacheControl `json:"cache_control"`
	Rest         json.Value    `json:",embed"`
}

type functionCall struct {
	Name      string     `json:"name"`
	Arguments text       `json:"arguments"`
	Rest      json.Value `json:",embed"`
}

type customCall struct {
	Name  string     `json:"name"`
	Input string     `json:"input"`
	Rest  json.Value `json:",embed"`
}

type annotation struct {
	Type        string     `json:"type"`
	URLCitation json.Value `json:"url_citation,omitzero"`
	Rest        json.Value `json:",embed"`
}

type cacheControl struct {
	Type string     `json:"type,omitzero"`
	TTL  string     `json:"ttl,omitzero"`
	Rest json.Value `json:",embed"`
}

// content is a string, null or an array of parts.
type content struct {
	Null  bool // or absent
	Text  string
	Parts []part // not nil for an array
	seen  bool
}

func (c content) absent() bool { return !c.seen || c.Null }

func (c *content) UnmarshalJSONFrom(d *json.Decoder) error {
	*c = content{seen: true}
	switch d.PeekKind() {
	case 'n':
		c.Null = true
		return d.SkipValue()
	case '"':
		t, err := d.ReadToken()
		c.Text = t.String()
		return err
	case '[':
		return json.Decode(d, &c.Parts)
	}
	return errors.New("must be a string or an array of parts")
}

// Values that senders spell in several ways.
type (
	number = openaiwire.Number
	stops  = openaiwire.Stops
	text   = openaiwire.Text
	maybe  = openaiwire.Maybe
)
