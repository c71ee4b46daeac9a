package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBootstrapIsAtTheRootAndExecutable(t *testing.T) {
	t.Parallel()
	want := bytes.Repeat([]byte("binary "), 1000)
	b, err := pack(want)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) != 1 {
		t.Fatalf("%d files, %v", len(z.File), err)
	}
	f := z.File[0]
	if f.Name != "bootstrap" || f.Mode() != 0o755 || !f.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %s, %v, %v", f.Name, f.Mode(), f.Modified)
	}
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of another content, %v", len(got), err)
	}
}

func TestEqualBinariesGiveEqualFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "binary")
	var sums []string
	for i, age := range []time.Duration{0, time.Hour} {
		if err := os.WriteFile(binary, []byte("same"), 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-age)
		os.Chtimes(binary, old, old)
		out := filepath.Join(dir, fmt.Sprint(i, ".zip"))
		var printed strings.Builder
		if err := run([]string{out, binary}, &printed); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(b))
		if !strings.HasPrefix(printed.String(), sum) {
			t.Errorf("printed %q for a file with sum %s", &printed, sum)
		}
		sums = append(sums, sum)
	}
	if sums[0] != sums[1] {
		t.Errorf("sums differ: %v", sums)
	}
}

func TestWrongCalls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"no arguments":     nil,
		"no such binary":   {filepath.Join(dir, "a.zip"), filepath.Join(dir, "none")},
		"no such folder":   {filepath.Join(dir, "none", "a.zip"), file},
		"too many of them": {"a", "b", "c"},
	} {
		if err := run(args, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
