package openaichat

import (
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{In: Codec{}, Out: Codec{}, Frames: frame.SSE, Normalize: normalize})
}

// normalize brings a document into one of the forms that mean the same:
// content as an array, no nulls where null means absent, no usage options,
// which are ours, and blocks in the place of the content they win over.
func normalize(v any) any {
	doc, ok := v.(map[string]any)
	if !ok {
		return v
	}
	dropNulls(doc)
	for _, m := range list(doc["messages"]) {
		normalizeMessage(m)
	}
	for _, c := range list(doc["choices"]) {
		dropNulls(c)
		if m, ok := c["message"].(map[string]any); ok {
			normalizeMessage(m)
		}
	}
	if doc["stream"] == false {
		delete(doc, "stream")
	}
	if s, ok := doc["stop"].(string); ok {
		doc["stop"] = []any{s}
	}
	if o, ok := doc["stream_options"].(map[string]any); ok {
		if delete(o, "include_usage"); len(o) == 0 {
			delete(doc, "stream_options")
		}
	}
	for _, t := range list(doc["tools"]) {
		if f, ok := t["function"].(map[string]any); ok && f["description"] == "" {
			delete(f, "description")
		}
	}
	return doc
}

func normalizeMessage(m map[string]any) {
	dropNulls(m)
	if b, ok := m["content_blocks"]; ok {
		m["content"] = b
		delete(m, "content_blocks")
	}
	if s, ok := m["content"].(string); ok {
		m["content"] = []any{map[string]any{"type": "text", "text": s}}
	}
	for _, c := range list(m["tool_calls"]) {
		if f, ok := c["function"].(map[string]any); ok && f["arguments"] == "" {
			f["arguments"] = "{}"
		}
	}
}

func list(v any) []map[string]any {
	var out []map[string]any
	all, _ := v.([]any)
	for _, e := range all {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func dropNulls(m map[string]any) {
	for k, v := range m {
		if v == nil {
			delete(m, k)
		}
	}
}

// TestExtensionsComeBack holds the law for requests that cannot be written
// without their residue.
func TestExtensionsComeBack(t *testing.T) {
	t.Parallel()
	golden.Each(t, "testdata/extensions", func(t *testing.T, f *golden.File) {
		body := f.Get("request.json")
		r, err := Codec{}.DecodeRequest(core.Incoming{Body: body})
		if err != nil {
			t.Fatal(err)
		}
		x, err := Codec{}.Prepare(r, dialect.Target{})
		if err != nil {
			t.Fatal(err)
		}
		if d := x.Dropped(); len(d) > 0 {
			t.Errorf("dropped within one dialect: %q", d)
		}
		if got, want := dialecttest.Canonical(t, x.Body(), normalize), dialecttest.Canonical(t, body, normalize); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}
