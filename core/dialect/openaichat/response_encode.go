package openaichat

import (
	"cmp"
	"crypto/rand"
	"strings"
	"time"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeResponse writes a whole answer for a client. A strict client gets
// OpenAI's members and finish reasons only; any other also content_blocks,
// when there is more than one text to tell, and the provider's own reasons.
func (Codec) EncodeResponse(r *llm.Response, o dialect.Options) ([]byte, error) {
	w := writer{b: make([]byte, 0, 1024)}
	native := own(r.Native)
	w.b = append(w.b, '{')
	w.str("id", cmp.Or(r.ID, newID()))
	w.str("object", "chat.completion")
	w.int("created", cmp.Or(r.Created, time.Now().Unix()))
	w.str("model", cmp.Or(r.Model, o.Model))
	if o.Provider != "" {
		w.str("provider", o.Provider)
	}
	w.open("choices", '[')
	for i := range r.Choices {
		w.choice(&r.Choices[i], o)
	}
	w.close(']')
	if r.Usage != nil {
		w.usage(r.Usage)
	}
	if o.Provider != "" {
		w.rest(native, "provider")
	} else {
		w.rest(native)
	}
	w.close('}')
	return w.b, nil
}

func newID() string { return "chatcmpl-" + rand.Text() }

func (w *writer) choice(c *llm.Choice, o dialect.Options) {
	n := own(c.Native)
	w.open("", '{')
	w.int("index", int64(c.Index))
	w.message(c, o, parse(n.get("message")))
	if !n.has("logprobs") {
		w.raw("logprobs", json.Value("null"))
	}
	w.str("finish_reason", finishWord(c.Finish, o.Strict))
	w.rest(n, "message")
	w.close('}')
}

// message writes the message of an answer. left is the residue of the message
// that it was.
func (w *writer) message(c *llm.Choice, o dialect.Options, left members) {
	w.open("message", '{')
	w.str("role", "assistant")
	w.messageContent(c.Parts, o.Provider)
	w.messageReasoning(c.Parts)
	refusal := ""
	for _, p := range c.Parts {
		if r, ok := p.(*llm.Refusal); ok {
			refusal += r.Text
		}
	}
	if refusal == "" {
		w.raw("refusal", json.Value("null"))
	} else {
		w.str("refusal", refusal)
	}
	w.annotations(texts(c.Parts), left.get("annotations"))
	if !o.Strict && needBlocks(c.Parts) {
		w.blocks(c.Parts)
	}
	w.messageCalls(c.Parts)
	w.rest(left, "content", "content_blocks", "annotations")
	w.close('}')
}

func (w *writer) messageContent(parts []llm.Part, provider string) {
	all := texts(parts)
	if len(all) == 0 {
		w.raw("content", json.Value("null"))
		return
	}
	// The reference joins the texts of Converse with a line break, and those
	// of Anthropic, which cuts sentences apart at citations, with nothing.
	sep := ""
	if provider == "bedrock" {
		sep = "\n"
	}
	var b strings.Builder
	for i, t := range all {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(t.Text)
	}
	w.str("content", b.String())
}

// messageReasoning writes reasoning that came from chat as it came.
func (w *writer) messageReasoning(parts []llm.Part) {
	var all strings.Builder
	name := ""
	for _, p := range parts {
		if r, ok := p.(*llm.Reasoning); ok && r.Redacted == "" && !own(r.Native).has("reasoning_details") {
			if m := reasoningMember(r); m != "" {
				name = m
				all.WriteString(r.Text)
			}
		}
	}
	if name != "" {
		w.str(name, all.String())
	}
}

// needBlocks reports whether content alone says less than the parts do.
func needBlocks(parts []llm.Part) bool {
	said := 0
	for _, p := range parts {
		switch p := p.(type) {
		case *llm.Text:
			said++
		case *llm.Media:
			return true
		case *llm.Reasoning:
			if reasoningMember(p) == "" {
				return true
			}
		case *llm.Foreign:
			if p.Native.For(llm.OpenAIChat) != nil {
				return true
			}
		}
	}
	return said > 1
}

// blocks writes everything but calls and refusals as content blocks.
func (w *writer) blocks(parts []llm.Part) {
	w.open("content_blocks", '[')
	for _, p := range parts {
		switch p := p.(type) {
		case *llm.Text:
			w.open("", '{')
			w.str("type", "text")
			w.str("text", p.Text)
			w.rest(own(p.Native))
		case *llm.Reasoning:
			if reasoningMember(p) != "" {
				continue
			}
			w.open("", '{')
			w.thinkingPart(p)
			w.rest(own(p.Native), "type", "thinking")
		case *llm.Media:
			w.open("", '{')
			w.rest(own(p.Native), w.media(p), markMimeType, markFileName)
		case *llm.Foreign:
			if p.Native.For(llm.OpenAIChat) == nil {
				continue
			}
			w.open("", '{')
			w.rest(own(p.Native))
		default:
			continue
		}
		w.close('}')
	}
	w.close(']')
}

func (w *writer) messageCalls(parts []llm.Part) {
	open := false
	var legacy json.Value
	for _, p := range parts {
		c, ok := p.(*llm.ToolCall)
		if !ok {
			continue
		}
		if n := own(c.Native); n.has("function_call") {
			legacy = functionCallOf(c, n.get("function"))
			continue
		}
		if !open {
			w.open("tool_calls", '[')
			open = true
		}
		w.open("", '{')
		w.toolCall(c)
		w.close('}')
	}
	if open {
		w.close(']')
	}
	w.raw("function_call", legacy)
}
