package openaichat

import (
	"cmp"
	"crypto/rand"
	"strings"
	"time"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeResponse writes a whole answer for a client. A strict client gets
// OpenAI's members and finish reasons only; any other also content_blocks,
// when there is more than one text to tell, and the provider's own reasons.
func (Codec) EncodeResponse(r *llm.Response, o dialect.Options) ([]byte, error) {
	w := writer{json.Writer{B: make([]byte, 0, 1024)}}
	native := own(r.Native)
	w.B = append(w.B, '{')
	w.Str("id", cmp.Or(r.ID, newID()))
	w.Str("object", "chat.completion")
	w.Int("created", cmp.Or(r.Created, time.Now().Unix()))
	w.Str("model", cmp.Or(r.Model, o.Model))
	if o.Provider != "" {
		w.Str("provider", o.Provider)
	}
	w.Open("choices", '[')
	for i := range r.Choices {
		w.choice(&r.Choices[i], o)
	}
	w.Close(']')
	if r.Usage != nil {
		openaiwire.WriteUsage(&w.Writer, llm.OpenAIChat, r.Usage)
	}
	if o.Provider != "" {
		w.Rest(native, "provider")
	} else {
		w.Rest(native)
	}
	w.Close('}')
	return w.B, nil
}

func newID() string { return "chatcmpl-" + rand.Text() }

func (w *writer) choice(c *llm.Choice, o dialect.Options) {
	n := own(c.Native)
	w.Open("", '{')
	w.Int("index", int64(c.Index))
	w.message(c, o, json.ObjectOf(n.Get("message")))
	if !n.Has("logprobs") {
		w.logprobs(c.Logprobs)
	}
	if !o.Strict {
		w.besideGemini(c.Native, o.Provider)
	}
	w.Str("finish_reason", openaiwire.FinishWord(c.Finish, o.Strict))
	w.Rest(n, "message")
	w.Close('}')
}

// message writes the message of an answer. left is the residue of the message
// that it was.
func (w *writer) message(c *llm.Choice, o dialect.Options, left json.Object) {
	w.Open("message", '{')
	w.Str("role", "assistant")
	w.messageContent(c.Parts, o.Provider)
	w.messageReasoning(c.Parts)
	refusal := ""
	for _, p := range c.Parts {
		if r, ok := p.(*llm.Refusal); ok {
			refusal += r.Text
		}
	}
	if refusal == "" {
		w.Nullable("refusal", "")
	} else {
		w.Str("refusal", refusal)
	}
	w.annotations(texts(c.Parts), left.Get("annotations"))
	if !o.Strict && (needBlocks(c.Parts) || grounded(c.Native)) {
		w.blocks(c.Parts)
	}
	w.messageCalls(c.Parts, o.Strict)
	w.Rest(left, "content", "content_blocks", "annotations")
	w.Close('}')
}

func (w *writer) messageContent(parts []llm.Part, provider string) {
	all := texts(parts)
	if len(all) == 0 {
		w.Nullable("content", "")
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
	w.Str("content", b.String())
}

// messageReasoning writes reasoning that came from chat as it came.
func (w *writer) messageReasoning(parts []llm.Part) {
	var all strings.Builder
	name := ""
	for _, p := range parts {
		if r, ok := p.(*llm.Reasoning); ok && r.Redacted == "" && !own(r.Native).Has("reasoning_details") {
			if m := reasoningMember(r); m != "" {
				name = m
				all.WriteString(r.Text)
			}
		}
	}
	if name != "" {
		w.Str(name, all.String())
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
	w.Open("content_blocks", '[')
	for _, p := range parts {
		switch p := p.(type) {
		case *llm.Text:
			w.Open("", '{')
			w.Str("type", "text")
			w.Str("text", p.Text)
			w.Rest(own(p.Native))
		case *llm.Reasoning:
			if reasoningMember(p) != "" {
				continue
			}
			w.Open("", '{')
			w.thinkingPart(p)
			w.Rest(own(p.Native), "type", "thinking")
		case *llm.Media:
			w.Open("", '{')
			w.Rest(own(p.Native), w.media(p), markMimeType, markFileName)
		case *llm.Foreign:
			if p.Native.For(llm.OpenAIChat) == nil {
				continue
			}
			w.Open("", '{')
			w.Rest(own(p.Native))
		default:
			continue
		}
		w.Close('}')
	}
	w.Close(']')
}

func (w *writer) messageCalls(parts []llm.Part, strict bool) {
	open := false
	var legacy json.Value
	for _, p := range parts {
		c, ok := p.(*llm.ToolCall)
		if !ok {
			continue
		}
		if n := own(c.Native); n.Has("function_call") {
			legacy = functionCallOf(c, n.Get("function"))
			continue
		}
		if !open {
			w.Open("tool_calls", '[')
			open = true
		}
		w.Open("", '{')
		if !strict {
			c = withSignature(c)
		}
		w.toolCall(c)
		w.Close('}')
	}
	if open {
		w.Close(']')
	}
	w.Raw("function_call", legacy)
}
