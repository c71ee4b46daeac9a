package dialect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// walk notes the texts that the walker finds with f, as surface:turn:text.
func walk(body string, f func(w *Walker) error, names ...string) (got []string, err error) {
	w := NewWalker([]byte(body), func(s Span) bool {
		got = append(got, fmt.Sprintf("%s:%d:%s", s.Surface, s.Turn, body[s.Start:s.End]))
		return len(got) < 3
	}, names...)
	return got, f(&w)
}

func TestWalkerNotesWhatItIsToldTo(t *testing.T) {
	t.Parallel()
	const body = ` {"a" : "x", "\u0062":["y", 1, ""], "role":"r", "c":{"d":[{"e":"z\"}"}]}, "f":true} `
	role, path := "", ""
	got, err := walk(body, func(w *Walker) error {
		err := w.Object(func(name string) (err error) {
			switch name {
			case "a":
				return w.Text("")
			case "b":
				w.Turn = 7
				return w.Array(func() error { return w.Text("list") })
			case "role":
				role, err = w.Word()
				return err
			case "c":
				return w.Leaves(func(p []string) error {
					path = strings.Join(p, ".")
					return w.Text("leaf")
				})
			case "f":
				yes, err := w.True()
				if !yes {
					t.Error("f is not true")
				}
				return err
			}
			return w.SkipValue()
		})
		w.Settle(2, "late")
		if err == nil {
			err = w.Flush("user")
		}
		return err
	})
	want := []string{`user:0:"x"`, `list:7:"y"`, `leaf:7:"z\"}"`}
	if !slices.Equal(got, want) || role != "r" || path != "d.*.e" {
		t.Errorf("got %q, role %q, path %q, %v", got, role, path, err)
	}
}

func TestWalkerSkipsAnotherShape(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"a":1}`, `["x"]`, `"x"`, `null`} {
		got, err := walk(body, func(w *Walker) error {
			if w.Kind() == '{' {
				return w.Array(func() error { return w.Text("") })
			}
			return w.Object(func(string) error { return w.Text("") })
		})
		if len(got) > 0 || err != nil {
			t.Errorf("%s: got %q, %v", body, got, err)
		}
	}
}

func TestWalkerStopsWhenNobodyWantsMore(t *testing.T) {
	t.Parallel()
	got, err := walk(`["a","b","c","d"]`, func(w *Walker) error {
		return w.Array(func() error {
			if err := w.Text(""); err != nil {
				return err
			}
			return w.Flush("user")
		})
	})
	if len(got) != 3 || err == nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWalkerNamesWhatMatters(t *testing.T) {
	t.Parallel()
	var names []string
	see := func(w *Walker) error {
		names = nil
		return w.Object(func(name string) error {
			names = append(names, name)
			return w.SkipValue()
		})
	}
	const body = `{"text":1,"other":2,"te\u0078ts":3}`
	if _, err := walk(body, see, "text"); err != nil || !slices.Equal(names, []string{"text", "?", "texts"}) {
		t.Errorf("with known names: %q, %v", names, err)
	}
	if _, err := walk(body, see); err != nil || !slices.Equal(names, []string{"text", "other", "texts"}) {
		t.Errorf("with none: %q, %v", names, err)
	}
	if _, err := walk(`{"text":1,`, see); err == nil {
		t.Error("a body that breaks off has no error")
	}
}
