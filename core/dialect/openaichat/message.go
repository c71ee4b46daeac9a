package openaichat

import (
	"fmt"
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// said is what a message says, and what is left of it.
type said struct {
	parts []llm.Part
	extra []json.Member
}

// said reads everything but the role and the name. The order is that in which
// a model speaks: reasoning, words, refusal, calls.
func (m *message) said(path string) (said, error) {
	var s said
	s.reasoning(m)
	err := s.content(m, path)
	if err != nil {
		return s, err
	}
	if m.Refusal != "" {
		s.parts = append(s.parts, &llm.Refusal{Text: m.Refusal})
	}
	s.annotations(m)
	for i := range m.ToolCalls {
		c, err := m.ToolCalls[i].canonical(fmt.Sprintf("%s.tool_calls[%d]", path, i))
		if err != nil {
			return s, err
		}
		s.parts = append(s.parts, c)
	}
	if f := m.FunctionCall; f != nil {
		s.parts = append(s.parts, &llm.ToolCall{
			Name: f.Name, Arguments: string(f.Arguments), Native: residue(nil, json.Named("function_call", markObject), json.Named("function", f.Rest)),
		})
	}
	return s, nil
}

// reasoning reads the string members. When both are there they say the same,
// and one is only kept to be written back.
func (s *said) reasoning(m *message) {
	if m.ReasoningContent.Kind() == '"' {
		s.parts = append(s.parts, reasoningIn("reasoning_content", json.Unquote(m.ReasoningContent)))
		s.extra = append(s.extra, json.Named("reasoning", openaiwire.NotNull(m.Reasoning)))
		return
	}
	s.extra = append(s.extra, json.Named("reasoning_content", openaiwire.NotNull(m.ReasoningContent)))
	if m.Reasoning.Kind() == '"' {
		s.parts = append(s.parts, reasoningIn("reasoning", json.Unquote(m.Reasoning)))
		return
	}
	s.extra = append(s.extra, json.Named("reasoning", openaiwire.NotNull(m.Reasoning)))
}

// reasoningIn is reasoning that chat has as a string; the residue says under
// which name.
func reasoningIn(name, text string) *llm.Reasoning {
	return &llm.Reasoning{Text: text, Origin: llm.OpenAIChat, Native: reasoningName(name)}
}

var (
	asReasoningContent = llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"reasoning_content":""}`)}
	asReasoning        = llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"reasoning":""}`)}
)

func reasoningName(name string) llm.Native {
	if name == "reasoning" {
		return asReasoning
	}
	return asReasoningContent
}

// content reads content_blocks, which win, or content.
func (s *said) content(m *message, path string) error {
	c, at := m.Content, path+".content"
	if m.ContentBlocks != nil {
		c, at = content{seen: true, Parts: m.ContentBlocks}, path+".content_blocks"
	}
	parts, err := c.canonical(at)
	s.parts = append(s.parts, parts...)
	if m.ContentBlocks != nil {
		s.extra = append(s.extra, json.Named("content_blocks", markObject), json.Named("content", m.Content.unlike(parts)))
	}
	return err
}

// unlike is the content that gave way to the parts of content_blocks, unless
// it says just what they say.
func (c content) unlike(parts []llm.Part) json.Value {
	said := c.Text
	for i := range c.Parts {
		if t := c.Parts[i].Text; t != nil {
			said += *t
		}
	}
	switch {
	case c.absent():
		return markNull
	case said == allText(parts):
		return nil
	}
	return json.Quote(said)
}

func allText(parts []llm.Part) string {
	var b strings.Builder
	for _, t := range texts(parts) {
		b.WriteString(t.Text)
	}
	return b.String()
}

func (c content) canonical(path string) ([]llm.Part, error) {
	switch {
	case c.absent():
		return nil, nil
	case c.Parts == nil:
		return []llm.Part{&llm.Text{Text: c.Text}}, nil
	}
	parts := make([]llm.Part, 0, len(c.Parts))
	for i := range c.Parts {
		p, err := c.Parts[i].canonical(path, i)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// annotations puts url citations on the last text. Others stay native.
func (s *said) annotations(m *message) {
	var all, left []annotation
	if openaiwire.NotNull(m.Annotations) == nil {
		return
	}
	if json.UnmarshalLoose(m.Annotations, &all) != nil {
		s.extra = append(s.extra, json.Named("annotations", m.Annotations))
		return
	}
	var last *llm.Text
	for _, p := range s.parts {
		if t, ok := p.(*llm.Text); ok {
			last = t
		}
	}
	for i := range all {
		if c, ok := all[i].citation(); ok && last != nil {
			last.Citations = append(last.Citations, c)
		} else {
			left = append(left, all[i])
		}
	}
	if left != nil || len(all) == 0 {
		s.extra = append(s.extra, json.Named("annotations", json.ValueOf(left)))
	}
}

func (a *annotation) citation() (llm.Citation, bool) {
	var c urlCitation
	if a.Type != "url_citation" || json.UnmarshalLoose(a.URLCitation, &c) != nil {
		return llm.Citation{}, false
	}
	return llm.Citation{URL: c.URL, Title: c.Title, Native: residue(a.Rest, json.Named("url_citation", c.rest()))}, true
}

type urlCitation struct {
	URL   string     `json:"url"`
	Title string     `json:"title"`
	Rest  json.Value `json:",embed"`
}

// rest is never nil: it tells that the citation came from chat.
func (c *urlCitation) rest() json.Value {
	if len(c.Rest) == 0 {
		return markObject
	}
	return c.Rest
}

func (c *toolCall) canonical(path string) (*llm.ToolCall, error) {
	out := &llm.ToolCall{ID: string(c.ID), Cache: c.CacheControl.mark()}
	var kind json.Value
	if c.Type != "" && c.Type != "function" && c.Type != "custom" {
		kind = json.Quote(c.Type)
	}
	switch {
	case c.Custom != nil:
		out.Name, out.Arguments, out.Custom = c.Custom.Name, c.Custom.Input, true
		out.Native = residue(c.Rest, json.Named("type", kind), json.Named("custom", c.Custom.Rest))
	case c.Function != nil:
		out.Name, out.Arguments = c.Function.Name, string(c.Function.Arguments)
		out.Native = residue(c.Rest, json.Named("type", kind), json.Named("function", c.Function.Rest))
	default:
		return nil, dialect.BadMember(path+".function", "is missing")
	}
	out.Signature = signatureIn(json.ObjectOf(out.Native.Members))
	return out, nil
}
