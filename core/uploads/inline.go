package uploads

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// MaxInline is how much may be put into one request, in bytes: it is held in
// memory, and providers have limits of this order.
const MaxInline = 32 << 20

// Mentions reports whether a body may name a file that waits here. It is
// cheap, and does not parse.
func Mentions(body []byte) bool { return bytes.Contains(body, []byte(Mark)) }

// Inline puts files in the place of their ids, wherever a dialect has a place
// for one: chat and Responses get data URLs, Messages, Gemini and Converse
// bare base64. Everything else in the body stays byte for byte.
func (d *Depot) Inline(ctx context.Context, workspace string, body []byte) ([]byte, error) {
	x := &inliner{ctx: ctx, depot: d, workspace: workspace, files: map[string]*inlined{}}
	return x.value(body)
}

type inliner struct {
	ctx       context.Context
	depot     *Depot
	workspace string
	files     map[string]*inlined
	size      int
}

// inlined is a file as requests hold it.
type inlined struct {
	name, kind, data string
	size             int // bytes of the file
}

func (f *inlined) url() json.Value { return json.Quote("data:" + f.kind + ";base64," + f.data) }

func (x *inliner) file(id string) (*inlined, error) {
	if f := x.files[id]; f != nil {
		return f, x.take(f.size) // each time it stands there
	}
	body, about, err := x.depot.Read(x.ctx, x.workspace, id)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, int64(MaxInline-x.size+1)))
	if err != nil {
		return nil, &llm.Error{Kind: llm.Unreachable, Message: "file " + id + " cannot be read", Err: err}
	}
	if err := x.take(len(raw)); err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(about.Type)
	f := &inlined{Filename(about), cmp.Or(kind, "application/octet-stream"), base64.StdEncoding.EncodeToString(raw), len(raw)}
	x.files[id] = f
	return f, nil
}

// take counts what is put into the request.
func (x *inliner) take(size int) error {
	if x.size += size; x.size > MaxInline {
		return llm.Errorf(llm.TooLarge, "the files of this request are together larger than %d bytes", MaxInline)
	}
	return nil
}

func (x *inliner) value(v json.Value) (json.Value, error) {
	if !Mentions(v) {
		return v, nil
	}
	switch v.Kind() {
	case '{':
		return x.object(v)
	case '[':
		return x.array(v)
	}
	return v, nil
}

func (x *inliner) array(v json.Value) (json.Value, error) {
	elements, err := json.Elements(v)
	if err != nil {
		return nil, err
	}
	for i := range elements {
		if elements[i], err = x.value(elements[i]); err != nil {
			return nil, err
		}
	}
	w := json.NewWriter("[")
	for _, e := range elements {
		w.Element(e)
	}
	w.Close(']')
	return w.B, nil
}

func (x *inliner) object(v json.Value) (json.Value, error) {
	members, err := json.Members(v)
	if err != nil {
		return v, nil // who reads the body will say what is wrong with it
	}
	var edits []json.Edit
	for _, m := range members {
		more, err := x.member(members, m)
		if err != nil {
			return nil, err
		}
		edits = append(edits, more...)
	}
	return json.Splice(v, edits...)
}

// member gives the edits of an object that one of its members asks for.
func (x *inliner) member(o json.Object, m json.Member) ([]json.Edit, error) {
	id := idIn(m)
	if id == "" {
		v, err := x.value(m.Value)
		if err != nil || bytes.Equal(v, m.Value) {
			return nil, err
		}
		return []json.Edit{{Name: m.Name, Value: v}}, nil
	}
	place, ok := places[m.Name]
	if !ok {
		return nil, nil // a text that happens to be an id
	}
	f, err := x.file(id)
	if err != nil {
		return nil, err
	}
	return place(f, json.Unquote(o.Get("type"))), nil
}

// idIn is the id that a member has, as its value or in the one object that
// Gemini and Converse put around it.
func idIn(m json.Member) string {
	v := m.Value
	switch m.Name {
	case "fileData", "file_data":
		if v.Kind() == '{' {
			o := json.ObjectOf(v)
			v = o.Get("fileUri")
			if v == nil {
				v = o.Get("file_uri")
			}
		}
	case "s3Location":
		v = json.Lookup(v, "uri")
	}
	if text := json.Unquote(v); v.Kind() == '"' && IsID(text) {
		return text
	}
	return ""
}

// places are the members in which dialects have files. typ is the type of the
// object that the member is in.
var places = map[string]func(f *inlined, typ string) []json.Edit{
	"file_id": func(f *inlined, typ string) []json.Edit {
		switch typ {
		case "file": // a source of Messages
			return f.source("file_id")
		case "input_image":
			return []json.Edit{{Name: "file_id"}, {Name: "image_url", Value: f.url()}}
		}
		return f.named("file_id")
	},
	"file_url": func(f *inlined, _ string) []json.Edit { return f.named("file_url") },
	"url": func(f *inlined, typ string) []json.Edit {
		if typ == "url" {
			return f.source("url")
		}
		return []json.Edit{{Name: "url", Value: f.url()}}
	},
	"image_url": func(f *inlined, _ string) []json.Edit { return []json.Edit{{Name: "image_url", Value: f.url()}} },
	"data":      func(f *inlined, _ string) []json.Edit { return []json.Edit{{Name: "data", Value: json.Quote(f.data)}} },
	"fileData":  func(f *inlined, _ string) []json.Edit { return f.gemini("fileData") },
	"file_data": func(f *inlined, typ string) []json.Edit {
		return []json.Edit{{Name: "file_data", Value: f.url()}}
	},
	"s3Location": func(f *inlined, _ string) []json.Edit {
		return []json.Edit{{Name: "s3Location"}, {Name: "bytes", Value: json.Quote(f.data)}}
	},
}

// named is a file of chat and Responses, which want a name for it.
func (f *inlined) named(member string) []json.Edit {
	return []json.Edit{{Name: member}, {Name: "filename", Value: json.Quote(f.name)}, {Name: "file_data", Value: f.url()}}
}

// source is a file of Messages. Plain text has a form of its own there.
func (f *inlined) source(member string) []json.Edit {
	kind, data := "base64", f.data
	if f.kind == "text/plain" {
		raw, _ := base64.StdEncoding.DecodeString(f.data)
		kind, data = "text", strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return []json.Edit{
		{Name: member},
		{Name: "type", Value: json.Quote(kind)}, {Name: "media_type", Value: json.Quote(f.kind)}, {Name: "data", Value: json.Quote(data)},
	}
}

func (f *inlined) gemini(member string) []json.Edit {
	w := json.NewWriter("{")
	w.Str("mimeType", f.kind)
	w.Str("data", f.data)
	w.Close('}')
	return []json.Edit{{Name: member}, {Name: "inlineData", Value: w.B}}
}
