package dialecttest

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sluice/core/internal/golden"
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
