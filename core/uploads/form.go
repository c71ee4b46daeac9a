package uploads

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"

	"sluice/core/internal/form"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Form is a multipart body whose file comes from a depot while it is read.
type Form struct {
	io.Reader
	ContentType string
	Length      int64 // bytes
	close       func() error
}

// Close ends the reading of the file.
func (f *Form) Close() error { return f.close() }

// Form makes a form of a client's body that names a file's id in place of the
// file: an object whose other members are the fields, or a form with a field
// that is not a file. It is nil if the body names none.
func (d *Depot) Form(ctx context.Context, workspace, contentType string, body []byte) (*Form, error) {
	fields, err := fieldsOf(contentType, body)
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		if f.filename == "" && IsID(f.value) {
			return d.form(ctx, workspace, fields, i)
		}
	}
	return nil, nil
}

// A field is one part of a form; with a filename, a file that is there.
type field struct{ name, value, filename, contentType string }

func fieldsOf(contentType string, body []byte) ([]field, error) {
	var out []field
	if form.Is(contentType) {
		all, err := form.Fields(contentType, body)
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			out = append(out, field{f.Name, string(body[f.Start:f.End]), f.Filename, f.ContentType})
		}
		return out, nil
	}
	members, err := json.Members(body)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the request body must be a JSON object or a form")
	}
	for _, m := range members {
		out = append(out, fieldsOfMember(m)...)
	}
	return out, nil
}

// fieldsOfMember writes a list as forms do, once for each element.
func fieldsOfMember(m json.Member) []field {
	switch m.Value.Kind() {
	case '"':
		return []field{{name: m.Name, value: json.Unquote(m.Value)}}
	case '[':
		var out []field
		elements, _ := json.Elements(m.Value)
		for _, e := range elements {
			text := string(e)
			if e.Kind() == '"' {
				text = json.Unquote(e)
			}
			out = append(out, field{name: m.Name + "[]", value: text})
		}
		return out
	case 'n':
		return nil
	}
	return []field{{name: m.Name, value: string(m.Value)}}
}

// form writes the fields, and behind them the file, which only its reader
// reads.
func (d *Depot) form(ctx context.Context, workspace string, fields []field, file int) (*Form, error) {
	body, about, err := d.Read(ctx, workspace, fields[file].value)
	if err != nil {
		return nil, err
	}
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	for i, f := range fields {
		if i == file {
			continue
		}
		if f.filename != "" {
			_, _ = io.WriteString(openPart(w, f.name, f.filename, f.contentType), f.value)
			continue
		}
		_ = w.WriteField(f.name, f.value) // a buffer takes everything
	}
	openPart(w, fields[file].name, Filename(about), about.Type)
	tail := "\r\n--" + w.Boundary() + "--\r\n"
	return &Form{
		Reader:      io.MultiReader(&head, body, strings.NewReader(tail)),
		ContentType: w.FormDataContentType(), Length: int64(head.Len()) + about.Size + int64(len(tail)), close: body.Close,
	}, nil
}

// openPart begins a file in a form that is written to a buffer.
func openPart(w *multipart.Writer, name, filename, contentType string) io.Writer {
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, quoted(name), quoted(filename)))
	h.Set("Content-Type", cmp.Or(contentType, "application/octet-stream"))
	part, _ := w.CreatePart(h)
	return part
}

func quoted(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, "%22", "\r", "%0D", "\n", "%0A").Replace(s)
}
