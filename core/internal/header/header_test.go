package header

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestAFieldIsReadAndWrittenAsByNetHTTP(t *testing.T) {
	h := http.Header{}
	h.Add("x-several", "first")
	h.Add("x-several", "second")
	Set(h, "X-One", "1")
	Set(h, "X-One", "2")
	h["X-None"] = nil
	for _, name := range []string{"X-Several", "X-One", "X-None", "X-Missing"} {
		if got, want := Get(h, name), h.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := h.Values("X-One"); len(got) != 1 {
		t.Errorf("a field that was set twice has the values %q", got)
	}
}

// TestNamesAreCanonical reads the files that use this package: a name in
// another form finds nothing, whatever the client has sent. Texts that begin
// as headers of gateways do count wherever they stand: in lists, as constants,
// as arguments of functions around these.
func TestNamesAreCanonical(t *testing.T) {
	found := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"sluice/core/internal/header"` }) {
			return nil
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, name := range namesIn(n) {
				found++
				if name != http.CanonicalHeaderKey(name) {
					t.Errorf("%s: %q is not canonical", path, name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found < 20 {
		t.Fatalf("%d names were found (%v)", found, err)
	}
}

// namesIn are the constant names of fields that a node of a file has.
func namesIn(n ast.Node) (names []string) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); err == nil && gatewayField.MatchString(text) {
			return []string{text}
		}
	case *ast.CallExpr:
		if len(n.Args) > 1 && (isOurs(n.Fun, "Get") || isOurs(n.Fun, "Set")) {
			return textOf(n.Args[1])
		}
	}
	return nil
}

var gatewayField = regexp.MustCompile(`^X-[0-9A-Za-z-]+$`)

func isOurs(f ast.Expr, name string) bool {
	s, ok := f.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := s.X.(*ast.Ident)
	return ok && of.Name == "header" && s.Sel.Name == name
}

func textOf(e ast.Expr) []string {
	if lit, ok := e.(*ast.BasicLit); ok {
		if text, err := strconv.Unquote(lit.Value); err == nil {
			return []string{text}
		}
	}
	return nil
}
