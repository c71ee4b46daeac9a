package cohere

import (
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{In: Codec{}, Out: Codec{}, Frames: frame.SSE, Normalize: normalize})
}

// normalize brings contents into one of the forms that mean the same: an
// array of parts.
func normalize(v any) any {
	doc, ok := v.(map[string]any)
	if !ok {
		return v
	}
	messages, _ := doc["messages"].([]any)
	for _, m := range append(messages, doc["message"]) {
		if m, ok := m.(map[string]any); ok {
			if s, ok := m["content"].(string); ok {
				m["content"] = []any{map[string]any{"type": "text", "text": s}}
			}
		}
	}
	return doc
}
