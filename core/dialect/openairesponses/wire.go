package openairesponses

import (
	"errors"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
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

// encode writes a wire type back as it was read.
func encode(v any) json.Value {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// number is a JSON number as it was written; null is absent.
type number llm.Number

func (n *number) UnmarshalJSONFrom(d *json.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case 'n':
		*n = ""
	case '0':
		*n = number(v)
	default:
		return errors.New("must be a number")
	}
	return nil
}

// text is a string for which some senders write another type: then it is the
// JSON. Null is empty.
type text string

func (t *text) UnmarshalJSONFrom(d *json.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		*t = ""
		return d.SkipValue()
	case '"':
		s, err := d.ReadToken()
		*t = text(s.String())
		return err
	}
	v, err := d.ReadValue()
	*t = text(v)
	return err
}

// maybe is a value as it was written. Null is absent.
type maybe json.Value

func (m *maybe) UnmarshalJSONFrom(d *json.Decoder) error {
	if d.PeekKind() == 'n' {
		*m = nil
		return d.SkipValue()
	}
	v, err := d.ReadValue()
	*m = append((*m)[:0], v...)
	return err
}

func (m maybe) value() json.Value { return json.Value(m) }

// count is a number of tokens, or an index. What is no number, or is
// negative, is 0: a slip in a counter must not cost the answer. The limit
// keeps sums from overflowing.
type count int64

const maxCount = 1 << 40

func (c *count) UnmarshalJSONFrom(d *json.Decoder) error {
	v, err := d.ReadValue()
	*c = count(min(max(wholeNumber(v), 0), maxCount))
	return err
}

// wholeNumber reads a number of any spelling; what is none is 0.
func wholeNumber(v json.Value) int64 {
	if v.Kind() != '0' {
		return 0
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f != f || f > 1<<62 || f < -1<<62 {
		return 0
	}
	return int64(f)
}

func notNull(v json.Value) json.Value {
	if v.Kind() == 'n' {
		return nil
	}
	return v
}
