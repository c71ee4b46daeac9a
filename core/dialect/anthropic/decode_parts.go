package anthropic

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// content reads what may be a text or an array of blocks. Nothing gives nil.
func (d *reader) content(p *path, v json.Value) []llm.Part {
	switch {
	case absent(v):
		return nil
	case v.Kind() == '"':
		return []llm.Part{&llm.Text{Text: json.Unquote(v)}}
	case v.Kind() != '[':
		d.fail(p, "a string or an array")
		return nil
	}
	d.depth++
	defer func() { d.depth-- }()
	blocks := list[block](d, p, v)
	raws := rawElements{array: v}
	parts := make([]llm.Part, 0, len(blocks))
	for i := range blocks {
		at := p.at(i)
		parts = append(parts, d.part(&at, &blocks[i], &raws, i))
	}
	return parts
}

// rawElements gives the blocks of an array as they were written. Only blocks
// without a canonical word need that, so the array is cut when asked.
type rawElements struct {
	array json.Value
	cut   []json.Value
}

func (r *rawElements) at(i int) json.Value {
	if r.cut == nil {
		_ = json.UnmarshalLoose(r.array, &r.cut) // it was read before
	}
	if i >= len(r.cut) || r.cut[i].Kind() != '{' {
		return nil
	}
	return r.cut[i]
}

func (d *reader) part(p *path, b *block, raws *rawElements, i int) llm.Part {
	typ := d.str(p, "type", b.Type)
	if d.depth > maxNesting {
		return foreign(typ, raws.at(i))
	}
	switch typ {
	case "text":
		return d.text(p, b)
	case "thinking", "redacted_thinking":
		return d.reasoning(p, b)
	case "tool_use":
		return d.toolUse(p, b)
	case "tool_result":
		return d.toolResult(p, b)
	case "image", "document":
		if m := d.media(p, b); m != nil {
			return m
		}
		return foreign(typ, raws.at(i))
	case "":
		at := p.member("type")
		d.failf(&at, "field required")
		return foreign(typ, raws.at(i))
	default:
		return foreign(typ, raws.at(i))
	}
}

func foreign(kind string, raw json.Value) *llm.Foreign {
	return &llm.Foreign{Kind: kind, Native: llm.NativeOf(llm.Anthropic, raw)}
}

func (d *reader) text(p *path, b *block) *llm.Text {
	b.Type = nil
	return &llm.Text{
		Text:      d.str(p, "text", take(&b.Text)),
		Citations: d.citations(p, take(&b.Citations)),
		Cache:     d.cache(p, take(&b.CacheControl)),
		Native:    llm.NativeOf(llm.Anthropic, b.residue()),
	}
}

func (d *reader) citations(p *path, v json.Value) []llm.Citation {
	at := p.member("citations")
	es := list[citation](d, &at, v)
	if len(es) == 0 {
		return nil
	}
	out := make([]llm.Citation, len(es))
	for i := range es {
		out[i] = readCitation(&es[i])
	}
	return out
}

// readCitation takes the texts that every dialect has; a null stays in the
// residue.
func readCitation(c *citation) llm.Citation {
	text := func(v *json.Value) string {
		if v.Kind() != '"' {
			return ""
		}
		return json.Unquote(take(v))
	}
	out := llm.Citation{URL: text(&c.URL), Quote: text(&c.CitedText), Title: text(&c.Title)}
	if out.Title == "" {
		out.Title = text(&c.DocumentTitle)
	}
	out.Native = llm.NativeOf(llm.Anthropic, marshal(*c))
	return out
}

func (d *reader) cache(p *path, v json.Value) *llm.CacheMark {
	var c cacheControl
	if !d.object(p, "cache_control", v, &c) {
		return nil
	}
	at := p.member("cache_control")
	m := &llm.CacheMark{TTL: d.str(&at, "ttl", take(&c.TTL))}
	if json.Unquote(c.Type) == "ephemeral" {
		c.Type = nil
	}
	m.Native = llm.NativeOf(llm.Anthropic, marshal(c))
	return m
}

func (d *reader) reasoning(p *path, b *block) *llm.Reasoning {
	b.Type = nil
	r := &llm.Reasoning{
		Text:      d.str(p, "thinking", take(&b.Thinking)),
		Signature: d.str(p, "signature", take(&b.Signature)),
		Redacted:  d.str(p, "data", take(&b.Data)),
		Origin:    llm.Anthropic,
	}
	r.Signature, r.Origin = dialect.ReadOrigin(r.Signature, r.Origin)
	r.Redacted, r.Origin = dialect.ReadOrigin(r.Redacted, r.Origin)
	r.Native = llm.NativeOf(llm.Anthropic, b.residue())
	return r
}

func (d *reader) toolUse(p *path, b *block) *llm.ToolCall {
	b.Type = nil
	return &llm.ToolCall{
		ID:        d.str(p, "id", take(&b.ID)),
		Name:      d.str(p, "name", take(&b.Name)),
		Arguments: string(take(&b.Input)),
		Cache:     d.cache(p, take(&b.CacheControl)),
		Native:    llm.NativeOf(llm.Anthropic, b.residue()),
	}
}

func (d *reader) toolResult(p *path, b *block) *llm.ToolResult {
	b.Type = nil
	at := p.member("content")
	r := &llm.ToolResult{
		CallID: d.str(p, "tool_use_id", take(&b.ToolUseID)),
		Parts:  d.content(&at, take(&b.Content)),
		Cache:  d.cache(p, take(&b.CacheControl)),
	}
	if failed := d.bool(p, "is_error", take(&b.IsError)); failed != nil {
		r.IsError = *failed
	}
	r.Native = llm.NativeOf(llm.Anthropic, b.residue())
	return r
}

// media reads an image or a document. It returns nil for a source that this
// package does not know.
func (d *reader) media(p *path, b *block) *llm.Media {
	at := p.member("source")
	var s source
	if !d.object(p, "source", b.Source, &s) || len(s.Rest) > 0 {
		return nil
	}
	m := &llm.Media{Kind: llm.Image}
	if json.Unquote(b.Type) == "document" {
		m.Kind = llm.Document
	}
	switch json.Unquote(s.Type) {
	case "base64":
		m.MediaType, m.Data = d.str(&at, "media_type", s.MediaType), d.str(&at, "data", s.Data)
	case "text":
		m.MediaType, m.Text = d.str(&at, "media_type", s.MediaType), d.str(&at, "data", s.Data)
	case "url":
		m.URL = d.str(&at, "url", s.URL)
	case "file":
		m.FileID = d.str(&at, "file_id", s.FileID)
	case "content": // blocks: other dialects get their text
		m.MediaType, m.Text = "text/plain", joinTexts(d.content(&at, s.Content))
	default:
		return nil
	}
	b.Type = nil
	if json.Unquote(s.Type) != "content" {
		b.Source = nil
	}
	m.Name = d.str(p, "title", take(&b.Title))
	m.Cache = d.cache(p, take(&b.CacheControl))
	m.Native = llm.NativeOf(llm.Anthropic, b.residue())
	return m
}

func joinTexts(parts []llm.Part) string {
	var texts []string
	for _, part := range parts {
		if t, ok := part.(*llm.Text); ok {
			texts = append(texts, t.Text)
		}
	}
	return strings.Join(texts, "\n\n")
}
