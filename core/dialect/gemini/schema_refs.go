package gemini

import (
	"net/url"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

// resolve replaces $ref by what it points to. Members beside it win. again
// is set when the reference leads back to itself: then o has the siblings.
func (c *cleaner) resolve(o json.Object, refs []string) (_ json.Object, _ []string, again bool) {
	for {
		ref := json.Unquote(o.Get("$ref"))
		if !o.Has("$ref") {
			return o, refs, false
		}
		o = slices.Clone(o)
		o.Remove("$ref")
		if slices.Contains(refs, ref) {
			c.recursive = true
			c.lose("$ref (recursive)")
			return o, refs, true
		}
		to := c.lookup(ref)
		if to.Kind() != '{' {
			c.lose("$ref")
			return o, refs, false
		}
		refs = append(refs[:len(refs):len(refs)], ref)
		for _, m := range json.ObjectOf(to) {
			o.Add(m.Name, m.Value)
		}
	}
}

// lookup follows a JSON pointer inside the document, as in #/$defs/a~1b.
//
// https://www.rfc-editor.org/rfc/rfc6901
func (c *cleaner) lookup(ref string) json.Value {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	if s, err := url.PathUnescape(pointer); err == nil {
		pointer = s
	}
	if pointer == "" {
		return c.root
	}
	pointer, ok = strings.CutPrefix(pointer, "/")
	if !ok {
		return nil
	}
	steps := strings.Split(pointer, "/")
	for i, s := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
	}
	return json.Lookup(c.root, steps...)
}

// mergeAll puts the branches of allOf into the schema around them.
func (c *cleaner) mergeAll(o json.Object, refs []string) json.Object {
	es, err := json.Elements(o.Get("allOf"))
	if !o.Has("allOf") {
		return o
	}
	o = slices.Clone(o)
	o.Remove("allOf")
	if err != nil {
		c.lose("allOf")
		return o
	}
	for _, e := range es {
		b, inner, again := c.resolve(json.ObjectOf(e), refs)
		if c.nodes--; again || c.nodes < 0 {
			c.lose("allOf")
			continue
		}
		if len(inner) < maxSchemaDepth {
			b = c.mergeAll(b, inner)
		}
		o = c.merge(o, b)
	}
	return o
}

// merge adds to a what b has beside it. Properties and required names are put
// together; of what both say otherwise, a's word counts and is reported if it
// narrows.
func (c *cleaner) merge(a, b json.Object) json.Object {
	out := slices.Clone(a)
	for _, m := range b {
		switch old := out.Get(m.Name); {
		case old == nil:
			out.Add(m.Name, m.Value)
		case m.Name == "properties":
			all := json.ObjectOf(old)
			for _, p := range json.ObjectOf(m.Value) {
				all.Add(p.Name, p.Value)
			}
			out.Set(m.Name, orEmpty(all.Value()))
		case m.Name == "required":
			out.Set(m.Name, join(old, m.Value))
		case m.Name == "description", m.Name == "title", m.Name == "default", string(old) == string(m.Value):
		default:
			c.lose(m.Name)
		}
	}
	return out
}

func join(a, b json.Value) json.Value {
	x, err := json.Elements(a)
	if err != nil {
		return b
	}
	y, err := json.Elements(b)
	if err != nil {
		return a
	}
	return array(append(x, y...))
}
