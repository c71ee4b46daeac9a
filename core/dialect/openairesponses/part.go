package openairesponses

import (
	"fmt"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// content reads a text or an array of parts. An item that needs none, such as
// an output that is kept elsewhere, may leave it out.
func (d *reader) content(path string, v json.Value, needed bool) ([]llm.Part, error) {
	switch v.Kind() {
	case '"':
		return []llm.Part{&llm.Text{Text: json.Unquote(v)}}, nil
	case '[':
	case 0, 'n':
		if !needed || d.loose {
			return nil, nil
		}
		return nil, dialect.BadMember(path, "is missing")
	default:
		if d.loose {
			return nil, nil
		}
		return nil, dialect.BadMember(path, "must be a string or an array of parts")
	}
	var in []part
	if err := d.unmarshal(path, v, &in); err != nil {
		return nil, err
	}
	parts := make([]llm.Part, len(in))
	for i := range in {
		p, err := d.part(fmt.Sprintf("%s[%d]", path, i), &in[i])
		if err != nil {
			return nil, err
		}
		parts[i] = p
	}
	return parts, nil
}

// Marks of parts: the type that a text had in an array, and a part that only
// this dialect knows inside of a message.
const (
	markAs   = "as "
	markPart = "content part"
)

func (d *reader) part(path string, p *part) (llm.Part, error) {
	switch kind := json.Unquote(p.Type); kind {
	case "input_text", "output_text", "text":
		return d.text(path, p, kind)
	case "refusal":
		s, err := d.str(path, "refusal", p.Refusal)
		p.Refusal, p.Type = nil, nil
		return &llm.Refusal{Text: s, Native: p.left()}, err
	case "input_image":
		return d.image(path, p)
	case "input_file":
		return d.file(path, p)
	case "input_audio":
		return d.audio(path, p)
	case "":
		if !d.loose {
			return nil, dialect.BadMember(path+".type", "is missing")
		}
		fallthrough
	default:
		return &llm.Foreign{Kind: kind, Native: p.left(json.Named(markPart, markString))}, nil
	}
}

// left is what remains of a part: all that its reader has not set to nil.
func (p *part) left(extra ...json.Member) llm.Native {
	rest := json.ValueOf(p)
	return residue(rest, extra...)
}

// plain are the residues of texts that have none but the mark of their type.
var plain = map[string]llm.Native{
	"input_text":  {Dialect: llm.OpenAIResponses, Members: json.Value(`{"as input_text":""}`)},
	"output_text": {Dialect: llm.OpenAIResponses, Members: json.Value(`{"as output_text":""}`)},
}

func (d *reader) text(path string, p *part, kind string) (llm.Part, error) {
	s, err := d.str(path, "text", p.Text)
	if err != nil {
		return nil, err
	}
	if openaiwire.NotNull(p.Text) == nil && !d.loose {
		return nil, dialect.BadMember(path+".text", "is missing")
	}
	t := &llm.Text{Text: s}
	p.Type, p.Text = nil, nil
	p.annotations(t)
	if n, ok := plain[kind]; ok && p.bare() {
		t.Native = n
		return t, nil
	}
	t.Native = p.left(json.Named(markAs+kind, markString))
	return t, nil
}

// bare reports whether nothing is left.
func (p *part) bare() bool {
	return p.Refusal == nil && p.Annotations == nil && p.ImageURL == nil && p.Detail == nil && p.FileID == nil && p.FileData == nil &&
		p.FileURL == nil && p.Filename == nil && p.InputAudio == nil && len(p.Rest) == 0
}

// annotations puts the sources on the text. That there are none is kept.
func (p *part) annotations(t *llm.Text) {
	all, err := json.Elements(p.Annotations)
	if err != nil || len(all) == 0 {
		return
	}
	for _, v := range all {
		c, ok := citation(v)
		if !ok {
			t.Citations = nil
			return
		}
		t.Citations = append(t.Citations, c)
	}
	p.Annotations = nil
}

// citation reads an annotation. One that names no page stays whole.
func citation(v json.Value) (llm.Citation, bool) {
	var a struct {
		Type  json.Value `json:"type"`
		URL   json.Value `json:"url"`
		Title json.Value `json:"title"`
		Rest  json.Value `json:",embed"`
	}
	if json.UnmarshalLoose(v, &a) != nil || !json.Valid(a.Rest) && len(a.Rest) > 0 {
		return llm.Citation{}, false
	}
	titled := openaiwire.NotNull(a.Title) == nil || a.Title.Kind() == '"'
	if json.Unquote(a.Type) != "url_citation" || json.Unquote(a.URL) == "" || !titled {
		return llm.Citation{Native: llm.NativeOf(llm.OpenAIResponses, v)}, true
	}
	c := llm.Citation{URL: json.Unquote(a.URL), Title: json.Unquote(a.Title)}
	c.Native = residue(a.Rest, unsaid("title", a.Title))
	c.Native.Dialect = llm.OpenAIResponses
	return c, true
}
