package embed

import (
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Tasks(t, map[string]dialect.Task{"bedrock": Bedrock, "cohere": Cohere, "gemini": Gemini, "voyage": Voyage})
}
