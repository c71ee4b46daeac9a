package json

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decoder is what a method
//
//	UnmarshalJSONFrom(d *json.Decoder) error
//
// reads from: the way to have a type that comes in several forms without
// scanning it twice.
type Decoder = jsontext.Decoder

// NewDecoder walks over b, as strictly as [Unmarshal]. Values that it returns
// are valid until the next one is read; Decoder.InputOffset is where the last
// one ended in b.
func NewDecoder(b []byte) *Decoder { return jsontext.NewDecoder(bytes.NewBuffer(b)) }

// Decode reads the next value of d, with the options of the call that d
// belongs to.
func Decode(d *Decoder, v any) error { return json.UnmarshalDecode(d, v) }

// Problem says where an error of [Unmarshal] happened, as a path such as
// messages[2].content that is empty for the whole input, and what is wrong
// there, in words for whoever wrote the input: no Go types, no offsets.
func Problem(err error) (path, what string) {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		switch {
		case errors.Is(e.Err, strconv.ErrSyntax) && e.JSONKind == '0':
			what = "must be a whole number"
		case e.Err != nil:
			what = e.Err.Error()
		default:
			what = "must not be " + kindWords[e.JSONKind]
		}
		return dotted(e.JSONPointer), what
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return dotted(e.JSONPointer), e.Err.Error()
	}
	return "", err.Error()
}

var kindWords = map[jsontext.Kind]string{
	0: "that", '"': "a string", '0': "a number", 't': "a boolean", 'f': "a boolean", 'n': "null", '{': "an object", '[': "an array",
}

// dotted turns /messages/2/content into messages[2].content.
func dotted(p jsontext.Pointer) string {
	var b strings.Builder
	for t := range p.Tokens() {
		switch {
		case strings.Trim(t, "0123456789") == "" && t != "":
			b.WriteString("[" + t + "]")
		case b.Len() > 0:
			b.WriteString("." + t)
		default:
			b.WriteString(t)
		}
	}
	return b.String()
}
