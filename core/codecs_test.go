package core_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var decodes = regexp.MustCompile(`(?m)^func (\(\w* ?\*?\w+\) )?(DecodeRequest|DecodeResponse|Decode|Answer|Prepare)\(`)

// TestEveryCodecIsHeldToTheLaws finds out whether every package that reads
// what others wrote has a fuzzer, and whether every dialect is held to the
// round-trip law and to equal reading at every split position, which
// dialecttest.Run does on its fixtures.
func TestEveryCodecIsHeldToTheLaws(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("dialect/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no dialects", err)
	}
	for _, dir := range dirs {
		code, tests := sources(t, dir)
		if !decodes.MatchString(code) || strings.HasSuffix(dir, "test") {
			continue
		}
		if !strings.Contains(tests, "func Fuzz") {
			t.Errorf("%s decodes and has no fuzzer", dir)
		}
		if strings.Contains(code, "dialect.Outbound") && !strings.Contains(tests, "dialecttest.Run(") {
			t.Errorf("%s is a dialect and is not held to the laws of dialecttest", dir)
		}
	}
}

// sources joins the files of a package: what it is made of, and its tests.
func sources(t *testing.T, dir string) (code, tests string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") {
			tests += string(b)
		} else {
			code += string(b)
		}
	}
	return code, tests
}
