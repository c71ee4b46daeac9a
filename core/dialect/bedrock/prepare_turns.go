package bedrock

import (
	"slices"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// billingHeader begins a system block of Claude Code that differs in every
// request. It tells Anthropic something and would void the prompt cache of
// everybody else.
const billingHeader = "x-anthropic-billing-header:"

// Instructions in the middle of a conversation stand between these: there the
// user and the assistant are the only ones who speak.
const (
	noteBegin = "<operator-note>\n"
	noteEnd   = "\n</operator-note>"
)

// besideDocument is the text that Converse wants next to a document.
const besideDocument = "See the attached document."

// turns writes the conversation: leading instructions as the system prompt,
// the rest as messages whose roles alternate.
func (p *preparation) turns() error {
	leading := true
	for i := range p.r.Turns {
		t := &p.r.Turns[i]
		instructs := t.Role == llm.System || t.Role == llm.Developer
		native := json.ObjectOf(t.Native.For(llm.Converse))
		role, inPlace := text(native.Remove("role"))
		leading = leading && instructs && !inPlace
		p.dropForeign("messages.", t.Native)
		if t.Name != "" {
			p.drop("messages.name")
		}
		var err error
		switch {
		case leading:
			err = p.systemTurn(t)
		case inPlace:
			err = p.message(role, t, native.Value(), false)
		case t.Role == llm.Assistant:
			err = p.message("assistant", t, native.Value(), false)
		default:
			err = p.message("user", t, native.Value(), instructs)
		}
		if err != nil {
			return err
		}
	}
	p.history = slices.DeleteFunc(p.history, func(w written) bool { return len(w.pieces) == 0 })
	p.mergeRoles()
	for i := range p.history {
		p.finish(&p.history[i])
	}
	p.cacheAll()
	return nil
}

func (p *preparation) systemTurn(t *llm.Turn) error {
	for _, part := range t.Parts {
		switch part := part.(type) {
		case *llm.Text:
			if strings.HasPrefix(part.Text, billingHeader) {
				p.drop("x-anthropic-billing-header")
				continue
			}
			p.system = p.add(p.system, part, p.textBlock(part), part.Cache)
		case *llm.Foreign:
			p.system = p.addForeign(p.system, part)
		default:
			p.drop("system." + partName(part))
		}
	}
	return nil
}

// message writes a turn as a message of its own; neighbours are merged when
// the empty ones are gone.
func (p *preparation) message(role string, t *llm.Turn, rest json.Value, instructs bool) error {
	w := written{role: role, rest: rest}
	for _, part := range t.Parts {
		if text, ok := part.(*llm.Text); ok && instructs && !blank(text.Text) {
			own := *text
			own.Text = noteBegin + own.Text + noteEnd
			part = &own
		}
		var err error
		if w.pieces, err = p.part(w.pieces, part); err != nil {
			return err
		}
	}
	p.history = append(p.history, w)
	return nil
}

func (p *preparation) mergeRoles() {
	merged := p.history[:0]
	for _, w := range p.history {
		n := len(merged)
		if n == 0 || merged[n-1].role != w.role || w.role == string(llm.System) || w.rest != nil {
			merged = append(merged, w)
			continue
		}
		merged[n-1].pieces = append(merged[n-1].pieces, w.pieces...)
	}
	p.history = merged
}

// finish puts tool results first, since they must follow the call directly,
// and a text beside documents that have none.
func (p *preparation) finish(w *written) {
	if w.role != "user" {
		return
	}
	slices.SortStableFunc(w.pieces, func(a, b piece) int { return isResult(b) - isResult(a) })
	document, words := false, false
	for _, x := range w.pieces {
		document = document || x.block.Document != nil
		words = words || x.block.Text != nil
	}
	if document && !words {
		s := besideDocument
		w.pieces = append(w.pieces, piece{block: block{Text: &s}})
		p.drop("messages.document without text (text added)")
	}
}

func isResult(p piece) int {
	if p.block.ToolResult != nil {
		return 1
	}
	return 0
}

// part adds what a part is in Converse, if anything.
func (p *preparation) part(to []piece, part llm.Part) ([]piece, error) {
	switch part := part.(type) {
	case *llm.Text:
		return p.add(to, part, p.textBlock(part), part.Cache), nil
	case *llm.Refusal:
		p.dropForeign("messages.content.", part.Native)
		return p.add(to, part, textBlock(part.Text), nil), nil
	case *llm.Media:
		b, err := p.media(part)
		return p.add(to, part, b, part.Cache), err
	case *llm.Reasoning:
		return p.add(to, part, p.reasoning(part), nil), nil
	case *llm.ToolCall:
		p.dropForeign("messages.tool_calls.", part.Native)
		b := block{ToolUse: p.toolUse(part)}
		return p.add(to, part, b, part.Cache), nil
	case *llm.ToolResult:
		return p.result(to, part)
	case *llm.Foreign:
		return p.addForeign(to, part), nil
	}
	return to, nil
}

// add adds a block, unless there is nothing in it: then its cache mark goes
// to the block before it.
func (p *preparation) add(to []piece, part llm.Part, b block, c *llm.CacheMark) []piece {
	mark := p.cachePoint(c)
	if empty(&b) {
		if n := len(to); n > 0 && to[n-1].cache == nil {
			to[n-1].cache = mark
		}
		return to
	}
	return append(to, piece{b, mark})
}

func (p *preparation) addForeign(to []piece, f *llm.Foreign) []piece {
	v := f.Native.For(llm.Converse)
	if v == nil && !f.Native.Empty() {
		p.drop("messages.content." + f.Kind)
	}
	if v == nil {
		return to
	}
	return append(to, piece{block: block{Rest: v}})
}

// empty reports whether a block would say nothing. Bedrock refuses texts that
// are blank.
func empty(b *block) bool {
	switch {
	case b.Text != nil:
		return blank(*b.Text)
	case b.Cited != nil, b.Image != nil, b.Document != nil, b.Video != nil, b.Audio != nil, b.JSON != nil,
		b.ToolUse != nil, b.ToolResult != nil, b.Reasoning != nil:
		return false
	}
	return b.Rest == nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func textBlock(s string) block { return block{Text: &s} }

func (p *preparation) textBlock(t *llm.Text) block {
	p.dropForeign("messages.content.", t.Native)
	for _, c := range t.Citations {
		if c.Native.Dialect != llm.Converse && c.Native.Dialect != "" {
			p.drop("messages.content.citations")
			return textBlock(t.Text)
		}
	}
	return encodeText(t)
}

func (p *preparation) media(m *llm.Media) (block, error) {
	p.dropForeign("messages.content.", m.Native)
	if m.Detail != "" && m.Detail != "auto" {
		p.drop("messages.content.detail")
	}
	b, err := encodeMedia(m, p.model.maybeClaude())
	if b.Document != nil {
		b.Document.Name = p.docs.name(b.Document.Name)
	}
	return b, err
}

// reasoning lets through what the model can verify: its own, and for Claude
// signed thought from wherever it comes, since signatures hold across clouds.
// Thought of another model would be refused.
//
// https://docs.claude.com/en/docs/build-with-claude/extended-thinking
func (p *preparation) reasoning(r *llm.Reasoning) block {
	own := r.Origin == llm.Converse
	claudes := r.Origin == llm.Anthropic || r.Origin == "" // a chat client does not say where it is from
	signed := claudes && (r.Signature != "" || r.Redacted != "") && p.model.maybeClaude()
	if r.Text == "" && r.Signature == "" && r.Redacted == "" {
		return block{}
	}
	if !own && !signed || blank(r.Text) && r.Signature == "" && r.Redacted == "" {
		p.drop("messages.reasoning")
		return block{}
	}
	p.dropForeign("messages.reasoning.", r.Native)
	return encodeReasoning(r)
}

// result writes a tool result. A cache mark inside it goes behind it, because
// a cache point cannot stand inside.
func (p *preparation) result(to []piece, r *llm.ToolResult) ([]piece, error) {
	p.dropForeign("messages.tool_result.", r.Native)
	native := json.ObjectOf(r.Native.For(llm.Converse))
	out := &toolResult{ID: legal(r.CallID)}
	out.Status, _ = text(native.Remove("status"))
	if r.IsError {
		out.Status = "error"
	}
	out.Rest = native.Value()
	var inside []piece
	var err error
	for _, part := range r.Parts {
		if inside, err = p.part(inside, part); err != nil {
			return nil, err
		}
	}
	mark := p.cachePoint(r.Cache)
	for _, x := range inside {
		out.Content = append(out.Content, x.block)
		if mark == nil {
			mark = x.cache
		}
	}
	return append(to, piece{block{ToolResult: out}, mark}), nil
}

func partName(p llm.Part) string {
	switch p := p.(type) {
	case *llm.Media:
		return string(p.Kind)
	case *llm.Reasoning:
		return "reasoning"
	case *llm.ToolCall:
		return "tool_call"
	case *llm.ToolResult:
		return "tool_result"
	case *llm.Refusal:
		return "refusal"
	}
	return "part"
}
