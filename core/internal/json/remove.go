package json

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Remove returns v without what the paths lead to, and every other byte as it
// was, in one pass. Indexes count the elements that v has. What is not there
// is passed over; when nothing is removed, the result is v itself.
func Remove(v Value, paths ...Path) (Value, error) {
	if len(paths) == 0 {
		return v, nil
	}
	r := remover{v: v, d: jsontext.NewDecoder(bytes.NewBuffer(v))}
	if err := r.value(paths); err != nil {
		return nil, err
	}
	if _, err := r.d.ReadToken(); err != io.EOF {
		return nil, errors.Join(errors.New("more than one JSON value"), err)
	}
	if r.copied == 0 {
		return v, nil
	}
	return append(r.out, v[r.copied:]...), nil
}

// A remover walks over v, into those members and elements only that a path
// leads through.
type remover struct {
	v      Value
	d      *jsontext.Decoder
	out    []byte
	copied int // v[:copied] is in out, or has been cut
}

// cut leaves out v[start:end], which is behind everything cut before.
func (r *remover) cut(start, end int) {
	if r.out == nil {
		r.out = make([]byte, 0, len(r.v))
	}
	r.out = append(r.out, r.v[r.copied:start]...)
	r.copied = end
}

// value reads the next value; paths are what is left of them here.
func (r *remover) value(paths []Path) error {
	switch k := r.d.PeekKind(); {
	case len(paths) > 0 && k == '{':
		return r.items('}', paths)
	case len(paths) > 0 && k == '[':
		return r.items(']', paths)
	}
	return r.d.SkipValue()
}

// items reads the members of an object, or the elements of an array.
func (r *remover) items(closing jsontext.Kind, paths []Path) error {
	if _, err := r.d.ReadToken(); err != nil {
		return err
	}
	kept, end := 0, int(r.d.InputOffset()) // of the item before
	for i := 0; r.d.PeekKind() != closing; i++ {
		name, err := r.name(closing)
		if err != nil {
			return err
		}
		deeper, gone := step(paths, closing == '}', name, i)
		if !gone {
			if kept++; kept == 1 && i > 0 {
				r.cutComma(end)
			}
		}
		if err := r.value(deeper); err != nil {
			return err
		}
		start := end
		if end = int(r.d.InputOffset()); gone {
			r.cut(start, end)
		}
	}
	_, err := r.d.ReadToken()
	return err
}

// name reads the name of a member; elements have none.
func (r *remover) name(closing jsontext.Kind) (string, error) {
	if closing != '}' {
		return "", nil
	}
	t, err := r.d.ReadToken()
	if err != nil {
		return "", err
	}
	return t.String(), nil
}

// cutComma takes away the comma behind start: all items before it are gone.
func (r *remover) cutComma(start int) {
	if i := bytes.IndexByte(r.v[start:], ','); i >= 0 {
		r.cut(start+i, start+i+1)
	}
}

// step takes the paths that lead through one member or element, and reports
// whether one of them ends there.
func step(paths []Path, object bool, name string, index int) (deeper []Path, gone bool) {
	for _, p := range paths {
		if s := p[0]; object && !s.inMember(name) || !object && !s.inElement(index) {
			continue
		}
		if len(p) == 1 {
			return nil, true
		}
		deeper = append(deeper, p[1:])
	}
	return slices.Clip(deeper), false
}
