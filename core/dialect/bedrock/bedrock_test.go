package bedrock

import (
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{
		In: Codec{}, Out: Codec{}, Frames: frame.EventStream,
		Path: "/model/us.anthropic.claude-opus-4-6-v1/converse", Model: "us.anthropic.claude-opus-4-6-v1",
	})
}
