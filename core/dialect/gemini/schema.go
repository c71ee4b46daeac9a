package gemini

import (
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
)

// Limits on what a schema may grow to when its references are resolved: two
// definitions that each name the other twice double with every level.
const (
	maxSchemaDepth = 48
	maxSchemaNodes = 5000
)

// schema writes a JSON Schema in one of the two members that take one: as
// OpenAPI, which every model takes, if that says all that it says, else as it
// is for models that take JSON Schema. For models that do not, what OpenAPI
// cannot say is reported, and told in the description where it is short. A
// schema that contains itself is not sent as it is to any model.
func (p *preparation) schema(prefix string, v json.Value, root bool) (openAPI, jsonSchema json.Value) {
	if absent(v) {
		return nil, nil
	}
	c := cleaner{root: v, nodes: maxSchemaNodes}
	out := c.schema(v, nil)
	if root {
		out = c.object(out)
	}
	if len(c.lost) > 0 && !c.recursive && !c.rootless && p.model.jsonSchema() && v.Kind() == '{' {
		return nil, v
	}
	for _, name := range c.lost {
		p.drop(prefix + name)
	}
	return out.Value(), nil
}

// A cleaner turns JSON Schema into the part of OpenAPI that the API takes.
//
// https://ai.google.dev/api/caching#Schema
type cleaner struct {
	root      json.Value
	nodes     int // that may still be written
	lost      []string
	recursive bool // a reference leads back to itself
	rootless  bool // the root is not an object's
}

func (c *cleaner) lose(keyword string) {
	if !slices.Contains(c.lost, keyword) {
		c.lost = append(c.lost, keyword)
	}
}

// schema cleans one schema. refs are the references that led here.
func (c *cleaner) schema(v json.Value, refs []string) json.Object {
	if v.Kind() != '{' {
		if string(v) == "false" {
			c.lose("false")
		}
		return nil // true, or nothing that can be read
	}
	return c.clean(json.ObjectOf(v), refs, 0)
}

func (c *cleaner) clean(o json.Object, refs []string, depth int) json.Object {
	if c.nodes--; c.nodes < 0 || depth > maxSchemaDepth {
		c.lose("(too large)")
		return json.Object{json.Named("type", json.Value(`"object"`))}
	}
	o, refs, again := c.resolve(o, refs)
	if again {
		return describe(json.Object{json.Named("type", json.Value(`"object"`))}, o, nil)
	}
	o = c.mergeAll(o, refs)
	types, null := typesOf(o.Get("type"))
	null = null || string(o.Get("nullable")) == "true"
	alternatives := c.alternatives(&o, types)
	if alternatives != nil {
		return c.anyOf(o, alternatives, null, refs, depth)
	}
	t := ""
	if len(types) == 1 {
		t = types[0]
	}
	out := c.members(o, t, &null, refs, depth)
	if null {
		out.Set("nullable", json.Value("true"))
	}
	return out
}

// alternatives returns the branches of anyOf or oneOf, or one for each of
// several types, and takes them out of o.
func (c *cleaner) alternatives(o *json.Object, types []string) []json.Object {
	var out []json.Object
	for _, name := range []string{"anyOf", "oneOf"} {
		es, err := json.Elements(o.Remove(name))
		if err != nil || len(es) == 0 {
			continue
		}
		if out != nil {
			c.lose(name)
			continue
		}
		for _, e := range es {
			out = append(out, json.ObjectOf(e))
		}
	}
	if out == nil && len(types) > 1 {
		for _, t := range types {
			out = append(out, json.Object{json.Named("type", json.Quote(t))})
		}
		o.Remove("type")
	}
	return out
}

