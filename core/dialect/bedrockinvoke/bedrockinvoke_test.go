package bedrockinvoke

import (
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
)

func TestFixtures(t *testing.T) {
	dialecttest.Run(t, dialecttest.Codec{In: Codec{}, Out: Codec{}, Frames: frame.EventStream})
}
