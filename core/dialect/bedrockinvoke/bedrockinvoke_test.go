package bedrockinvoke

import (
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{In: Codec{}, Out: Codec{}, Frames: frame.EventStream})
}
