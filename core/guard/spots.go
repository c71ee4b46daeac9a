package guard

import (
	"slices"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// spotsOf finds the texts of an answer: what every choice says, thinks, refuses
// and has tools called with, and the strings of parts that only their dialect
// knows.
func spotsOf(r *llm.Response) []spot {
	var list []spot
	for i := range r.Choices {
		c := &r.Choices[i]
		for n, p := range c.Parts {
			for _, s := range spotsIn(p) {
				s.Role, s.Turn = "assistant", c.Index
				set := s.set
				s.set = func(e *edit, text string) { e.choice, e.part = i, n; set(e, text) }
				list = append(list, s)
			}
		}
		list = append(list, natives(&c.Native, c.Index, func(e *edit) { e.resp.Choices[i].Native = llm.Native{} })...)
	}
	if r.Native.Dialect == llm.OpenAIResponses {
		return list // it repeats the request: instructions, tools
	}
	return append(list, natives(&r.Native, 0, func(e *edit) { e.resp.Native = llm.Native{} })...)
}

// natives are the phrases in what only the provider has a word for, such as the
// sources of a search. A string without a blank in ASCII is a word of the
// protocol, an id or an address. If something in them is replaced all of it
// goes.
func natives(n *llm.Native, choice int, drop func(*edit)) []spot {
	var list []spot
	for _, p := range stringsIn(n.Members) {
		if strings.ContainsFunc(p.Text.Text, func(r rune) bool { return r == ' ' || r > 0x7f }) {
			p.Place, p.Role, p.Turn, p.beside = Content, "assistant", choice, true
			list = append(list, spot{Text: p.Text, set: func(e *edit, _ string) { drop(e) }})
		}
	}
	return list
}

func spotsIn(p llm.Part) []spot {
	switch p := p.(type) {
	case *llm.Text:
		return append(one(Content, p.Text, func(e *edit, text string) { e.put(&llm.Text{Text: text}) }), quotes(p)...)
	case *llm.Refusal:
		return one(Refusal, p.Text, func(e *edit, text string) { e.put(&llm.Refusal{Text: text}) })
	case *llm.Reasoning:
		return one(Reasoning, p.Text, func(e *edit, text string) {
			e.put(&llm.Reasoning{Text: text, Origin: p.Origin}) // its signature is of another text
		})
	case *llm.Media:
		return one(Content, p.Text, func(e *edit, text string) {
			own := *p
			own.Text = text
			e.put(&own)
		})
	case *llm.ToolCall:
		return arguments(p)
	case *llm.Foreign:
		return inside(p.Native.Members, Content, func(e *edit, was json.Value, s piece, text string) {
			own := *p
			own.Native.Members = e.splice(was, s, text)
			e.put(&own)
		})
	}
	return nil
}

func one(place Place, text string, set func(*edit, string)) []spot {
	if text == "" {
		return nil
	}
	return []spot{{Text: Text{Place: place, Text: text}, set: set}}
}

// arguments are the strings of a tool's, so that what replaces one leaves them
// JSON. Arguments that are no JSON are one text.
func arguments(p *llm.ToolCall) []spot {
	put := func(e *edit, text string) {
		own := *p
		own.Arguments, own.Native = text, llm.Native{}
		e.put(&own)
	}
	if p.Custom || !json.Valid([]byte(p.Arguments)) {
		return append(name(p), one(ToolCall, p.Arguments, put)...)
	}
	return append(name(p), inside(json.Value(p.Arguments), ToolCall, func(e *edit, was json.Value, s piece, text string) {
		put(e, string(e.splice(was, s, text)))
	})...)
}

// name is that of the tool, which has to stay as it is: the client knows no
// other.
func name(p *llm.ToolCall) []spot {
	return []spot{{Text: Text{Place: ToolCall, Text: p.Name, beside: true}, set: func(*edit, string) {}}}
}

// quotes are what citations say of their sources. If something in them is
// replaced the citation goes, since its own dialect says it again elsewhere.
func quotes(p *llm.Text) []spot {
	var list []spot
	for i := range p.Citations {
		c := &p.Citations[i]
		for _, text := range []string{c.URL, c.Title, c.Quote} {
			if text != "" {
				list = append(list, spot{Text: Text{Place: Content, Text: text, beside: true}, set: func(e *edit, _ string) { e.uncite(c) }})
			}
		}
	}
	return list
}

// inside finds the strings in a value.
func inside(v json.Value, place Place, put func(e *edit, was json.Value, s piece, text string)) []spot {
	var list []spot
	for _, p := range stringsIn(v) {
		p.Place = place
		list = append(list, spot{Text: p.Text, piece: p, set: func(e *edit, text string) { put(e, v, p, text) }})
	}
	return list
}

// An edit makes another answer of one. What was said about the old texts and
// quotes them goes: likelihoods of tokens, and members of the provider's own.
type edit struct {
	resp         llm.Response
	choice, part int // that is edited
	changed      map[[2]int]*splicing
}

// A splicing is a value of which several strings are replaced, in their order.
type splicing struct {
	value json.Value
	shift int
}

func newEdit(r *llm.Response) *edit {
	e := &edit{resp: *r, changed: map[[2]int]*splicing{}}
	e.resp.Choices = slices.Clone(r.Choices)
	return e
}

// put sets the part that is edited.
func (e *edit) put(p llm.Part) {
	c := &e.resp.Choices[e.choice]
	c.Parts = slices.Clone(c.Parts)
	c.Parts[e.part] = p
	c.Logprobs, c.Native = nil, llm.Native{}
}

// uncite takes a citation out of the part that is edited.
func (e *edit) uncite(c *llm.Citation) {
	if p, ok := e.resp.Choices[e.choice].Parts[e.part].(*llm.Text); ok {
		own := *p
		own.Native, own.Citations = llm.Native{}, nil
		for i := range p.Citations {
			if d := &p.Citations[i]; d.URL != c.URL || d.Title != c.Title || d.Quote != c.Quote {
				own.Citations = append(own.Citations, p.Citations[i])
			}
		}
		e.put(&own)
	}
}

// splice replaces a string of a value.
func (e *edit) splice(was json.Value, p piece, text string) json.Value {
	at := [2]int{e.choice, e.part}
	s := e.changed[at]
	if s == nil {
		s = &splicing{value: was}
		e.changed[at] = s
	}
	quoted := json.Quote(text)
	start, end := p.start+s.shift, p.end+s.shift
	s.value = slices.Concat(s.value[:start], quoted, s.value[end:])
	s.shift += len(quoted) - (p.end - p.start)
	return s.value
}

func (e *edit) done() *llm.Response { return &e.resp }
