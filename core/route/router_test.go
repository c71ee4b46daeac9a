package route

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Not in parallel: it measures memory.
func TestCompiledConfigsTakeBoundedMemory(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	r, before := NewRouter(Env{CheckHost: func(string) error { return nil }}), heap()
	list := strings.Repeat(`{"provider":"openai","override_params":{"n":1}},`, 90)
	for n := range 60 {
		config := fmt.Sprintf(`{"override_params":{"user":"%d%s"},"strategy":{"mode":"fallback"},"targets":[%s{"provider":"openai"}]}`, n, strings.Repeat("x", 40_000), list)
		if _, err := r.Handler(config, ""); err != nil {
			t.Fatal(err)
		}
	}
	if used := int64(heap()) - int64(before); used > 2*maxKept {
		t.Errorf("%d configs of 45 KB take %d MB", len(r.known), used>>20)
	}
	runtime.KeepAlive(r)
}

func TestCompiledConfigsAreForgotten(t *testing.T) {
	t.Parallel()
	r := NewRouter(Env{CheckHost: func(string) error { return nil }})
	config := func(n int) string { return fmt.Sprintf(`{"provider":"openai","api_key":"k%d"}`, n) }
	first, err := r.Handler(config(0), "")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 * maxCompiled {
		if _, err := r.Handler(config(n), ""); err != nil {
			t.Fatal(err)
		}
		if again, err := r.Handler(config(0), ""); err != nil || again != first {
			t.Fatalf("after %d configs the one in use was compiled anew, %v", n, err)
		}
	}
	if len(r.known) != maxCompiled || r.order.Len() != maxCompiled {
		t.Errorf("%d and %d are kept, want %d", len(r.known), r.order.Len(), maxCompiled)
	}
}
