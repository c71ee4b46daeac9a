package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers is what may import what: a package imports only packages of lines
// above its own. Packages of one line are peers. DESIGN.md says why.
var layers = [][]string{
	{"core/internal/*"},
	{"core/llm", "core/secret", "core/store/driver"},
	{"core", "core/store/memstore"},
	{"core/dialect"},
	{"core/dialect/*"},
	{"core/dialect/bedrockinvoke"}, // an envelope around others
	{"core/provider", "core/retry", "core/rescue", "core/breaker", "core/guard", "core/cache", "core/price"},
	{"core/cache/semantic"}, // what drivers of vectors implement
	{"core/store", "core/store/*store", "core/store/*test", "core/secret/awssecret", "core/cache/*",
		"core/upstream", "core/upstream/awsx", "core/guard/partner", "core/board"},
	{"core/identity", "core/prompt", "core/usage", "core/route", "core/losses", "core/stored", "core/compact", "core/jobs", "core/uploads"},
	{"core/logs", "core/rollup", "core/metrics"}, // what is made of records
	{"core/api", "core/admin", "core/console", "core/realtime", "core/mcp"},
	{"core/gateway"},
	{"functions/internal/*"},
	{"functions/*", "functions/internal/*/cmd/*"},
}

// onAWS are the packages that may use the AWS SDK. Tests may anywhere: they
// read our answers as a client of AWS does.
var onAWS = []string{"core/store/*store", "core/secret/awssecret", "core/cache/*", "core/upstream/awsx", "functions/internal/*"}

// line is -1 for a package that is not in the table. What is internal to a
// package stands on its line.
func line(pkg string) int {
	n := slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
	if n < 0 {
		n = slices.IndexFunc(layers, func(l []string) bool { return matches(l, pkg) })
	}
	if i := strings.LastIndex(pkg, "/internal/"); n < 0 && i > 0 {
		return line(pkg[:i])
	}
	return n
}

func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, pkg)
		return ok && err == nil
	})
}

// fault says what is wrong with an import, "" if nothing is. Tests stand on
// the line of their package and may import it and test helpers;
// the parts of line 0 may use each other.
func fault(pkg, imported string, test bool) string {
	own, ours := strings.CutPrefix(imported, "sluice/")
	from, to := line(pkg), line(own)
	helper := strings.HasSuffix(own, "test")
	switch {
	case !ours && strings.HasPrefix(imported, "github.com/aws/") && !test && !matches(onAWS, pkg):
		return "may not use the AWS SDK"
	case !ours, own == pkg, to == 0 && from == 0, strings.HasPrefix(own, pkg+"/internal/"), strings.HasPrefix(pkg, own+"/internal/"):
		return ""
	case to < 0:
		return "imports a package that is on no line of the table"
	case helper && !test && !strings.HasSuffix(pkg, "test"):
		return "uses a test helper outside tests"
	case to < from, helper && (to == from || test):
		return ""
	}
	return "stands on line " + strconv.Itoa(from) + " and may not use line " + strconv.Itoa(to)
}

// The sources are read, not listed by the go command: so files for other
// systems count too, and a cached result of this test is never out of date.
func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch base := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && name != ".." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules"):
			return fs.SkipDir
		case filepath.Ext(name) != ".go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files++
		pkg := strings.TrimPrefix(path.Dir(filepath.ToSlash(name)), "../")
		if line(pkg) < 0 {
			t.Errorf("%s: package %s is on no line of the table", name, pkg)
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if what := fault(pkg, imported, strings.HasSuffix(name, "_test.go")); what != "" {
				t.Errorf("%s: %s %s: %q", name, pkg, what, imported)
			}
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Fatalf("%d files were read, %v", files, err)
	}
}

func TestTheLayersHold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, pkg, imported string
		test, refused       bool
	}{
		{"down", "core/route", "sluice/core/upstream", false, false},
		{"up", "core/upstream", "sluice/core/route", false, true},
		{"peers", "core/cache", "sluice/core/retry", false, true},
		{"peers in a test", "core/cache", "sluice/core/retry", true, true},
		{"its own test", "core/cache", "sluice/core/cache", true, false},
		{"test helper of the line", "core/dialect/gemini", "sluice/core/dialect/dialecttest", true, false},
		{"test helper in the product", "core/gateway", "sluice/core/store/storetest", false, true},
		{"parts of line 0", "core/internal/frame", "sluice/core/internal/json", false, false},
		{"internals of its own", "core/price", "sluice/core/price/internal/gen", false, false},
		{"a generator of its package", "core/price/internal/gen", "sluice/core/price", false, false},
		{"internals that look up", "core/price/internal/gen", "sluice/core/api", false, true},
		{"line 0 looks up", "core/internal/httpx", "sluice/core/llm", false, true},
		{"unplaced import", "core/route", "sluice/core/utils", false, true},
		{"SDK in a driver", "core/store/dynamostore", "github.com/aws/aws-sdk-go-v2/service/dynamodb", false, false},
		{"SDK in the core", "core/dialect/bedrock", "github.com/aws/smithy-go", false, true},
		{"SDK in a test", "core/dialect/bedrock", "github.com/aws/smithy-go", true, false},
		{"other modules", "core/dialect/bedrock", "golang.org/x/sync/errgroup", false, false},
	}
	for _, tt := range tests {
		if got := fault(tt.pkg, tt.imported, tt.test); (got != "") != tt.refused {
			t.Errorf("%s: got %q, want refused: %v", tt.name, got, tt.refused)
		}
	}
	if got := line("core/utils"); got != -1 {
		t.Errorf("an unknown package is on line %d", got)
	}
}
