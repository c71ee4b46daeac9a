package guard

import (
	"errors"
	"io"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// MaxHeld is the longest answer that is held back to be judged, in bytes of
// text. Of a longer one nothing is delivered.
const MaxHeld = 1 << 20

// ErrTooLong says that an answer was longer than [MaxHeld].
var ErrTooLong = errors.New("the answer is too long to be judged")

// An Answer is what a target has answered, with its texts.
type Answer struct {
	request *Request
	reply   *core.Reply
	resp    *llm.Response // of a conversation
	body    []byte        // of anything else
	plain   bool          // body is the text itself
	pieces  []spot
	whole   json.Value // in the client's dialect, as far as it was replaced
}

// A spot is a text of an answer and how it is replaced.
type spot struct {
	Text
	piece piece // of a body
	set   func(*edit, string)
}

// NewAnswer reads the texts of a reply. A stream is read to its end, and held.
// Nil: it has no texts that anybody could judge, such as vectors or sounds.
func NewAnswer(r *Request, reply *core.Reply) (*Answer, error) {
	a := &Answer{request: r, reply: reply}
	switch op := r.call.Operation; {
	case op == llm.Generate || op == llm.Compact:
		return a, a.converse()
	case said[op] == nil:
		return nil, nil
	case reply.Relay() != nil:
		return a, a.transcript()
	case reply.Stream():
		return nil, errors.New("the answer streams and cannot be judged")
	}
	a.readBody(reply.Body())
	return a, nil
}

// Heard is the answer of a stream that was read by somebody else.
func Heard(r *Request, reply *core.Reply, said *llm.Response) *Answer {
	return &Answer{request: r, reply: reply, resp: said, pieces: spotsOf(said)}
}

// converse reads an answer to a conversation.
func (a *Answer) converse() (err error) {
	tooLong := false
	if a.reply.Stream() {
		a.resp, tooLong, err = a.reply.Hold(MaxHeld)
	} else {
		a.resp, err = a.reply.Response()
	}
	if tooLong {
		return ErrTooLong
	}
	if err == nil && a.resp == nil {
		err = errors.New("the answer cannot be judged")
	}
	if err == nil {
		a.pieces = spotsOf(a.resp)
	}
	return err
}

// transcript reads an answer that is plain text.
func (a *Answer) transcript() error {
	text, err := io.ReadAll(io.LimitReader(a.reply.Relay(), MaxHeld+1))
	switch {
	case err != nil:
		return err
	case len(text) > MaxHeld:
		return ErrTooLong
	}
	a.plain = true
	a.reply.Relays(text)
	a.readBody(text)
	return nil
}

func (a *Answer) readBody(body []byte) {
	a.body, a.pieces = body, nil
	if a.plain {
		a.pieces = []spot{{Text: Text{Place: Content, Role: "assistant", Text: string(body)}}}
		return
	}
	for _, p := range said[a.request.call.Operation](body) {
		a.pieces = append(a.pieces, spot{Text: p.Text, piece: p})
	}
}

// Input is what checks are told of the answer.
func (a *Answer) Input() *Input {
	in := a.request.Input()
	in.Event, in.Status, in.doc = After, a.reply.Status, a
	in.read()
	return in
}

// Apply has the reply say what hooks have left.
func (a *Answer) Apply(o *Outcome) {
	left, ok := o.left.(*Answer)
	switch {
	case !ok:
	case left.resp != nil:
		a.reply.Say(left.resp)
	case left.plain:
		a.reply.Relays(left.body)
	default:
		a.reply.SayBody(left.body)
	}
}

func (a *Answer) texts() []Text {
	list := make([]Text, len(a.pieces))
	for i := range a.pieces {
		list[i] = a.pieces[i].Text
	}
	return list
}

func (a *Answer) json() json.Value {
	c := a.request.call
	switch {
	case a.plain, a.reply.Stream():
		return nil
	case a.whole != nil:
		return a.whole
	case a.body != nil:
		return a.body
	case a.resp == nil:
		return nil
	}
	if a.reply.Dialect == c.Dialect && !a.reply.Stream() && a.reply.Raw() {
		return a.reply.Body()
	}
	return a.encoded()
}

func (a *Answer) with(texts []string) (document, error) {
	d := *a
	d.whole = nil
	switch {
	case a.plain:
		d.readBody([]byte(texts[0]))
	case a.resp == nil:
		pieces := make([]piece, len(a.pieces))
		for i := range a.pieces {
			pieces[i] = a.pieces[i].piece
		}
		d.readBody(spliced(a.body, pieces, texts))
	default:
		e := newEdit(a.resp)
		for i := range a.pieces {
			if texts[i] != a.pieces[i].Text.Text {
				a.pieces[i].set(e, texts[i])
			}
		}
		d.resp = e.done()
		d.pieces = spotsOf(d.resp)
		d.whole = d.encoded()
	}
	return &d, nil
}

// encoded is the answer in the client's dialect, nil if it cannot be said so.
func (a *Answer) encoded() json.Value {
	c := a.request.call
	in, ok := c.Decoder.(dialect.Inbound)
	if !ok {
		return nil
	}
	body, err := in.EncodeResponse(a.resp, dialect.Options{
		Provider: a.reply.Provider, Model: c.Model, RequestID: c.ID, Strict: a.reply.Strict, Upstream: a.reply.Dialect, IncludeUsage: true,
	})
	if err != nil {
		return nil
	}
	return body
}

func (a *Answer) replaced(v json.Value) (document, error) {
	d := *a
	if v.Kind() != '{' || !json.Valid(v) || a.plain {
		return nil, errNoBody
	}
	if a.resp == nil {
		d.readBody(slices.Clone(v))
		return &d, nil
	}
	out, ok := a.request.call.Decoder.(dialect.Outbound)
	if !ok {
		return nil, errNoBody
	}
	resp, err := out.Raw(a.request.call.Body).DecodeResponse(v)
	if err != nil {
		return nil, errNoBody
	}
	d.resp, d.whole, d.pieces = resp, v, spotsOf(resp)
	return &d, nil
}
