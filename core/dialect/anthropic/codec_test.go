package anthropic

import (
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{
		In:        Codec{},
		Out:       Codec{},
		Frames:    frame.SSE,
		Normalize: normalize,
	})
}

// normalize brings a document into one of the forms that mean the same to the
// API: texts as blocks, neighbours of one role as one message, defaults and
// nulls left out, output_format at its later place.
func normalize(v any) any {
	o, ok := v.(map[string]any)
	if !ok {
		return v
	}
	o = dropNulls(o).(map[string]any)
	for _, name := range []string{"system", "content"} {
		if o[name] != nil {
			o[name] = normalizeContent(o[name])
		}
	}
	if ms, ok := o["messages"].([]any); ok {
		o["messages"] = normalizeMessages(ms)
	}
	if o["stream"] == false {
		delete(o, "stream")
	}
	if tools, ok := o["tools"].([]any); ok {
		for _, t := range tools {
			if t := t.(map[string]any); t["type"] == "custom" {
				delete(t, "type")
			}
		}
	}
	if f := o["output_format"]; f != nil {
		delete(o, "output_format")
		o["output_config"] = map[string]any{"format": f}
	}
	if u, ok := o["usage"].(map[string]any); ok {
		normalizeUsage(u)
	}
	return o
}

func dropNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
			} else {
				v[k] = dropNulls(e)
			}
		}
	case []any:
		for i := range v {
			v[i] = dropNulls(v[i])
		}
	}
	return v
}

func normalizeMessages(ms []any) []any {
	var out []any
	for _, m := range ms {
		m, _ := m.(map[string]any)
		m["content"] = normalizeContent(m["content"])
		if len(out) > 0 {
			last := out[len(out)-1].(map[string]any)
			if last["role"] == m["role"] {
				last["content"] = append(last["content"].([]any), m["content"].([]any)...)
				continue
			}
		}
		out = append(out, m)
	}
	return out
}

func normalizeContent(v any) any {
	if s, ok := v.(string); ok {
		return []any{map[string]any{"type": "text", "text": s}}
	}
	blocks, _ := v.([]any)
	for _, b := range blocks {
		b, _ := b.(map[string]any)
		if b["type"] == "tool_result" {
			if b["is_error"] == false {
				delete(b, "is_error")
			}
			if b["content"] == "" {
				delete(b, "content")
			}
			if b["content"] != nil {
				b["content"] = normalizeContent(b["content"])
			}
		}
	}
	return v
}

// normalizeUsage leaves out counts of zero.
func normalizeUsage(u map[string]any) {
	for k, v := range u {
		if o, ok := v.(map[string]any); ok {
			normalizeUsage(o)
			if len(o) == 0 {
				delete(u, k)
			}
		} else if n, ok := v.(interface{ String() string }); ok && n.String() == "0" {
			delete(u, k)
		}
	}
}
