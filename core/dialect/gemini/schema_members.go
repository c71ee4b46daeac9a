package gemini

import (
	"slices"
	"strconv"

	"sluice/core/internal/json"
)

// A memberWriter writes the members of one schema.
type memberWriter struct {
	c     *cleaner
	in    json.Object
	t     string // the type
	out   json.Object
	null  bool     // an enum has null
	notes []string // what goes into the description
}

func (w *memberWriter) member(name string, v json.Value, refs []string, depth int) {
	switch name {
	case "type":
		w.typed()
	case "description", "title", "pattern":
		w.keep(name, v, '"')
	case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
		w.keep(name, v, '0')
	case "minimum", "maximum":
		if !w.out.Has(name) { // else an exclusive limit has set it
			w.keep(name, v, '0')
		}
	case "exclusiveMinimum", "exclusiveMaximum":
		w.exclusive(name, v)
	case "enum", "const":
		w.values(name)
	case "format":
		w.format(v)
	case "properties":
		w.properties(v, refs, depth)
	case "required", "propertyOrdering":
		w.names(name, v)
	case "items":
		w.items(v, refs, depth)
	case "default":
		if short(v) {
			w.note(name, v)
		}
	case "additionalProperties":
		if len(json.ObjectOf(v)) > 0 { // else the API sees it the same way
			w.c.lose(name)
		}
	case "nullable", "$schema", "$id", "id", "$anchor", "$comment", "$defs", "definitions", "$ref",
		"example", "examples", "deprecated", "readOnly", "writeOnly", "strict":
	default:
		w.lose(name, v)
	}
}

func (w *memberWriter) typed() {
	switch w.t {
	case "string", "number", "integer", "boolean", "array", "object":
		w.out.Add("type", json.Quote(w.t))
	case "": // null, of which the caller knows
	default:
		w.c.lose("type")
		w.t = ""
	}
}

func (w *memberWriter) keep(name string, v json.Value, kind byte) {
	if byte(v.Kind()) == kind {
		w.out.Set(name, v)
	} else if !absent(v) {
		w.c.lose(name)
	}
}

// lose reports a keyword. A short one is told to the model in words.
func (w *memberWriter) lose(name string, v json.Value) {
	w.c.lose(name)
	if short(v) {
		w.note(name, v)
	}
}

func (w *memberWriter) note(name string, v json.Value) {
	s := string(v)
	if v.Kind() == '"' {
		s = json.Unquote(v)
	}
	w.notes = append(w.notes, name+": "+s)
}

func short(v json.Value) bool { return v.Kind() != '{' && v.Kind() != '[' && len(v) <= 100 }

// exclusive writes a limit that is not included: for whole numbers it is the
// next one. In JSON Schema of draft 4 it is a flag.
func (w *memberWriter) exclusive(name string, v json.Value) {
	limit, step := "minimum", int64(1)
	if name == "exclusiveMaximum" {
		limit, step = "maximum", -1
	}
	if v.Kind() == 't' {
		v = w.in.Get(limit)
	} else if v.Kind() == 'f' {
		return
	}
	n, ok := floor(v)
	if !ok || w.t != "integer" {
		w.lose(name, v)
		return
	}
	if f, err := strconv.ParseFloat(string(v), 64); step < 0 && err == nil && float64(n) < f {
		n++ // below 2.5 is at most 2
	}
	n += step
	if old, ok := floor(w.out.Get(limit)); ok && (step > 0 && old > n || step < 0 && old < n) {
		return
	}
	w.out.Set(limit, strconv.AppendInt(nil, n, 10))
}

// values writes enum, which has texts only. Others are told in words.
func (w *memberWriter) values(name string) {
	if name == "enum" && w.in.Has("const") {
		return
	}
	var texts []string
	all := valuesOf(w.in)
	if all == nil {
		w.c.lose(name)
		return
	}
	for _, v := range all {
		switch s := json.Unquote(v); {
		case v.Kind() == 'n':
			w.null = true
		case v.Kind() == '"' && (w.t == "string" || w.t == ""):
			if s == "" || slices.Contains(texts, s) {
				w.c.lose(name)
				continue
			}
			texts = append(texts, s)
		case short(v):
			w.lose(name, v)
		default:
			w.c.lose(name)
		}
	}
	if len(texts) > 0 {
		w.out.Set("enum", quotes(texts))
	}
}

// formats are the only ones that each type may have; any other fails the
// request.
var formats = map[string][]string{
	"string": {"enum", "date-time"}, "number": {"float", "double"}, "integer": {"int32", "int64"},
}

func (w *memberWriter) format(v json.Value) {
	if slices.Contains(formats[w.t], json.Unquote(v)) {
		w.out.Set("format", v)
	} else if v.Kind() == '"' && short(v) {
		w.note("format", v)
	}
}

func (w *memberWriter) properties(v json.Value, refs []string, depth int) {
	var out json.Object
	for _, m := range json.ObjectOf(v) {
		out.Set(m.Name, orEmpty(w.c.clean(json.ObjectOf(m.Value), refs, depth+1).Value()))
	}
	w.out.Add("properties", out.Value())
}

// names writes a list of properties, without those that do not exist.
func (w *memberWriter) names(name string, v json.Value) {
	es, err := json.Elements(v)
	if err != nil {
		return
	}
	properties := json.ObjectOf(w.in.Get("properties"))
	var kept []string
	for _, e := range es {
		if s := json.Unquote(e); properties.Has(s) && !slices.Contains(kept, s) {
			kept = append(kept, s)
		} else if name == "required" && w.t == "object" {
			w.c.lose(name)
		}
	}
	if len(kept) > 0 {
		w.out.Set(name, quotes(kept))
	}
}

// items writes what an array has in it. Of a tuple the API knows nothing.
func (w *memberWriter) items(v json.Value, refs []string, depth int) {
	if v.Kind() == '[' {
		w.c.lose("items")
		return
	}
	if in := w.c.clean(json.ObjectOf(v), refs, depth+1); len(in) > 0 {
		w.out.Set("items", in.Value())
	}
}

// complete adds items to an array that has none: the API insists on it.
func (w *memberWriter) complete() {
	if w.t == "array" && !w.out.Has("items") {
		w.out.Add("items", json.Value(`{"type":"string"}`))
		w.c.lose("items")
	}
}
