package rerank

import (
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Tasks(t, map[string]dialect.Task{"bedrock": Bedrock, "voyage": Voyage})
}
