package dialecttest

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/golden"
	ours "sluice/core/internal/json"
	"sluice/core/llm"
)

// Seed adds the sections of the fixtures in testdata whose name has the
// prefix, and of those in the folders more below it.
func Seed(f *testing.F, prefix string, more ...string) {
	f.Helper()
	for _, folder := range append([]string{"."}, more...) {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
		if err != nil || len(paths) == 0 {
			f.Fatalf("no fixtures in %s (%v)", folder, err)
		}
		for _, p := range paths {
			file := golden.Read(f, p)
			for _, name := range file.Names() {
				if strings.HasPrefix(name, prefix) {
					f.Add(file.Get(name))
				}
			}
		}
	}
}

// Same reports whether two documents are equal but for the order of members.
func Same(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// ReadRequest reads what a fuzzer made, as a client's request: its texts have
// to be strings of the body, and an error has to be the client's. It returns
// nil if there is one.
func ReadRequest(t *testing.T, c dialect.Inbound, body []byte) *llm.Request {
	t.Helper()
	for s := range c.Texts(core.Incoming{Body: body}) {
		if s.Start < 0 || s.End > len(body) || s.Start >= s.End || body[s.Start] != '"' || body[s.End-1] != '"' {
			t.Fatalf("span %+v is no string", s)
		}
	}
	r, err := c.DecodeRequest(core.Incoming{Body: body})
	if err == nil {
		return r
	}
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest {
		t.Fatalf("got %v", err)
	}
	return nil
}

// Stable holds a request to being the same document when it is written, read
// and written again.
func Stable(t *testing.T, in dialect.Inbound, out dialect.Outbound, r *llm.Request, normalize func(any) any) {
	t.Helper()
	write := func(r *llm.Request) []byte {
		x, err := out.Prepare(r, dialect.Target{})
		if err != nil {
			t.Fatal(err)
		}
		if !ours.Valid(x.Body()) {
			t.Fatalf("%+v became %s", r, x.Body())
		}
		return x.Body()
	}
	first := write(r)
	again, err := in.DecodeRequest(core.Incoming{Body: first})
	if err != nil {
		t.Fatalf("%s: %v", first, err)
	}
	if second := write(again); Canonical(t, first, normalize) != Canonical(t, second, normalize) {
		t.Fatalf("not stable:\n%s\n%s", first, second)
	}
}
