package core_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// trapCounts are the entries of each group: none may get lost.
var trapCounts = map[string]int{
	"ST": 25, "FB": 15, "TL": 25, "RS": 13, "PC": 10, "RC": 8, "US": 18, "BU": 17, "SC": 12, "PA": 17, "BD": 16, "GM": 12,
	"RE": 14, "CC": 15, "CL": 11, "ER": 8, "EM": 12, "SE": 20, "GR": 11, "LA": 20, "MC": 7, "GO": 12, "OP": 10, "PF": 62,
}

// TestEveryTrapIsHeld holds TRAPS.md to its word: each id once, each with a
// test that exists or the work that will own it.
func TestEveryTrapIsHeld(t *testing.T) {
	t.Parallel()
	md, err := os.ReadFile("TRAPS.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := declaredTests(t)
	seen := map[string]int{}
	ids := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z]{2})-(\d\d) \|.*\| ([^|]+) \|$`).FindAllStringSubmatch(string(md), -1) {
		group, id, held := row[1], row[1]+"-"+row[2], row[3]
		if ids[id] {
			t.Errorf("%s stands twice", id)
		}
		ids[id] = true
		seen[group]++
		if strings.HasPrefix(held, "owner: ") && len(held) > len("owner: ") {
			continue
		}
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(held, -1)
		if len(names) == 0 {
			t.Errorf("%s has neither a test nor an owner", id)
		}
		for _, n := range names {
			if strings.HasPrefix(n[1], "Test") && !tests[n[1]] {
				t.Errorf("%s names %s, which does not exist", id, n[1])
			}
		}
	}
	for group, want := range trapCounts {
		if seen[group] != want {
			t.Errorf("group %s has %d entries, want %d", group, seen[group], want)
		}
	}
}

// declaredTests are the names of all tests of the module.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declaration := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range declaration.FindAllSubmatch(src, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
