package cohere

import (
	"errors"

	"sluice/core/internal/json"
)

// request is the body of POST /v2/chat. Members without a word in package llm
// stay in Rest.
type request struct {
	Model            string     `json:"model"`
	Messages         []message  `json:"messages"`
	Tools            []tool     `json:"tools"`
	StrictTools      *bool      `json:"strict_tools"`
	ToolChoice       string     `json:"tool_choice"`
	Documents        []document `json:"documents"`
	ResponseFormat   json.Value `json:"response_format"`
	MaxTokens        *int64     `json:"max_tokens"`
	StopSequences    []string   `json:"stop_sequences"`
	Temperature      json.Value `json:"temperature"`
	P                json.Value `json:"p"`
	K                *int64     `json:"k"`
	FrequencyPenalty json.Value `json:"frequency_penalty"`
	PresencePenalty  json.Value `json:"presence_penalty"`
	Seed             *int64     `json:"seed"`
	Thinking         json.Value `json:"thinking"`
	Stream           *bool      `json:"stream"`
	Rest             json.Value `json:",embed"`
}

// message is one of a request, or the one of an answer.
type message struct {
	Role       string     `json:"role"`
	Content    content    `json:"content"`
	ToolPlan   *string    `json:"tool_plan"`
	ToolCalls  []toolCall `json:"tool_calls"`
	ToolCallID string     `json:"tool_call_id"`
	Citations  []citation `json:"citations"`
	Rest       json.Value `json:",embed"`
}

// part is one of a content array. Which members count depends on Type.
type part struct {
	Type      string     `json:"type"`
	Text      *string    `json:"text"`
	Thinking  *string    `json:"thinking"`
	Signature string     `json:"signature"` // the gateway's own extension
	ImageURL  *imageURL  `json:"image_url"`
	Document  *document  `json:"document"`
	Rest      json.Value `json:",embed"`
}

type imageURL struct {
	URL    string     `json:"url"`
	Detail string     `json:"detail"`
	Rest   json.Value `json:",embed"`
}

type toolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function functionCall `json:"function"`
	Rest     json.Value   `json:",embed"`
}

type functionCall struct {
	Name      string     `json:"name"`
	Arguments string     `json:"arguments"`
	Rest      json.Value `json:",embed"`
}

type tool struct {
	Type     string     `json:"type"`
	Function *function  `json:"function"`
	Rest     json.Value `json:",embed"`
}

type function struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Parameters  json.Value `json:"parameters"`
	Rest        json.Value `json:",embed"`
}

// content is a string, null or an array of parts.
type content struct {
	Plain *string // not nil for a string
	Parts []part
}

func (c *content) UnmarshalJSONFrom(d *json.Decoder) error {
	*c = content{}
	switch d.PeekKind() {
	case 'n':
		return d.SkipValue()
	case '"':
		t, err := d.ReadToken()
		s := t.String()
		c.Plain = &s
		return err
	case '[':
		return json.Decode(d, &c.Parts)
	}
	return errors.New("must be a string or an array of parts")
}

// quoted is the JSON of a string that is there.
func quoted(s string) json.Value {
	if s == "" {
		return nil
	}
	return json.Quote(s)
}

// notNull is v, or nothing for null.
func notNull(v json.Value) json.Value {
	if v.Kind() == 'n' {
		return nil
	}
	return v
}
