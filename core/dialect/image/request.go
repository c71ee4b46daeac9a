package image

import (
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Request asks for images that a prompt describes.
type Request struct {
	Model         string
	Prompt        string
	N             int64 // images; 0: not said, which is one
	Width, Height int64 // pixels; 0: not said, or left to the model
	// Format is what the client wants an image as: [URL], [Base64], or empty
	// if it did not say.
	Format string
	gives  string // what the provider has, see Form
	body   json.Value
}

// What images are wanted as.
const (
	URL    = "url"
	Base64 = "b64_json"
)

// most keeps sides within what a provider could mean, mostImages what one
// request may cost: some forms make a request for each image.
const (
	most       = 1 << 20
	mostImages = 32
)

// DecodeRequest reads OpenAI's form.
func DecodeRequest(body []byte) (*Request, error) {
	m, err := json.Pick(body, "model", "prompt", "n", "size", "response_format")
	if err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the request body is not a JSON object", Err: err}
	}
	r := &Request{Model: json.Unquote(m[0]), Prompt: json.Unquote(m[1]), Format: json.Unquote(m[4]), body: body}
	switch {
	case m[1].Kind() != '"':
		return nil, dialect.BadMember("prompt", "must be a text")
	case json.Present(m[4]) && r.Format != URL && r.Format != Base64:
		return nil, dialect.BadMember("response_format", "must be url or b64_json")
	}
	if json.Present(m[2]) {
		if r.N, err = strconv.ParseInt(string(m[2]), 10, 64); err != nil || r.N < 1 || r.N > mostImages {
			return nil, dialect.BadMember("n", "must be a whole number from 1 to 32")
		}
	}
	return r, r.size(m[3])
}

// size reads 1024x1024. A model may have words of its own, such as auto.
func (r *Request) size(v json.Value) error {
	if !json.Present(v) {
		return nil
	}
	text := json.Unquote(v)
	if text == "" {
		return dialect.BadMember("size", "must be a text such as 1024x1024")
	}
	if text == "auto" {
		return nil
	}
	wide, high, ok := strings.Cut(text, "x")
	w, err := strconv.ParseInt(wide, 10, 64)
	h, errHigh := strconv.ParseInt(high, 10, 64)
	if ok && err == nil && errHigh == nil && w > 0 && h > 0 && w <= most && h <= most {
		r.Width, r.Height = w, h
	}
	return nil
}

// Sized refuses a size that is no width and height, for forms that have no
// other word for it.
func (r *Request) Sized() error {
	if v := r.Member("size"); v != nil && json.Unquote(v) != "auto" && r.Width == 0 {
		return dialect.BadMember("size", "must be a text such as 1024x1024")
	}
	return nil
}

// Member is a member of the request as the client wrote it, such as seed. It
// is nil if it is absent or null.
func (r *Request) Member(name string) json.Value { return dialect.MemberOf(r.body, name) }

// Left names the members that a provider is not told. Model, prompt and
// response_format always count as said, the last unless the provider has
// images only otherwise.
func (r *Request) Left(said ...string) []string {
	said = append([]string{"model", "prompt"}, said...)
	if r.Format == "" || r.gives == "" || r.Format == r.gives {
		said = append(said, "response_format")
	}
	return dialect.Left(r.body, said...)
}
