package image

import (
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Tasks(t, map[string]dialect.Task{"bedrock": Bedrock, "fireworks": Fireworks, "together": Together, "workersai": WorkersAI})
}
