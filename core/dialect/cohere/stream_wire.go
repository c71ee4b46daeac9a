package cohere

import "sluice/core/internal/json"

// event is one of a stream. Which members count depends on Type.
//
// https://docs.cohere.com/docs/streaming
type event struct {
	Type     string     `json:"type"`
	ID       string     `json:"id"`
	Index    int        `json:"index"`
	Delta    delta      `json:"delta"`
	Logprobs json.Value `json:"logprobs"`
	Message  json.Value `json:"message"` // of an error
}

type delta struct {
	Message struct {
		Content   fragment   `json:"content"`
		ToolPlan  string     `json:"tool_plan"`
		ToolCalls callDelta  `json:"tool_calls"`
		Citations json.Value `json:"citations"`
	} `json:"message"`
	FinishReason string     `json:"finish_reason"`
	Error        string     `json:"error"`
	Usage        json.Value `json:"usage"`
	Rest         json.Value `json:",embed"`
}

// fragment is a piece of the content: an object, or the empty list that the
// first event has.
type fragment struct {
	Type      string `json:"type"`
	Text      string `json:"text"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"` // the gateway's own extension
}

func (f *fragment) UnmarshalJSONFrom(d *json.Decoder) error {
	type plain fragment
	*f = fragment{}
	if d.PeekKind() != '{' {
		return d.SkipValue()
	}
	return json.Decode(d, (*plain)(f))
}

// callDelta is a piece of a tool call: an object, not the list that its name
// tells of, except in the first event.
type callDelta toolCall

func (c *callDelta) UnmarshalJSONFrom(d *json.Decoder) error {
	*c = callDelta{}
	if d.PeekKind() != '{' {
		return d.SkipValue()
	}
	return json.Decode(d, (*toolCall)(c))
}
