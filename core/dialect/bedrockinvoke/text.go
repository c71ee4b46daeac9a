package bedrockinvoke

import (
	"cmp"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A textCodec is the dialect of a family that takes a prompt. A nil family is
// that of a body that belongs to none.
type textCodec struct{ f *textFamily }

func textEnvelope(f *textFamily) envelope {
	return envelope{codec: textCodec{f}, open: asItIs, seal: func(body []byte, _ map[string][]string) ([]byte, []string, error) { return body, nil, nil }}
}

func (textCodec) Dialect() llm.Dialect { return llm.InvokeModel }

// DecodeRequest reads a prompt as what a user says.
func (c textCodec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	if c.f == nil {
		return nil, llm.Errorf(llm.BadRequest, "the body is of no family of models that is known here: it has neither messages nor a prompt")
	}
	body := json.Value(in.Body)
	at := func(path string) json.Value { return c.at(body, path) }
	prompt := at(c.f.prompt)
	if prompt.Kind() != '"' {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: c.f.prompt + " must be a text", Param: c.f.prompt}
	}
	r := &llm.Request{
		Turns:       []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: c.f.heard(json.Unquote(prompt))}}}},
		Temperature: llm.NumberOf(at(c.f.temperature)), TopP: llm.NumberOf(at(c.f.topP)),
		FrequencyPenalty: llm.NumberOf(at(c.f.frequency)), PresencePenalty: llm.NumberOf(at(c.f.presence)),
		MaxTokens: integer(at(c.f.maxTokens)), TopK: integer(at(c.f.topK)), N: integer(at(c.f.n)),
	}
	stops, _ := json.Elements(at(c.f.stop))
	for _, s := range stops {
		r.Stop = append(r.Stop, json.Unquote(s))
	}
	r.Native = llm.NativeOf(llm.InvokeModel, c.rest(body))
	return r, nil
}

// at follows a path with dots.
func (textCodec) at(v json.Value, path string) json.Value {
	if path == "" {
		return nil
	}
	return json.Lookup(v, strings.Split(path, ".")...)
}

// rest is what has no word of its own at the top of a body.
func (c textCodec) rest(body json.Value) json.Value {
	var known []string
	for _, path := range []string{c.f.prompt, c.f.maxTokens, c.f.temperature, c.f.topP, c.f.topK, c.f.stop, c.f.n, c.f.frequency, c.f.presence} {
		name, _, _ := strings.Cut(path, ".")
		known = append(known, name)
	}
	return without(body, known...)
}

