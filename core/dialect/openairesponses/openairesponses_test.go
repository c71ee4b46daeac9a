package openairesponses

import (
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{In: Codec{}, Out: Codec{}, Frames: frame.SSE, Normalize: normalize})
}

// normalize leaves out null, which is the same as absent.
func normalize(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
			} else {
				v[k] = normalize(e)
			}
		}
		if v["stream"] == false {
			delete(v, "stream")
		}
	case []any:
		for i := range v {
			v[i] = normalize(v[i])
		}
	}
	return v
}
