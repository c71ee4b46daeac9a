package openaitext

import (
	"bytes"
	stdjson "encoding/json"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
	"sluice/core/llm"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{In: Codec{}, Out: Codec{}, Frames: frame.SSE, Normalize: normalize})
}

// normalize brings a document into one of the forms that mean the same: no
// nulls where null means absent, a prompt outside of the array that has no
// other, no wish for usage in streams, which is ours.
func normalize(v any) any {
	doc, ok := v.(map[string]any)
	if !ok {
		return v
	}
	dropNulls(doc)
	if p, ok := doc["prompt"].([]any); ok && len(p) == 1 {
		if _, text := p[0].(string); text {
			doc["prompt"] = p[0]
		}
	}
	if s, ok := doc["stop"].(string); ok {
		doc["stop"] = []any{s}
	}
	if doc["stream"] == false {
		delete(doc, "stream")
	}
	if o, ok := doc["stream_options"].(map[string]any); ok {
		if delete(o, "include_usage"); len(o) == 0 {
			delete(doc, "stream_options")
		}
	}
	choices, _ := doc["choices"].([]any)
	for _, c := range choices {
		if m, ok := c.(map[string]any); ok {
			dropNulls(m)
		}
	}
	return doc
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
		x := prepared(t, decoded(t, string(body)))
		if d := x.Dropped(); len(d) > 0 {
			t.Errorf("dropped within one dialect: %q", d)
		}
		if got, want := compact(t, x.Body()), compact(t, body); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func decoded(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func prepared(t testing.TB, r *llm.Request) dialect.Exchange {
	t.Helper()
	x, err := Codec{}.Prepare(r, dialect.Target{Provider: "p", Model: r.Model})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// compact is a document in one spelling, its members in one order.
func compact(t testing.TB, b []byte) string {
	t.Helper()
	d := stdjson.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	out, err := stdjson.Marshal(normalize(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
