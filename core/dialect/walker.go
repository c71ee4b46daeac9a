package dialect

import (
	"bytes"

	"sluice/core/internal/json"
)

// A Walker finds the texts of a request. It reads the body once, in its
// order: each of its methods is called where a value begins, and reads it.
// The texts that it notes are handed on by [Walker.Flush], because what they
// are, such as the role of a message, may stand behind them.
type Walker struct {
	Turn  int    // of the texts that are noted
	Spans []Span // noted since the last Flush

	d     *json.Decoder
	names []string
	path  []string
	yield func(Span) bool
}

// NewWalker returns a walker over body, which gives its spans to yield. Names
// of members that are not among names may be handed on as "?", which saves a
// copy of each; without names they are all read.
func NewWalker(body []byte, yield func(Span) bool, names ...string) Walker {
	return Walker{d: json.NewDecoder(body), yield: yield, names: names}
}

// errStopped ends the walk when nobody wants more.
type errStopped struct{}

func (errStopped) Error() string { return "stopped" }

// Kind is that of the value to come: the first byte of its text, '0' for a
// number.
func (w *Walker) Kind() byte { return byte(w.d.PeekKind()) }

// SkipValue passes a value.
func (w *Walker) SkipValue() error { return w.d.SkipValue() }

// Word reads a value; it returns "" if that is no string.
func (w *Walker) Word() (string, error) {
	v, err := w.d.ReadValue()
	return json.Unquote(v), err
}

// True reads a value and reports whether it is true.
func (w *Walker) True() (bool, error) {
	yes := w.Kind() == 't'
	return yes, w.SkipValue()
}

// Object calls f at the value of every member. A value that is no object is
// skipped.
func (w *Walker) Object(f func(name string) error) error {
	return w.inside('{', '}', func() error {
		name, err := w.d.ReadValue()
		if err != nil {
			return err
		}
		return f(w.name(name))
	})
}

// Array calls f at every element. A value that is no array is skipped.
func (w *Walker) Array(f func() error) error { return w.inside('[', ']', f) }

func (w *Walker) inside(open, end byte, f func() error) error {
	if w.Kind() != open {
		return w.SkipValue()
	}
	if _, err := w.d.ReadToken(); err != nil {
		return err
	}
	for w.Kind() != end {
		if err := f(); err != nil {
			return err
		}
	}
	_, err := w.d.ReadToken()
	return err
}

// name unquotes a name, without a copy for those that matter.
func (w *Walker) name(quoted []byte) string {
	plain := quoted[1 : len(quoted)-1]
	for _, n := range w.names {
		if string(plain) == n {
			return n
		}
	}
	switch {
	case bytes.IndexByte(plain, '\\') >= 0:
		return json.Unquote(quoted)
	case len(w.names) > 0:
		return "?"
	}
	return string(plain)
}

// Text notes a string that says anything. Other values are skipped.
func (w *Walker) Text(surface string) error {
	if w.Kind() != '"' {
		return w.SkipValue()
	}
	v, err := w.d.ReadValue()
	if err == nil && len(v) > len(`""`) {
		end := int(w.d.InputOffset())
		w.Spans = append(w.Spans, Span{Start: end - len(v), End: end, Surface: surface, Turn: w.Turn})
	}
	return err
}

// Strings notes every string inside a value, such as the arguments of a call.
func (w *Walker) Strings(surface string) error {
	return w.Leaves(func([]string) error { return w.Text(surface) })
}

// Leaves calls f at every value inside a value that is neither object nor
// array, with the names that lead there; elements are "*". The path is only
// valid until f returns.
func (w *Walker) Leaves(f func(path []string) error) error {
	step := func(name string) error {
		w.path = append(w.path, name)
		err := w.Leaves(f)
		w.path = w.path[:len(w.path)-1]
		return err
	}
	switch w.Kind() {
	case '{':
		return w.Object(step)
	case '[':
		return w.Array(func() error { return step("*") })
	}
	return f(w.path)
}

// Settle gives the noted texts from the index first on this surface, unless
// they have one.
func (w *Walker) Settle(first int, surface string) {
	for i := range w.Spans[first:] {
		if s := &w.Spans[first+i]; s.Surface == "" {
			s.Surface = surface
		}
	}
}

// Flush hands the noted texts on. Those without a surface get this one.
func (w *Walker) Flush(surface string) error {
	w.Settle(0, surface)
	for _, s := range w.Spans {
		if !w.yield(s) {
			return errStopped{}
		}
	}
	w.Spans = w.Spans[:0]
	return nil
}
