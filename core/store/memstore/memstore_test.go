package memstore_test

import (
	"testing"

	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) driver.Table { return memstore.New() })
}
