package embed

import (
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Request asks for one vector for each input.
type Request struct {
	Model      string
	Inputs     []Input // at least one
	Dimensions int64   // of the vectors; 0: the model's own
	Base64     bool    // vectors are wanted in base64
	body       json.Value
}

// An Input is text, or token ids, or media with or without text.
type Input struct {
	Text   string
	Tokens []int64 // nil, unless the input is token ids
	Image  *Media
	Video  *Media
}

// Media is an image or a video: exactly one of URL and Base64 is set.
type Media struct {
	URL    string // a data URL counts as one
	Base64 string
	// Of a video: the part that counts, in seconds, and the seconds between
	// two vectors, as the client wrote them; nil if it did not.
	StartOffset, EndOffset, Interval json.Value
}

// DecodeRequest reads OpenAI's form.
func DecodeRequest(body []byte) (*Request, error) {
	m, err := json.Pick(body, "model", "input", "dimensions", "encoding_format")
	if err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the request body is not a JSON object", Err: err}
	}
	r := &Request{Model: json.Unquote(m[0]), body: body}
	if r.Inputs, err = decodeInputs(m[1]); err != nil {
		return nil, err
	}
	if json.Present(m[2]) {
		if r.Dimensions, err = strconv.ParseInt(string(m[2]), 10, 32); err != nil || r.Dimensions <= 0 {
			return nil, dialect.BadMember("dimensions", "must be a whole number above 0")
		}
	}
	switch format := json.Unquote(m[3]); {
	case format == "base64":
		r.Base64 = true
	case json.Present(m[3]) && format != "float":
		return nil, dialect.BadMember("encoding_format", "must be float or base64")
	}
	return r, nil
}

func decodeInputs(v json.Value) ([]Input, error) {
	if v.Kind() != '[' {
		one, err := decodeInput(v, "input")
		return []Input{one}, err
	}
	elements, err := json.Elements(v)
	if err != nil || len(elements) == 0 {
		return nil, dialect.BadMember("input", "must not be empty")
	}
	if elements[0].Kind() == '0' {
		one, err := decodeInput(v, "input")
		return []Input{one}, err
	}
	out := make([]Input, len(elements))
	for i, e := range elements {
		if out[i], err = decodeInput(e, "input["+strconv.Itoa(i)+"]"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func decodeInput(v json.Value, at string) (in Input, err error) {
	switch v.Kind() {
	case '"':
		in.Text = json.Unquote(v)
	case '[':
		if json.Unmarshal(v, &in.Tokens) != nil || len(in.Tokens) == 0 {
			return in, dialect.BadMember(at, "must be a text, or token ids")
		}
	case '{':
		return decodeObject(v, at)
	default:
		return in, dialect.BadMember(at, "must be a text, token ids, or an object with a text, an image or a video")
	}
	return in, nil
}

func decodeObject(v json.Value, at string) (in Input, err error) {
	m, err := json.Pick(v, "text", "image", "video")
	if err != nil || !json.Present(m[0]) && !json.Present(m[1]) && !json.Present(m[2]) {
		return in, dialect.BadMember(at, "must have a text, an image or a video")
	}
	if json.Present(m[0]) && m[0].Kind() != '"' {
		return in, dialect.BadMember(at+".text", "must be a text")
	}
	in.Text = json.Unquote(m[0])
	if in.Image, err = decodeMedia(m[1], at+".image"); err != nil {
		return in, err
	}
	in.Video, err = decodeMedia(m[2], at+".video")
	return in, err
}

func decodeMedia(v json.Value, at string) (*Media, error) {
	switch v.Kind() {
	case '"':
		text := json.Unquote(v)
		if strings.Contains(text, ":") { // base64 has no colon
			return &Media{URL: text}, nil
		}
		return &Media{Base64: text}, nil
	case 'n', 0:
		return nil, nil
	}
	m, err := json.Pick(v, "url", "base64", "start_offset", "end_offset", "interval")
	if err != nil {
		return nil, dialect.BadMember(at, "must be an object with a url or base64")
	}
	media := &Media{URL: json.Unquote(m[0]), Base64: json.Unquote(m[1]), StartOffset: m[2], EndOffset: m[3], Interval: m[4]}
	if (media.URL == "") == (media.Base64 == "") {
		return nil, dialect.BadMember(at, "must have either a url or base64")
	}
	return media, nil
}

// Texts gives the inputs of a model that reads nothing but text. provider is
// named in the error if there is anything else.
func (r *Request) Texts(provider string) ([]string, error) {
	texts := make([]string, len(r.Inputs))
	for i, in := range r.Inputs {
		switch {
		case in.Tokens != nil:
			return nil, llm.Errorf(llm.BadRequest, "input: token ids are not supported by %s: send the text", provider)
		case in.Image != nil || in.Video != nil:
			return nil, llm.Errorf(llm.BadRequest, "input: images and videos are not supported by this model of %s", provider)
		}
		texts[i] = in.Text
	}
	return texts, nil
}

// Member is a member of the request that has no field here, such as
// input_type. It is nil if it is absent or null.
func (r *Request) Member(name string) json.Value { return dialect.MemberOf(r.body, name) }

// Left names the members that a provider is not told. Model, input and
// encoding_format always count as said: a [Form] takes care of the last.
func (r *Request) Left(said ...string) []string {
	return dialect.Left(r.body, append([]string{"model", "input", "encoding_format"}, said...)...)
}
