package route

import (
	"fmt"
	"testing"
)

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
