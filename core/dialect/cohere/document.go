package cohere

import (
	"errors"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// document is something an answer may be grounded in: a text, or an object
// with whatever members describe it. It stands beside the messages and in
// results of tools.
//
// https://docs.cohere.com/docs/retrieval-augmented-generation-rag
type document struct {
	Plain bool       // the document is its data, a string
	Data  json.Value // a string or an object
	ID    string
	Rest  json.Value
}

func (d *document) UnmarshalJSONFrom(dec *json.Decoder) error {
	*d = document{}
	if dec.PeekKind() == '"' {
		v, err := dec.ReadValue()
		d.Plain, d.Data = true, v.Clone()
		return err
	}
	var in struct {
		Data json.Value `json:"data"`
		ID   string     `json:"id"`
		Rest json.Value `json:",embed"`
	}
	if err := json.Decode(dec, &in); err != nil {
		return err
	}
	if k := in.Data.Kind(); k != '{' && k != '"' {
		return errors.New("data must be an object or a string")
	}
	d.Data, d.ID, d.Rest = in.Data, in.ID, in.Rest
	return nil
}

func (d *document) json() json.Value {
	if d.Plain {
		return d.Data
	}
	w := json.NewWriter("{")
	w.Raw("data", d.Data)
	w.StrIf("id", d.ID)
	w.Splice(d.Rest)
	w.Close('}')
	return w.B
}

// text is what the document says, and its title. An object that has more than
// these two is told as JSON.
func (d *document) text() (text, title string) {
	if d.Data.Kind() == '"' {
		return json.Unquote(d.Data), ""
	}
	o := json.ObjectOf(d.Data)
	text, title = json.Unquote(o.Get("text")), json.Unquote(o.Get("title"))
	known := 0
	if text != "" && text[0] != '{' { // which is how JSON begins
		known++
	}
	if title != "" {
		known++
	}
	if text == "" || known != len(o) {
		return string(d.Data), ""
	}
	return text, title
}

// left is what text leaves out, as the member document of a residue. It is
// never empty: the part was a document.
func (d *document) left() json.Member {
	form := json.Member{}
	switch {
	case d.Plain:
		form = json.Named("plain", markString)
	case d.Data.Kind() == '"':
		form = json.Named("data", markString)
	}
	v := json.Join(d.Rest, form, json.Named("id", quoted(d.ID)))
	if v == nil {
		v = markObject
	}
	return json.Named("document", v)
}

// document reads a document in the result of a tool, where other dialects
// have texts.
func (p *part) document() *llm.Text {
	text, title := p.Document.text()
	if title != "" {
		text = string(p.Document.Data)
	}
	return &llm.Text{Text: text, Native: p.left("document", p.Document.left())}
}

// documents puts the documents that stand beside the messages in front of
// what the user says last.
func (q *request) documents(r *llm.Request) {
	var parts []llm.Part
	for i := range q.Documents {
		d := &q.Documents[i]
		text, title := d.text()
		parts = append(parts, &llm.Media{
			Kind: llm.Document, MediaType: "text/plain", Text: text, Name: title, Native: residue(nil, d.left()),
		})
	}
	if parts == nil {
		return
	}
	for i := len(r.Turns) - 1; i >= 0; i-- {
		if t := &r.Turns[i]; t.Role == llm.User {
			t.Parts = append(parts, t.Parts...)
			return
		}
	}
	r.Turns = append(r.Turns, llm.Turn{Role: llm.User, Parts: parts, Native: residue(nil, json.Named("documents", markObject))})
}

// documentOf writes a text as the document that it was, or as a new one.
func (w *writer) documentOf(name, text, title string, n json.Object) {
	left := json.ObjectOf(n.Get("document"))
	if left.Has("plain") {
		w.Raw(name, json.Quote(text))
		return
	}
	w.Open(name, '{')
	data := json.Value(text)
	switch {
	case left.Has("data"):
		w.Str("data", text)
	case title == "" && data.Kind() == '{' && json.Valid(data):
		w.Raw("data", data)
	default:
		w.Open("data", '{')
		w.Str("text", text)
		w.StrIf("title", title)
		w.Close('}')
	}
	w.Rest(left, "data")
	w.Close('}')
}