// anyOf writes branches. Nothing may stand beside anyOf, so its siblings go
// into each branch, and null becomes a member of each. A single branch needs
// no anyOf.
func (c *cleaner) anyOf(o json.Object, branches []json.Object, null bool, refs []string, depth int) json.Object {
	var out []json.Object
	for _, b := range branches {
		types, _ := typesOf(b.Get("type"))
		if b.Has("type") && len(types) == 0 {
			null = true
			continue
		}
		if b.Has("const") && b.Get("const").Kind() == 'n' {
			null = true
			continue
		}
		out = append(out, c.clean(c.merge(b, o), refs, depth+1))
	}
	for i := range out {
		if null {
			out[i].Set("nullable", json.Value("true"))
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	if len(out) == 0 {
		return json.Object{json.Named("nullable", json.Value("true"))}
	}
	vs := make([]json.Value, len(out))
	for i, b := range out {
		vs[i] = orEmpty(b.Value())
	}
	return json.Object{json.Named("anyOf", array(vs))}
}

// members writes what has a word of its own. t is the type, if there is one.
func (c *cleaner) members(o json.Object, t string, null *bool, refs []string, depth int) json.Object {
	w := memberWriter{c: c, in: o, t: typeOf(t, o)}
	for _, m := range o {
		w.member(m.Name, m.Value, refs, depth)
	}
	if w.t != "" {
		if !w.out.Has("type") {
			w.out.Add("type", json.Quote(w.t))
		}
		w.complete()
	}
	*null = *null || w.null
	return describe(w.out, nil, w.notes)
}

// typeOf infers a type that is not given.
func typeOf(t string, o json.Object) string {
	switch {
	case t != "":
		return t
	case o.Has("properties"):
		return "object"
	case o.Has("items"):
		return "array"
	}
	return kindOfValues(o)
}

// kindOfValues is the type of const and enum, if all values have the same.
func kindOfValues(o json.Object) string {
	t := ""
	for _, v := range valuesOf(o) {
		is := map[byte]string{'"': "string", '0': "number", 't': "boolean", 'f': "boolean"}[byte(v.Kind())]
		if v.Kind() == 'n' {
			continue
		}
		if _, whole := integer(v); whole && is == "number" {
			is = "integer"
		}
		if t != "" && is != t {
			return ""
		}
		t = is
	}
	return t
}

// valuesOf lists the values that const or enum allow.
func valuesOf(o json.Object) []json.Value {
	if v := o.Get("const"); v != nil {
		return []json.Value{v}
	}
	es, err := json.Elements(o.Get("enum"))
	if err != nil {
		return nil
	}
	return es
}

// describe puts notes behind the description, and takes over the one of from.
func describe(out, from json.Object, notes []string) json.Object {
	s := json.Unquote(out.Get("description"))
	if s == "" {
		s = json.Unquote(from.Get("description"))
	}
	if len(notes) > 0 {
		s = strings.TrimSpace(s + " (" + strings.Join(notes, "; ") + ")")
	}
	if s != "" {
		out.Set("description", json.Quote(s))
	}
	return out
}

// object makes the schema of parameters that of an object, as it has to be.
// One without properties says nothing.
func (c *cleaner) object(o json.Object) json.Object {
	if es, err := json.Elements(o.Get("anyOf")); err == nil && o.Has("anyOf") {
		o = c.union(es)
	}
	o.Remove("nullable")
	switch t := json.Unquote(o.Get("type")); {
	case t == "object":
	case t == "" && !o.Has("anyOf"):
	default:
		c.rootless = true
		c.lose("type")
		return nil
	}
	if len(json.ObjectOf(o.Get("properties"))) == 0 {
		return nil
	}
	return o
}

// union is one object for several: it has the properties of all, and none is
// required.
func (c *cleaner) union(branches []json.Value) json.Object {
	c.rootless = true
	c.lose("anyOf")
	var properties json.Object
	for _, b := range branches {
		for _, m := range json.ObjectOf(json.Lookup(b, "properties")) {
			properties.Add(m.Name, m.Value)
		}
	}
	out := json.Object{json.Named("type", json.Value(`"object"`))}
	out.Add("properties", properties.Value())
	return out
}

func floor(v json.Value) (int64, bool) {
	f, err := strconv.ParseFloat(string(v), 64)
	if v.Kind() != '0' || err != nil || f > 1<<53 || f < -1<<53 {
		return 0, false
	}
	n := int64(f)
	if float64(n) > f {
		n--
	}
	return n, true
}
