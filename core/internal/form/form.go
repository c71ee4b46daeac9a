// Package form finds and sets fields of a multipart form that is held in
// memory. Nothing is copied to look: a form may carry an hour of sound.
//
// https://www.rfc-editor.org/rfc/rfc7578
package form

import (
	"bytes"
	"errors"
	"mime"
	"net/textproto"
	"strings"
)

// A Field is one part of a form. Its value is body[Start:End].
type Field struct {
	Name, Filename string
	ContentType    string
	Start, End     int
}

// ErrMalformed is returned for a body that is not the form that its content
// type announces.
var ErrMalformed = errors.New("not a multipart form")

// Is reports whether a content type announces a form.
func Is(contentType string) bool {
	if contentType == "application/json" { // as nearly always
		return false
	}
	t, _, _ := mime.ParseMediaType(contentType)
	return t == "multipart/form-data"
}

// Fields lists the parts of a form in their order.
func Fields(contentType string, body []byte) ([]Field, error) {
	s, err := newScanner(contentType, body)
	if err != nil {
		return nil, err
	}
	var out []Field
	for {
		f, more, err := s.next()
		if err != nil || !more {
			return out, err
		}
		out = append(out, f)
	}
}

// Value is the text of the first field of a name that is no file, or empty.
func Value(contentType string, body []byte, name string) (string, error) {
	fields, err := Fields(contentType, body)
	for _, f := range fields {
		if f.Name == name && f.Filename == "" {
			return string(body[f.Start:f.End]), err
		}
	}
	return "", err
}

// Set returns a copy of the form in which the field has another value, once,
// and every other byte is as it was: of a field that is there twice, readers
// take the one or the other. A field that is not there comes first.
func Set(contentType string, body []byte, name, value string) ([]byte, error) {
	s, err := newScanner(contentType, body)
	if err != nil {
		return nil, err
	}
	first := s.at
	out, kept, found := []byte(nil), 0, false // body[:kept] is in out already
	for {
		at := s.at
		f, more, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case !more && !found:
			return splice(body, first, first, s.part(name, value)), nil
		case !more:
			return append(out, body[kept:]...), nil
		case f.Name != name || f.Filename != "":
		case found: // again
			out, kept = append(out, body[kept:at]...), s.at
		default:
			out, kept, found = append(append(out, body[:f.Start]...), value...), f.End, true
		}
	}
}

// Remove returns a copy of the form without the fields and files that gone
// reports; with none of them it is body itself.
func Remove(contentType string, body []byte, gone func(name string) bool) ([]byte, error) {
	s, err := newScanner(contentType, body)
	if err != nil {
		return nil, err
	}
	out, kept := []byte(nil), 0 // body[:kept] is in out already, or gone
	for {
		at := s.at
		f, more, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case !more && kept == 0:
			return body, nil
		case !more:
			return append(out, body[kept:]...), nil
		case gone(f.Name):
			out, kept = append(out, body[kept:at]...), s.at
		}
	}
}

func splice(body []byte, start, end int, text string) []byte {
	out := make([]byte, 0, len(body)-(end-start)+len(text))
	return append(append(append(out, body[:start]...), text...), body[end:]...)
}

// A scanner walks over a form; at is where the next delimiter begins.
type scanner struct {
	body      []byte
	delimiter []byte // two hyphens and the boundary
	at        int
}

func newScanner(contentType string, body []byte) (*scanner, error) {
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil || t != "multipart/form-data" || params["boundary"] == "" {
		return nil, ErrMalformed
	}
	s := &scanner{body: body, delimiter: []byte("--" + params["boundary"])}
	if !bytes.HasPrefix(body, s.delimiter) { // a preamble
		i := bytes.Index(body, append([]byte("\r\n"), s.delimiter...))
		if i < 0 {
			return nil, ErrMalformed
		}
		s.at = i + len("\r\n")
	}
	return s, nil
}

// next reads the part behind the delimiter. more is false at the end.
func (s *scanner) next() (f Field, more bool, err error) {
	rest := s.body[s.at+len(s.delimiter):]
	if bytes.HasPrefix(rest, []byte("--")) {
		return f, false, nil
	}
	lineEnd := bytes.Index(rest, []byte("\r\n"))
	if lineEnd < 0 || len(bytes.Trim(rest[:lineEnd], " \t")) > 0 {
		return f, false, ErrMalformed
	}
	start := s.at + len(s.delimiter) + lineEnd + len("\r\n")
	if start, err = f.readHeader(s.body, start); err != nil {
		return f, false, err
	}
	if bytes.HasPrefix(s.body[start:], s.delimiter) { // no value at all
		f.Start, f.End, s.at = start, start, start
		return f, true, nil
	}
	end := bytes.Index(s.body[start:], append([]byte("\r\n"), s.delimiter...))
	if end < 0 {
		return f, false, ErrMalformed
	}
	f.Start, f.End = start, start+end
	s.at = f.End + len("\r\n")
	return f, true, nil
}

// readHeader reads the lines before a part's value, and returns where that
// begins.
func (f *Field) readHeader(body []byte, at int) (int, error) {
	for {
		i := bytes.IndexByte(body[at:], '\n')
		if i < 0 {
			return 0, ErrMalformed
		}
		line := strings.TrimRight(string(body[at:at+i]), "\r")
		at += i + 1
		if line == "" {
			return at, nil
		}
		name, value, _ := strings.Cut(line, ":")
		switch textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)) {
		case "Content-Disposition":
			_, params, _ := mime.ParseMediaType(value)
			f.Name, f.Filename = params["name"], params["filename"]
		case "Content-Type":
			f.ContentType = strings.TrimSpace(value)
		}
	}
}

var escape = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22") // as browsers do

func (s *scanner) part(name, value string) string {
	return string(s.delimiter) + "\r\nContent-Disposition: form-data; name=\"" + escape.Replace(name) + "\"\r\n\r\n" + value + "\r\n"
}
