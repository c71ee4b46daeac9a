// Package golden reads and rewrites txtar fixtures. A fixture is one
// scenario: a sentence on top that says what it shows, then sections in the
// order in which things happen.
//
// With the flag -update the sections that a test computes are rewritten. Read
// the difference before committing it.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite golden sections")

// A File is one fixture.
type File struct {
	Path    string
	archive *txtar.Archive
	changed bool
}

// Each runs f as a subtest for every *.txtar file in dir. A directory without
// any is an error: it would be a test that cannot fail.
func Each(t *testing.T, dir string, f func(t *testing.T, file *File)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures in %s (%v)", dir, err)
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".txtar"), func(t *testing.T) {
			file := Read(t, p)
			f(t, file)
			file.save(t)
		})
	}
}

// Read reads one fixture. The sentence on top is required.
func Read(t testing.TB, path string) *File {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := txtar.Parse(b)
	if len(bytes.TrimSpace(a.Comment)) == 0 {
		t.Errorf("%s: no sentence on top says what it shows", path)
	}
	return &File{Path: path, archive: a}
}

// Names lists the sections in their order.
func (f *File) Names() []string {
	var names []string
	for _, s := range f.archive.Files {
		names = append(names, s.Name)
	}
	return names
}

// Has reports whether there is a section of that name.
func (f *File) Has(name string) bool { return f.find(name) >= 0 }

// Get returns a section without the line break at its end, nil if absent.
func (f *File) Get(name string) []byte {
	i := f.find(name)
	if i < 0 {
		return nil
	}
	return bytes.TrimSuffix(f.archive.Files[i].Data, []byte("\n"))
}

func (f *File) find(name string) int {
	for i, s := range f.archive.Files {
		if s.Name == name {
			return i
		}
	}
	return -1
}

// Want compares got with a section; with -update it rewrites the section.
func (f *File) Want(t *testing.T, name string, got []byte) {
	t.Helper()
	want, got := bytes.TrimRight(f.Get(name), "\n"), bytes.TrimRight(got, "\n")
	if bytes.Equal(want, got) && f.Has(name) {
		return
	}
	if !*update {
		t.Errorf("section %s\n--- got\n%s\n--- want\n%s", name, got, want)
		return
	}
	data := append(bytes.Clone(got), '\n')
	if i := f.find(name); i >= 0 {
		f.archive.Files[i].Data = data
	} else {
		f.archive.Files = append(f.archive.Files, txtar.File{Name: name, Data: data})
	}
	f.changed = true
}

func (f *File) save(t *testing.T) {
	t.Helper()
	if !f.changed {
		return
	}
	if err := os.WriteFile(f.Path, txtar.Format(f.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
