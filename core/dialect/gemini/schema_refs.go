package gemini

import (
	"net/url"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

// resolve replaces $ref by what it points to. Members beside it win. again
// is set when the reference leads back to itself: then o has the siblings.
func (c *cleaner) resolve(o object, refs []string) (_ object, _ []string, again bool) {
	for {
		ref := json.Unquote(o.get("$ref"))
		if !o.has("$ref") {
			return o, refs, false
		}
		o = slices.Clone(o)
		o.remove("$ref")
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
		for _, m := range objectOf(to) {
			o.add(m.name, m.value)
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
func (c *cleaner) mergeAll(o object, refs []string) object {
	es, err := json.Elements(o.get("allOf"))
	if !o.has("allOf") {
		return o
	}
	o = slices.Clone(o)
	o.remove("allOf")
	if err != nil {
		c.lose("allOf")
		return o
	}
	for _, e := range es {
		b, inner, again := c.resolve(objectOf(e), refs)
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
func (c *cleaner) merge(a, b object) object {
	out := slices.Clone(a)
	for _, m := range b {
		switch old := out.get(m.name); {
		case old == nil:
			out.add(m.name, m.value)
		case m.name == "properties":
			all := objectOf(old)
			for _, p := range objectOf(m.value) {
				all.add(p.name, p.value)
			}
			out.set(m.name, orEmpty(all.json()))
		case m.name == "required":
			out.set(m.name, join(old, m.value))
		case m.name == "description", m.name == "title", m.name == "default", string(old) == string(m.value):
		default:
			c.lose(m.name)
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
