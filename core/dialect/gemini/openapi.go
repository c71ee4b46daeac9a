package gemini

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
)

// The API's own schemas are OpenAPI 3.0: types are in capitals or not, null
// is a member, limits may be strings. Clients of this dialect send them, and
// other dialects need JSON Schema.

// toJSONSchema translates such a schema. The mark, which is empty, says that
// it was one: {} if its types are in capitals.
func toJSONSchema(v json.Value) (schema, mark json.Value) {
	t := schemaReader{}
	out := t.schema(v, 0)
	if t.capitals {
		return out, markObject
	}
	return out, markString
}

type schemaReader struct{ capitals bool }

func (t *schemaReader) schema(v json.Value, depth int) json.Value {
	o := json.ObjectOf(v)
	if o == nil || depth > maxSchemaDepth {
		return v
	}
	nullable := string(o.Get("nullable")) == "true"
	typed := o.Has("type")
	for i := range o {
		o[i].Value = t.member(o[i].Name, o[i].Value, nullable, depth)
	}
	if nullable {
		o.Remove("nullable")
		if !typed && !o.Has("anyOf") { // nothing that null could join
			o.Add("nullable", json.Value("true"))
		}
	}
	return orEmpty(o.Value())
}

func (t *schemaReader) member(name string, v json.Value, nullable bool, depth int) json.Value {
	switch name {
	case "type":
		was := json.Unquote(v)
		if was == "" {
			return v
		}
		is := strings.ToLower(was)
		t.capitals = t.capitals || is != was
		if nullable {
			return array([]json.Value{json.Quote(is), json.Value(`"null"`)})
		}
		return json.Quote(is)
	case "properties", "$defs", "defs":
		return eachMember(v, func(v json.Value) json.Value { return t.schema(v, depth+1) })
	case "items", "additionalProperties":
		return t.schema(v, depth+1)
	case "anyOf":
		out := eachElement(v, func(v json.Value) json.Value { return t.schema(v, depth+1) })
		if es, err := json.Elements(out); nullable && err == nil {
			return array(append(es, nullSchema))
		}
		return out
	case "enum":
		if es, err := json.Elements(v); nullable && err == nil {
			return array(append(es, json.Value("null")))
		}
	case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
		if n, ok := integer(v); ok {
			return strconv.AppendInt(nil, n, 10)
		}
	}
	return v
}

var nullSchema = json.Value(`{"type":"null"}`)

// toOpenAPI undoes toJSONSchema.
func toOpenAPI(v, mark json.Value) json.Value {
	return schemaWriter{string(mark) == string(markObject)}.schema(v, 0)
}

type schemaWriter struct{ capitals bool }

func (t schemaWriter) schema(v json.Value, depth int) json.Value {
	o := json.ObjectOf(v)
	if o == nil || depth > maxSchemaDepth {
		return v
	}
	nullable := false
	for i := range o {
		m := &o[i]
		switch m.Name {
		case "type":
			types, null := typesOf(m.Value)
			if len(types) == 1 {
				nullable = nullable || null
				if t.capitals {
					types[0] = strings.ToUpper(types[0])
				}
				m.Value = json.Quote(types[0])
			}
		case "properties", "$defs", "defs":
			m.Value = eachMember(m.Value, func(v json.Value) json.Value { return t.schema(v, depth+1) })
		case "items", "additionalProperties":
			m.Value = t.schema(m.Value, depth+1)
		case "anyOf", "enum":
			kept, null, ok := withoutNull(m.Value)
			if !ok {
				continue
			}
			nullable = nullable || null
			if m.Name == "anyOf" {
				for k := range kept {
					kept[k] = t.schema(kept[k], depth+1)
				}
			}
			m.Value = array(kept)
		}
	}
	if nullable {
		o.Add("nullable", json.Value("true"))
	}
	return orEmpty(o.Value())
}

// withoutNull takes null, as a value or as a type, out of a list; ok is false
// if v is none.
func withoutNull(v json.Value) (kept []json.Value, null, ok bool) {
	all, err := json.Elements(v)
	if err != nil {
		return nil, false, false
	}
	kept = slices.DeleteFunc(slices.Clone(all), func(v json.Value) bool {
		return v.Kind() == 'n' || bytes.Equal(v, nullSchema)
	})
	return kept, len(kept) < len(all), true
}

// typesOf reads a type, or several of which one may be null.
func typesOf(v json.Value) (types []string, null bool) {
	es := []json.Value{v}
	if v.Kind() == '[' {
		es, _ = json.Elements(v)
	}
	for _, e := range es {
		switch s := strings.ToLower(json.Unquote(e)); s {
		case "null":
			null = true
		case "":
		default:
			if !slices.Contains(types, s) {
				types = append(types, s)
			}
		}
	}
	return types, null
}

func eachMember(v json.Value, f func(json.Value) json.Value) json.Value {
	o := json.ObjectOf(v)
	if o == nil {
		return v
	}
	for i := range o {
		o[i].Value = f(o[i].Value)
	}
	return orEmpty(o.Value())
}

func eachElement(v json.Value, f func(json.Value) json.Value) json.Value {
	es, err := json.Elements(v)
	if err != nil {
		return v
	}
	for i := range es {
		es[i] = f(es[i])
	}
	return array(es)
}

func orEmpty(v json.Value) json.Value {
	if len(v) == 0 {
		return markObject
	}
	return v
}
