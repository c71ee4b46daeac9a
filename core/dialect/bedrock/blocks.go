package bedrock

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decodeBlocks reads blocks in their order. A cache point becomes a mark on
// the part before it.
func decodeBlocks(blocks []block) []llm.Part {
	parts := make([]llm.Part, 0, len(blocks))
	for i := range blocks {
		b := &blocks[i]
		if b.CachePoint != nil && mark(parts, b.CachePoint) {
			continue
		}
		if p := decodeBlock(b); p != nil {
			parts = append(parts, p)
		}
	}
	return parts
}

// mark puts a cache mark on the last part, if it can bear one.
func mark(parts []llm.Part, c *cachePoint) bool {
	if len(parts) == 0 {
		return false
	}
	var at **llm.CacheMark
	switch p := parts[len(parts)-1].(type) {
	case *llm.Text:
		at = &p.Cache
	case *llm.Media:
		at = &p.Cache
	case *llm.ToolCall:
		at = &p.Cache
	case *llm.ToolResult:
		at = &p.Cache
	}
	if at == nil || *at != nil {
		return false
	}
	*at = decodeCache(c)
	return true
}

// decodeCache reads a cache point. Its type is always "default".
func decodeCache(c *cachePoint) *llm.CacheMark {
	native := json.ObjectOf(c.Rest)
	if c.Type != "default" {
		native.Add("type", json.Quote(c.Type))
	}
	return &llm.CacheMark{TTL: c.TTL, Native: llm.NativeOf(llm.Converse, native.Value())}
}

// decodeBlock reads one block; nil if it says nothing.
func decodeBlock(b *block) llm.Part {
	switch {
	case b.Text != nil:
		return &llm.Text{Text: *b.Text, Native: llm.NativeOf(llm.Converse, b.Rest)}
	case b.ToolUse != nil && b.ToolUse.Type == "":
		u := b.ToolUse
		return &llm.ToolCall{ID: u.ID, Name: u.Name, Arguments: string(u.Input), Native: llm.NativeOf(llm.Converse, u.Rest)}
	case b.ToolResult != nil && json.ObjectOf(b.ToolResult.Rest).Get("type") == nil:
		return decodeResult(b.ToolResult)
	case b.Reasoning != nil && b.Reasoning.Rest == nil:
		return decodeReasoning(b.Reasoning)
	case b.Cited != nil:
		return decodeCited(b.Cited)
	case b.JSON != nil:
		return &llm.Text{Text: string(b.JSON), Native: llm.NativeOf(llm.Converse, json.Value(`{"json":{}}`))}
	case b.Image != nil:
		return decodeMedia(b, llm.Image, b.Image)
	case b.Document != nil:
		return decodeMedia(b, llm.Document, b.Document)
	case b.Video != nil:
		return decodeMedia(b, llm.Video, b.Video)
	case b.Audio != nil:
		return decodeMedia(b, llm.Audio, b.Audio)
	}
	return foreign(b)
}

// foreign keeps a block whole.
func foreign(b *block) llm.Part {
	whole := json.ValueOf(b)
	kind := firstName(whole)
	if kind == "" {
		return nil
	}
	if u := b.ToolUse; u != nil {
		kind = u.Type
	}
	return &llm.Foreign{Kind: kind, Native: llm.NativeOf(llm.Converse, whole)}
}

func decodeResult(r *toolResult) llm.Part {
	out := &llm.ToolResult{CallID: r.ID, Parts: decodeBlocks(r.Content), IsError: r.Status == "error"}
	native := json.ObjectOf(r.Rest)
	if r.Status != "" && !out.IsError {
		native.Add("status", json.Quote(r.Status))
	}
	out.Native = llm.NativeOf(llm.Converse, native.Value())
	return out
}

func decodeReasoning(r *reasoning) llm.Part {
	out := &llm.Reasoning{Origin: llm.Converse}
	if r.Redacted != nil {
		out.Redacted, out.Origin = readRedacted(*r.Redacted)
	}
	if t := r.Text; t != nil {
		out.Text, out.Native = t.Text, llm.NativeOf(llm.Converse, t.Rest)
		out.Signature, out.Origin = dialect.ReadOrigin(t.Signature, llm.Converse)
	}
	return out
}

// citedName marks a text that is written as citationsContent; its value holds
// the members of that object which have no word of their own.
const citedName = "citationsContent"

func decodeCited(c *citedContent) llm.Part {
	var b strings.Builder
	for _, p := range c.Content {
		b.WriteString(p.Text)
	}
	out := &llm.Text{Text: b.String()}
	for i := range c.Citations {
		out.Citations = append(out.Citations, decodeCitation(&c.Citations[i]))
	}
	if len(c.Citations) == 0 || c.Rest != nil {
		out.Native = llm.NativeOf(llm.Converse, json.Object{json.Named(citedName, orEmpty(c.Rest))}.Value())
	}
	return out
}

func decodeCitation(c *citation) llm.Citation {
	var quote strings.Builder
	for _, p := range c.Content {
		quote.WriteString(p.Text)
	}
	return llm.Citation{
		Title: c.Title, Quote: quote.String(),
		URL:    json.Unquote(json.Lookup(c.Rest, "location", "web", "url")),
		Native: llm.NativeOf(llm.Converse, c.Rest),
	}
}

// firstName is the name of an object's first member.
func firstName(v json.Value) string {
	if o := json.ObjectOf(v); len(o) > 0 {
		return o[0].Name
	}
	return ""
}

func orEmpty(v json.Value) json.Value {
	if len(v) == 0 {
		return json.Value("{}")
	}
	return v
}