// integer reads a whole number; nil if v is none.
func integer(v json.Value) *int64 {
	if v.Kind() != '0' {
		return nil
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// Texts yields the prompt.
func (c textCodec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		if c.f == nil {
			return
		}
		if span, ok := textAt(in.Body, c.f.prompt); ok {
			yield(span)
		}
	}
}

// textAt finds a text that is a member of body.
func textAt(body []byte, name string) (s dialect.Span, found bool) {
	d := json.NewDecoder(body)
	if _, err := d.ReadToken(); err != nil || !json.Valid(body) {
		return s, false
	}
	for d.PeekKind() == '"' {
		member, err := d.ReadToken()
		if err != nil {
			return s, false
		}
		is := member.String() == name
		v, err := d.ReadValue()
		if err != nil {
			return s, false
		}
		if end := int(d.InputOffset()); is && v.Kind() == '"' && len(v) > 2 {
			return dialect.Span{Start: end - len(v), End: end, Surface: "user"}, true
		}
	}
	return s, false
}

// EncodeResponse writes an answer.
func (c textCodec) EncodeResponse(r *llm.Response, _ dialect.Options) ([]byte, error) {
	var in, out json.Value
	if r.Usage != nil {
		in, out = numberOf(new(r.Usage.Prompt())), numberOf(&r.Usage.Output)
	}
	var answers []json.Value
	for i := range r.Choices {
		answers = append(answers, c.answer(dialect.SpokenText(r.Choices[i].Parts), json.Quote(c.f.endOf(r.Choices[i].Finish)), out))
		out = numberOf(new(int64)) // counted with the first
	}
	if len(answers) == 0 {
		answers = append(answers, c.answer("", nil, nil))
	}
	rest := r.Native.For(llm.InvokeModel)
	if c.f.in != "" {
		rest = json.Join(rest, json.Named(c.f.in, in))
	}
	if c.f.list == "" {
		return json.Join(rest, json.ObjectOf(answers[0])...), nil
	}
	return json.Join(rest, json.Named(c.f.list, array(answers))), nil
}

func array(elements []json.Value) json.Value {
	var w json.Writer
	w.Open("", '[')
	for _, e := range elements {
		w.Element(e)
	}
	w.Close(']')
	return w.B
}

// answer writes one answer. tokens, how many it has, may be nil.
func (c textCodec) answer(text string, reason, tokens json.Value) json.Value {
	if c.f.out == "" {
		tokens = nil
	}
	return json.Join(nil, nest(c.f.text, json.Quote(text)), nest(c.f.reason, reason), json.Named(c.f.out, tokens))
}

// nest makes a member at a path with at most one dot.
func nest(path string, v json.Value) json.Member {
	outer, inner, nested := strings.Cut(path, ".")
	if nested && v != nil {
		v = json.Join(nil, json.Named(inner, v))
	}
	return json.Named(outer, v)
}

// EncodeError writes the body of an error answer, which is AWS's own.
func (textCodec) EncodeError(e *llm.Error, o dialect.Options) []byte {
	return bedrock.Codec{}.EncodeError(e, o)
}

// Raw returns the exchange for a body that is written already.
func (c textCodec) Raw(body []byte) dialect.Exchange { return &textExchange{textCodec: c, body: body} }

type textExchange struct {
	textCodec
	body    []byte
	dropped []string
}

func (x *textExchange) Body() []byte        { return x.body }
func (x *textExchange) Header() http.Header { return nil }
func (x *textExchange) Dropped() []string   { return x.dropped }

func (x *textExchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return bedrock.Codec{}.Raw(nil).DecodeError(status, h, body)
}

// DecodeResponse reads an answer.
func (x *textExchange) DecodeResponse(body []byte) (*llm.Response, error) {
	answers := []json.Value{body}
	if x.f.list != "" && !(json.Lookup(body, x.f.list) == nil && x.at(body, x.f.text) != nil) { // Command R has one answer
		var err error
		if answers, err = json.Elements(json.Lookup(body, x.f.list)); err != nil || len(answers) == 0 {
			return nil, &llm.Error{Kind: llm.Upstream, Message: "its answer has no " + x.f.list, Err: err}
		}
	}
	r := &llm.Response{ID: idOf(json.Lookup(body, "id")), Usage: x.usage(body, answers)}
	for i, a := range answers {
		r.Choices = append(r.Choices, llm.Choice{
			Index: i, Parts: []llm.Part{&llm.Text{Text: json.Unquote(x.at(a, x.f.text))}}, Finish: x.finish(a),
		})
	}
	r.Native = llm.NativeOf(llm.InvokeModel, without(body, x.f.list, x.f.text, x.f.reason, x.f.in, x.f.out))
	return r, nil
}

// without is an object less the named members.
func without(object json.Value, names ...string) json.Value {
	_, rest := divide(object, names)
	return rest
}

// idOf reads an id, which AI21 writes as a number.
func idOf(v json.Value) string {
	if v.Kind() == '0' {
		return string(v)
	}
	return json.Unquote(v)
}

func (c textCodec) finish(answer json.Value) llm.Finish {
	raw := json.Unquote(c.at(answer, c.f.reason))
	if c.f.turns && raw == "stop_sequence" && strings.TrimSpace(json.Unquote(json.Lookup(answer, "stop"))) == "Human:" {
		return llm.Finish{Reason: llm.FinishStop, Raw: raw} // its own turn was over
	}
	return llm.Finish{Reason: cmp.Or(textFinishes[raw], llm.FinishOther), Raw: raw}
}

// usage reads the counts that Llama and Titan have in their answers.
func (c textCodec) usage(body json.Value, answers []json.Value) *llm.Usage {
	in := integer(c.at(body, c.f.in))
	if in == nil {
		return nil
	}
	u := &llm.Usage{Input: *in}
	for _, a := range answers {
		if n := integer(c.at(a, c.f.out)); n != nil {
			u.Output += *n
		}
	}
	return u
}
