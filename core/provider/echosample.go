package provider

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
)

// sample writes a document in the form of a JSON Schema, always the same one:
// a value that the schema itself names where there is one, else a plain one of
// its type. What is not required is left out, unless nothing is. Patterns and
// the finer bounds are not looked at. Without a schema it is an empty object.
func sample(schema json.Value) string {
	if schema.Kind() != '{' || len(schema) > maxSampleSchema {
		return "{}"
	}
	s := sampler{root: schema, left: maxSampleValues}
	return string(s.value(nil, schema, "value", maxSampleDepth))
}

// Bounds for schemas that contain themselves, and for very long ones.
const (
	maxSampleDepth  = 12
	maxSampleValues = 256
	maxSampleSchema = 256 << 10
)

type sampler struct {
	root json.Value
	left int // values that may still be written
}

// A schema is one object of a JSON Schema.
type schema []json.Member

func (m schema) get(name string) json.Value {
	for _, member := range m {
		if member.Name == name {
			return member.Value
		}
	}
	return nil
}

// first is the first element of a member that is an array.
func (m schema) first(name string) json.Value {
	es, err := json.Elements(m.get(name))
	if err != nil || len(es) == 0 {
		return nil
	}
	return es[0]
}

// kind is the type of what the schema describes, the first if there are
// several.
func (m schema) kind() string {
	t := cmp.Or(json.Unquote(m.get("type")), json.Unquote(m.first("type")))
	if t == "" && m.get("properties") != nil {
		return "object"
	}
	return t
}

// value appends a document for a schema. name is what a text says.
func (s *sampler) value(dst []byte, v json.Value, name string, depth int) []byte {
	s.left--
	if depth == 0 || s.left < 0 {
		return append(dst, "null"...)
	}
	ms, _ := json.Members(v) // true and false are schemas too, and say nothing
	m := schema(ms)
	for _, own := range []json.Value{m.get("default"), m.get("const"), m.first("enum"), m.first("examples")} {
		if own != nil {
			return append(dst, own...)
		}
	}
	if ref, ok := strings.CutPrefix(json.Unquote(m.get("$ref")), "#"); ok {
		return s.value(dst, json.Lookup(s.root, strings.FieldsFunc(ref, func(c rune) bool { return c == '/' })...), name, depth-1)
	}
	for _, choice := range []json.Value{m.first("anyOf"), m.first("oneOf"), m.first("allOf")} {
		if choice != nil {
			return s.value(dst, choice, name, depth-1)
		}
	}
	switch m.kind() {
	case "object":
		return s.object(dst, m, depth)
	case "array":
		return s.array(dst, m, name, depth)
	case "string":
		return json.AppendQuote(dst, cmp.Or(sampleFormats[json.Unquote(m.get("format"))], name))
	case "integer", "number":
		return append(dst, cmp.Or(string(m.get("minimum")), "1")...)
	case "boolean":
		return append(dst, "true"...)
	}
	return append(dst, "null"...)
}

func (s *sampler) object(dst []byte, m schema, depth int) []byte {
	var required []string
	es, _ := json.Elements(m.get("required"))
	for _, e := range es {
		required = append(required, json.Unquote(e))
	}
	properties, _ := json.Members(m.get("properties"))
	dst = append(dst, '{')
	first := true
	for _, p := range properties {
		if len(required) > 0 && !slices.Contains(required, p.Name) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(json.AppendQuote(dst, p.Name), ':')
		dst = s.value(dst, p.Value, p.Name, depth-1)
	}
	return append(dst, '}')
}

func (s *sampler) array(dst []byte, m schema, name string, depth int) []byte {
	n, err := strconv.Atoi(string(m.get("minItems")))
	if err != nil || n < 1 || n > 8 {
		n = 1
	}
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.value(dst, m.get("items"), name, depth-1)
	}
	return append(dst, ']')
}

// sampleFormats are texts for the formats of JSON Schema that have one.
var sampleFormats = map[string]string{
	"date": "2026-01-01", "time": "12:00:00Z", "date-time": "2026-01-01T12:00:00Z", "duration": "PT1H",
	"email": "echo@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
	"uri": "https://example.com", "uuid": "00000000-0000-4000-8000-000000000000",
}
