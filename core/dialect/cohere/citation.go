package cohere

import (
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// citation says where a passage of an answer is from. Start and end count
// characters.
//
// https://docs.cohere.com/docs/rag-citations
type citation struct {
	Start        *int64     `json:"start"`
	End          *int64     `json:"end"`
	Text         string     `json:"text"`
	Sources      json.Value `json:"sources"`
	ContentIndex *int       `json:"content_index"`
	Type         string     `json:"type"` // TEXT_CONTENT, THINKING_CONTENT or PLAN
	Rest         json.Value `json:",embed"`
}

// aboutText reports whether the citation is of the answer, not of reasoning.
func (c *citation) aboutText() bool { return c.Type == "" || c.Type == "TEXT_CONTENT" }

// canonical reads the first source, in the members that documents tend to
// have. The whole citation stays native.
func (c *citation) canonical() llm.Citation {
	var sources []struct {
		Document json.Value `json:"document"`
	}
	out := llm.Citation{Native: llm.Native{Dialect: llm.Cohere, Members: c.json()}}
	if json.UnmarshalLoose(c.Sources, &sources) != nil || len(sources) == 0 {
		return out
	}
	d := json.ObjectOf(sources[0].Document)
	out.URL, out.Title, out.Quote = json.Unquote(d.Get("url")), json.Unquote(d.Get("title")), json.Unquote(d.Get("snippet"))
	if out.Quote == "" {
		out.Quote = json.Unquote(d.Get("text"))
	}
	return out
}

func (c *citation) json() json.Value {
	w := json.NewWriter("{")
	w.IntIf("start", c.Start)
	w.IntIf("end", c.End)
	w.StrIf("text", c.Text)
	w.Raw("sources", c.Sources)
	if c.ContentIndex != nil {
		w.Int("content_index", int64(*c.ContentIndex))
	}
	w.StrIf("type", c.Type)
	w.Splice(c.Rest)
	w.Close('}')
	return w.B
}

// cite gives each text its citations, and returns those that are about none:
// about a plan or a thought.
func cite(parts []llm.Part, all []citation) json.Value {
	left := json.NewWriter("[")
	for i := range all {
		c := &all[i]
		if t := cited(parts, c); t != nil {
			t.Citations = append(t.Citations, c.canonical())
		} else {
			left.Element(c.json())
		}
	}
	if len(left.B) == 1 {
		return nil
	}
	left.Close(']')
	return left.B
}

// cited finds the text that a citation is about: the one at its index, else
// the first.
func cited(parts []llm.Part, c *citation) *llm.Text {
	if !c.aboutText() {
		return nil
	}
	if c.ContentIndex != nil {
		if i := *c.ContentIndex; i >= 0 && i < len(parts) {
			t, _ := parts[i].(*llm.Text)
			return t
		}
		return nil
	}
	for _, p := range parts {
		if t, ok := p.(*llm.Text); ok {
			return t
		}
	}
	return nil
}

// citationOf writes a citation of the text at an index of the content. One of
// another dialect is about the whole text: no two count its place alike.
func (w *writer) citationOf(name string, c *llm.Citation, text string, index int) {
	if v := c.Native.For(llm.Cohere); v != nil {
		if name == "" {
			w.Element(v)
		} else {
			w.Raw(name, v)
		}
		return
	}
	w.Open(name, '{')
	w.Int("start", 0)
	w.Int("end", int64(utf8.RuneCountInString(text)))
	w.Str("text", text)
	w.Open("sources", '[')
	w.Open("", '{')
	w.Str("type", "document")
	w.StrIf("id", c.URL)
	w.Open("document", '{')
	w.StrIf("title", c.Title)
	w.StrIf("url", c.URL)
	w.StrIf("snippet", c.Quote)
	w.Close('}')
	w.Close('}')
	w.Close(']')
	w.Int("content_index", int64(index))
	w.Str("type", "TEXT_CONTENT")
	w.Close('}')
}
