package gemini

import (
	"bytes"
	"strings"

	"sluice/core/internal/json"
)

// The API takes every member in camelCase and in snake_case:
// systemInstruction and system_instruction. Bodies are brought into the first
// form before they are read.
//
// https://protobuf.dev/programming-guides/json/

// opaque are members whose values belong to the client: names inside mean
// something and stay.
var opaque = map[string]bool{
	"args": true, "response": true, "labels": true, "partMetadata": true,
	"parametersJsonSchema": true, "responseJsonSchema": true, "default": true, "example": true, "enum": true,
	"additionalProperties": true,
}

// named are maps: their names stay, but what they lead to is the API's.
var named = map[string]bool{"properties": true, "$defs": true, "defs": true}

// camelCase rewrites the names in a body. It returns body itself if there is
// nothing to do, also if it is not JSON: whoever reads it will say so.
func camelCase(body []byte) []byte {
	if !bytes.Contains(body, []byte("_")) {
		return body
	}
	c := respeller{d: json.NewDecoder(body), in: body}
	if c.value("") != nil || c.copied == 0 {
		return body
	}
	return append(c.out, body[c.copied:]...)
}

type respeller struct {
	d      *json.Decoder
	in     []byte
	out    []byte
	copied int // of in
}

// value reads the value of the member name.
func (c *respeller) value(name string) error {
	switch c.d.PeekKind() {
	case '{':
		if opaque[name] {
			return c.d.SkipValue()
		}
		return c.object(named[name])
	case '[':
		return c.array(name)
	}
	return c.d.SkipValue()
}

func (c *respeller) array(name string) error {
	if _, err := c.d.ReadToken(); err != nil {
		return err
	}
	for c.d.PeekKind() != ']' {
		if err := c.value(name); err != nil {
			return err
		}
	}
	_, err := c.d.ReadToken()
	return err
}

func (c *respeller) object(names bool) error {
	if _, err := c.d.ReadToken(); err != nil {
		return err
	}
	for c.d.PeekKind() != '}' {
		v, err := c.d.ReadValue()
		if err != nil {
			return err
		}
		name := json.Unquote(v)
		if !names {
			own := name
			if name = camel(own); name != own {
				c.replace(len(v), name)
			}
		} else {
			name = "" // not one of the API's
		}
		if err := c.value(name); err != nil {
			return err
		}
	}
	_, err := c.d.ReadToken()
	return err
}

// replace writes another name for the one of n bytes that was just read.
func (c *respeller) replace(n int, name string) {
	end := int(c.d.InputOffset())
	c.out = append(c.out, c.in[c.copied:end-n]...)
	c.out = json.AppendQuote(c.out, name)
	c.copied = end
}

// camel is a name of the API in camelCase. What cannot be one, such as
// HARM_CATEGORY or _private, stays.
func camel(name string) string {
	if !strings.Contains(name, "_") || name[0] == '_' || strings.ToLower(name) != name {
		return name
	}
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		if w != "" {
			words[i+1] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}
