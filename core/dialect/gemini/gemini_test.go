package gemini

import (
	"strconv"
	"strings"
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"

	stdjson "encoding/json"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{
		In: Codec{}, Out: Codec{}, Frames: frame.SSE, Normalize: normalize,
		Path: "/v1beta/models/gemini-2.5-flash:generateContent", Model: "gemini-2.5-flash",
	})
}

// normalize brings a document into one of the forms that mean the same:
// names in camelCase, lists with their brackets, numbers as numbers, nothing
// that protobuf leaves out, and calls without ids that were made up.
func normalize(v any) any {
	doc, ok := v.(map[string]any)
	if !ok {
		return v
	}
	raw, err := stdjson.Marshal(doc)
	if err != nil {
		panic(err)
	}
	d := stdjson.NewDecoder(strings.NewReader(string(camelCase(raw))))
	d.UseNumber()
	doc = nil
	if err := d.Decode(&doc); err != nil {
		panic(err)
	}
	brackets(doc, "contents", "candidates")
	if c, ok := doc["systemInstruction"].(map[string]any); ok {
		delete(c, "role")
		brackets(c, "parts")
	}
	for _, name := range []string{"contents", "candidates"} {
		for _, c := range objects(doc[name]) {
			brackets(c, "parts")
			if c["index"] == stdjson.Number("0") {
				delete(c, "index")
			}
		}
	}
	if c, ok := doc["generationConfig"].(map[string]any); ok {
		brackets(c, "stopSequences")
		for _, name := range []string{"temperature", "topK", "maxOutputTokens"} {
			numeric(c, name)
		}
	}
	for _, x := range objects(doc["tools"]) {
		for _, f := range objects(x["functionDeclarations"]) {
			limits(f["parameters"])
		}
	}
	return doc
}

func objects(v any) []map[string]any {
	var out []map[string]any
	all, _ := v.([]any)
	for _, e := range all {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func brackets(m map[string]any, names ...string) {
	for _, name := range names {
		switch v := m[name].(type) {
		case nil, []any:
		default:
			m[name] = []any{v}
		}
	}
}

func numeric(m map[string]any, name string) {
	s, ok := m[name].(string)
	if n, is := m[name].(stdjson.Number); is {
		s, ok = n.String(), true
	}
	if f, err := strconv.ParseFloat(s, 64); ok && err == nil {
		m[name] = f
	}
}

// limits makes numbers of limits that are texts.
func limits(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if strings.HasPrefix(name, "min") || strings.HasPrefix(name, "max") {
				numeric(v, name)
			}
			limits(x)
		}
	case []any:
		for _, x := range v {
			limits(x)
		}
	}
}
