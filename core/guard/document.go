package guard

import (
	"errors"
	"slices"

	"sluice/core/internal/json"
)

// A document is a request or an answer whose texts hooks judge and replace. It
// is never changed: what replaces something makes another one.
type document interface {
	texts() []Text
	json() json.Value // in the client's dialect; nil if it has no such form
	// with has other texts, one for one.
	with(texts []string) (document, error)
	// replaced has another form, in the client's dialect.
	replaced(v json.Value) (document, error)
}

// read has the input say what its document does.
func (in *Input) read() {
	in.Texts = in.doc.texts()
	if in.Event == Before {
		in.Request = in.doc.json()
		if r, ok := in.doc.(*Request); ok {
			in.Model = r.call.Model
		}
		in.Question = slices.DeleteFunc(slices.Clone(in.Texts), func(t Text) bool { return t.Place == Definition })
		return
	}
	in.Response = in.doc.json()
}

var errNoBody = errors.New("a check cannot replace all of it")

// A piece is a text and where it stands in a body: a JSON string, quotes
// included.
type piece struct {
	Text
	start, end int
}

func textsIn(pieces []piece) []Text {
	list := make([]Text, len(pieces))
	for i := range pieces {
		list[i] = pieces[i].Text
	}
	return list
}

// spliced is a body in which other texts stand in the places of pieces, which
// are in the order of the body. All else keeps its bytes.
func spliced(body []byte, pieces []piece, texts []string) []byte {
	out := make([]byte, 0, len(body))
	from := 0
	for i := range pieces {
		p := &pieces[i]
		if p.Text.Text == texts[i] {
			continue
		}
		out = json.AppendQuote(append(out, body[from:p.start]...), texts[i])
		from = p.end
	}
	return append(out, body[from:]...)
}
