package anthropic

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/claude"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// part writes one part: one block, or none if nothing is left of it.
func (p *preparer) part(part llm.Part) []block {
	switch part := part.(type) {
	case *llm.Text:
		return p.text(part)
	case *llm.Refusal:
		return p.text(&llm.Text{Text: part.Text, Native: part.Native})
	case *llm.Media:
		return p.media(part)
	case *llm.Reasoning:
		return p.reasoning(part)
	case *llm.ToolCall:
		return p.toolCall(part)
	case *llm.ToolResult:
		return p.toolResult(part)
	case *llm.Foreign:
		if own := part.Native.For(llm.Anthropic); own != nil {
			return []block{{Rest: p.whole(own)}}
		}
		if !part.Native.Empty() {
			p.drop("messages." + kindOf(part))
		}
	}
	return nil
}

// kindOf names a part in reports.
func kindOf(part llm.Part) string {
	switch part := part.(type) {
	case *llm.Text:
		return "text"
	case *llm.Media:
		return string(part.Kind)
	case *llm.Reasoning:
		return "reasoning"
	case *llm.ToolCall:
		return "tool_calls"
	case *llm.ToolResult:
		return "tool_result"
	case *llm.Refusal:
		return "refusal"
	case *llm.Foreign:
		return part.Kind
	}
	return "part"
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// text writes a text. A blank one is refused by the API, also a single space.
func (p *preparer) text(t *llm.Text) []block {
	if blank(t.Text) {
		return nil
	}
	return []block{{
		Type:         word("text"),
		Text:         json.Quote(t.Text),
		Citations:    p.citations(t.Citations),
		CacheControl: p.cache(t.Cache),
		Rest:         p.residue("messages.", t.Native),
	}}
}

// citations writes those that came from Claude: the API wants its own
// positions and indexes back.
func (p *preparer) citations(cs []llm.Citation) json.Value {
	var out []citation
	for i := range cs {
		own := cs[i].Native.For(llm.Anthropic)
		if own == nil || string(json.Lookup(own, "encrypted_index")) == `""` {
			p.drop("messages.citations")
			continue
		}
		out = append(out, writeCitation(&cs[i]))
	}
	if out == nil {
		return nil
	}
	return marshal(out)
}

// writeCitation undoes readCitation. A citation of another dialect becomes
// that of a web search, which has a URL.
func writeCitation(c *llm.Citation) citation {
	out := citation{Rest: c.Native.For(llm.Anthropic)}
	if out.Rest == nil {
		out.Type = word("web_search_result_location")
		out.Rest = json.Value(`{"encrypted_index":""}`)
		out.Title, out.URL, out.CitedText = json.Quote(c.Title), json.Quote(c.URL), json.Quote(c.Quote)
		return out
	}
	quote := func(name, s string) json.Value {
		if s == "" && json.Lookup(out.Rest, name) != nil {
			return nil
		}
		return json.Quote(s)
	}
	out.CitedText = quote("cited_text", c.Quote)
	switch json.Unquote(json.Lookup(out.Rest, "type")) {
	case "char_location", "page_location", "content_block_location":
		out.DocumentTitle = quote("document_title", c.Title)
	case "web_search_result_location":
		out.URL, out.Title = quote("url", c.URL), quote("title", c.Title)
	default:
		out.Title = quote("title", c.Title)
	}
	return out
}

// reasoning writes a thought that Claude can verify. Any other would be
// refused, and with it the request.
func (p *preparer) reasoning(r *llm.Reasoning) []block {
	if !dialect.Claudes(r.Origin) || r.Signature == "" && r.Redacted == "" || p.model.Thinking == claude.NoThinking {
		p.drop("messages.reasoning")
		return nil
	}
	b := block{Rest: p.residue("messages.", r.Native)}
	if r.Redacted != "" {
		b.Type, b.Data = word("redacted_thinking"), json.Quote(r.Redacted)
	} else {
		b.Type, b.Thinking, b.Signature = word("thinking"), json.Quote(r.Text), json.Quote(r.Signature)
	}
	return []block{b}
}

func (p *preparer) toolCall(c *llm.ToolCall) []block {
	input, ok := toolInput(c.Arguments, c.Custom)
	if !ok {
		p.drop("messages.tool_calls.arguments")
	}
	if c.Signature != "" {
		p.drop("messages.tool_calls.thought_signature")
	}
	return []block{{
		Type:         word("tool_use"),
		ID:           json.Quote(callID(c.ID)),
		Name:         json.Quote(p.name(c.Name)),
		Input:        input,
		CacheControl: p.cache(c.Cache),
		Rest:         p.residue("messages.", c.Native),
	}}
}

// toolInput returns arguments as the object that the API wants. Text of a
// freeform tool and arguments that are no object are wrapped; ok is false for
// the latter.
func toolInput(arguments string, custom bool) (input json.Value, ok bool) {
	wrap := func(name string) json.Value {
		return append(append(json.Value(`{"`+name+`":`), json.Quote(arguments)...), '}')
	}
	v := json.Value(arguments)
	switch {
	case custom:
		return wrap("input"), true
	case blank(arguments) || strings.TrimSpace(arguments) == "null":
		return json.Value("{}"), true
	case v.Kind() == '{' && json.Valid(v):
		return v, true
	}
	return wrap("_raw"), false
}

func (p *preparer) toolResult(r *llm.ToolResult) []block {
	var parts []block
	for _, part := range r.Parts {
		switch part.(type) {
		case *llm.Text, *llm.Media, *llm.Foreign:
			parts = append(parts, p.part(part)...)
		default:
			p.drop("messages.tool_result." + kindOf(part))
		}
	}
	b := block{
		Type:         word("tool_result"),
		ToolUseID:    json.Quote(callID(r.CallID)),
		CacheControl: p.cache(r.Cache),
		Rest:         p.residue("messages.", r.Native),
	}
	if parts != nil {
		b.Content = marshal(parts)
	}
	if r.IsError {
		b.IsError = json.Bool(true)
	}
	return []block{b}
}
