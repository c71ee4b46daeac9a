package board

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

// buggy panics when it is asked, for a time.
type buggy struct {
	driver.Table
	bug bool
}

func (b *buggy) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	if b.bug {
		panic("a bug in the store")
	}
	return b.Table.Get(ctx, k)
}

func TestAPanicOfTheStoreEndsNoSharing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &buggy{memstore.New(), true}
		s := New(table, nil).Scope(Place{})
		calls(3, s, target("a"), failed)
		table.bug = false
		time.Sleep(2 * MaxAge)
		call(s, target("b"), failed)
		other := New(table, nil).Scope(Place{})
		if call(other, target("c"), nil); !other.Benched(target("a")) {
			t.Error("nothing is shared after a panic")
		}
	})
}
