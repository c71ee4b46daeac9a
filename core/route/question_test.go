package route

import (
	"testing"

	"sluice/core"
	"sluice/core/cache"
)

// keyFor is the key that a call has in the cache at a target.
func keyFor(t *testing.T, config string, c *core.Call) cache.Key {
	t.Helper()
	parsed, err := Parse([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Compile(parsed, "", Env{Cache: &cache.Cache{Store: cache.NewStore(nil, 1<<20)}})
	if err != nil {
		t.Fatal(err)
	}
	l := h.(*leaf)
	q, ok, err := l.question(c, l.target(c))
	if err != nil || !ok {
		t.Fatalf("not cached: %v", err)
	}
	return q.Key
}

// TestTenantsNeverShareAnEntry: RC-01.
func TestTenantsNeverShareAnEntry(t *testing.T) {
	t.Parallel()
	const config = `{"provider":"openai","api_key":"k","cache":{"mode":"simple"}}`
	keys := map[cache.Key]core.Principal{}
	for _, p := range []core.Principal{{}, {Workspace: "w", Key: "k"}, {Workspace: "w", Key: "k2"}, {Workspace: "w2", Key: "k"}, {Workspace: "wk"}, {Key: "wk"}, {Workspace: "w", Key: "kmetadata"}} {
		c := chatCall("")
		c.Principal = p
		k := keyFor(t, config, c)
		if other, there := keys[k]; there {
			t.Errorf("%+v and %+v share a key", p, other)
		}
		keys[k] = p
	}
}
