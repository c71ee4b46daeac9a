package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const (
	root    = "../.."
	nothing = "./testdata/nothing"
)

// buildHere builds a command as for Lambda, but for this machine.
func buildHere(pkg, binary string) error {
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version=test", "-tags", "lambda.norpc", "-o", binary, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// makeZip builds the function with the Makefile of a folder, and returns the
// folder of its outputs.
func makeZip(tb testing.TB, folder string, env ...string) (out string) {
	tb.Helper()
	if _, err := exec.LookPath("make"); err != nil {
		tb.Skip("there is no make")
	}
	out = tb.TempDir()
	cmd := exec.CommandContext(tb.Context(), "make", "-s", "-C", folder, "function-gateway", "BIN="+out, "DIST="+out, "VERSION=test")
	outer := func(v string) bool { return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS=") }
	cmd.Env = append(slices.DeleteFunc(os.Environ(), outer), env...)
	if b, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("make: %v\n%s", err, b)
	}
	return out
}

// The folders differ, as those of two machines would. With SLUICE_FULL it is
// Lambda's processor that is compiled for, and everything anew.
func TestEqualSourcesGiveEqualZips(t *testing.T) {
	t.Parallel()
	here := copySources(t, root)
	there := copySources(t, here)
	once := []string{"LAMBDA_ARCH=" + runtime.GOARCH}
	anew := once
	if os.Getenv("SLUICE_FULL") != "" {
		once, anew = nil, []string{"GOCACHE=" + t.TempDir()}
	}
	a, err := os.ReadFile(filepath.Join(makeZip(t, here, once...), "gateway.zip"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(makeZip(t, there, anew...), "gateway.zip"))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("got %x and %x, %v", sha256.Sum256(a), sha256.Sum256(b), err)
	}
}

// copySources copies what a build reads.
func copySources(t *testing.T, from string) (to string) {
	t.Helper()
	to = t.TempDir()
	add := func(name string, d fs.DirEntry, err error) error {
		switch base := filepath.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && (base == "testdata" || base == "node_modules"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case strings.HasSuffix(base, "_test.go"):
			return nil
		}
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), b, 0o600)
	}
	for _, part := range []string{"Makefile", "go.mod", "go.sum", "core", "functions"} {
		if err := fs.WalkDir(os.DirFS(from), part, add); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// Else the benchmark of the start compares apples with pears.
func TestNothingLinksTheSamePackagesOfAWS(t *testing.T) {
	t.Parallel()
	ours, theirs := packagesOfAWS(t, "."), packagesOfAWS(t, nothing)
	for _, p := range ours {
		if !slices.Contains(theirs, p) {
			t.Errorf("testdata/nothing does not link %s", p)
		}
	}
	for _, p := range theirs {
		if !slices.Contains(ours, p) {
			t.Errorf("testdata/nothing links %s, and the gateway does not", p)
		}
	}
}

func packagesOfAWS(t *testing.T, pkg string) (found []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "lambda.norpc", pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	for p := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(p, "github.com/aws/") {
			found = append(found, p)
		}
	}
	return found
}

// BenchmarkSize is that of what is deployed: less than 14 MB of binary is the
// aim, since a start reads it.
func BenchmarkSize(b *testing.B) {
	var out string
	for b.Loop() {
		out = makeZip(b, root)
	}
	b.ReportMetric(0, "ns/op")
	for unit, file := range map[string]string{"binary-MB": "lambda/gateway/bootstrap", "zip-MB": "gateway.zip"} {
		info, err := os.Stat(filepath.Join(out, file))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/1e6, unit)
	}
}
