package recent

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestWhatIsKnownIsForgottenInItsTurn: memory is bounded, and what is asked for
// again and again stays.
func TestWhatIsKnownIsForgottenInItsTurn(t *testing.T) {
	t.Parallel()
	for _, most := range []int{0, 100} {
		m, found := Map[string, string]{Most: most}, 0
		of := func(k string) {
			if got := m.Of(k, func() string { found++; return k + "!" }); got != k+"!" {
				t.Fatalf("the value of %s is %s", k, got)
			}
		}
		if most == 0 {
			most = DefaultMost
		}
		for i := range 3 * most {
			of("often")
			of(fmt.Sprint(i))
		}
		if found != 3*most+1 {
			t.Errorf("%d were found out", found)
		}
		if n := len(m.young) + len(m.old); n > 2*most {
			t.Errorf("%d are known", n)
		}
		of("0")
		if found != 3*most+2 {
			t.Error("what came long ago is still known")
		}
	}
}

// TestKeysAreOwn: neither what is new nor what moves on keeps the text that its
// key was cut out of.
func TestKeysAreOwn(t *testing.T) {
	t.Parallel()
	m := Map[string, int]{Most: 2, Own: func(k string) string { return strings.ToUpper(k) }}
	for i, k := range []string{"A", "b", "A", "c", "A"} {
		m.Of(k, func() int { return i })
	}
	for k := range m.young {
		if k != strings.ToUpper(k) {
			t.Errorf("%q was kept as it came", k)
		}
	}
	if m.young["A"] != 0 || len(m.old) == 0 {
		t.Errorf("young %v, old %v", m.young, m.old)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	m := Map[int, int]{Most: 10}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 1000 {
				if got := m.Of(i%30, func() int { return i % 30 }); got != i%30 {
					t.Errorf("got %d for %d", got, i%30)
				}
			}
		})
	}
	all.Wait()
}
