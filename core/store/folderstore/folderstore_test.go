package folderstore

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sluice/core/internal/blob"
	"sluice/core/llm"
)

func kind(err error) llm.ErrorKind {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return llm.Internal
	}
	return e.Kind
}

func TestAnObjectIsThereUntilItIsRemoved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "er")
	f := New(dir)
	for _, n := range []blob.Name{{Bucket: "b", Key: "k"}, {Bucket: "..", Key: "../../etc/passwd"}, {Bucket: "b", Key: "k.about"}} {
		if _, err := f.Stat(t.Context(), n); kind(err) != llm.NotFound {
			t.Errorf("before: %v", err)
		}
		size, err := f.Write(t.Context(), n, strings.NewReader("content of "+n.Key), blob.Object{Type: "text/plain", Meta: map[string]string{"a": "b"}})
		if err != nil || size != int64(len("content of "+n.Key)) {
			t.Fatal(size, err)
		}
		body, about, err := f.Open(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(body)
		body.Close()
		if string(got) != "content of "+n.Key || about.Size != size || about.Type != "text/plain" || about.Meta["a"] != "b" || time.Since(about.Created) > time.Minute {
			t.Errorf("%q %+v", got, about)
		}
		if err := errors.Join(f.Remove(t.Context(), n), f.Remove(t.Context(), n)); err != nil {
			t.Error(err)
		}
		if _, _, err := f.Open(t.Context(), n); kind(err) != llm.NotFound {
			t.Errorf("after: %v", err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestABrokenUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, broken := New(dir), errors.New("broken")
	n := blob.Name{Bucket: "b", Key: "k"}
	if _, err := f.Write(t.Context(), n, iotest.ErrReader(broken), blob.Object{}); !errors.Is(err, broken) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestWhatIsOldIsSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := New(dir)
	old, young := blob.Name{Bucket: "b", Key: "old"}, blob.Name{Bucket: "b", Key: "young"}
	for _, n := range []blob.Name{old, young} {
		if _, err := f.Write(t.Context(), n, strings.NewReader("x"), blob.Object{}); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{f.file(old), f.file(old) + aboutSuffix} {
		if err := os.Chtimes(name, then, then); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Sweep(time.Hour), New(filepath.Join(dir, "none")).Sweep(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Stat(t.Context(), old); kind(err) != llm.NotFound {
		t.Errorf("the old one: %v", err)
	}
	if _, err := f.Stat(t.Context(), young); err != nil {
		t.Errorf("the young one: %v", err)
	}
}
