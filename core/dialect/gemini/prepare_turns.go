package gemini

import (
	"slices"
	"strings"

	"sluice/core/llm"
)

// billingHeader begins a system block of Claude Code that differs in every
// request. It tells Anthropic something and would void the prompt cache of
// everybody else.
const billingHeader = "x-anthropic-billing-header:"

// Instructions in the middle of a conversation stand between these, in a turn
// of the user: hoisting them would change the prefix, and the provider's
// cache would miss.
const (
	noteBegin = "<operator-note>\n"
	noteEnd   = "\n</operator-note>"
)

// turns writes the conversation: leading instructions as systemInstruction,
// the rest as contents.
func (p *preparation) turns() error {
	if p.same {
		return p.ownTurns()
	}
	leading := true
	for i := range p.r.Turns {
		t := &p.r.Turns[i]
		instructs := t.Role == llm.System || t.Role == llm.Developer
		leading = leading && instructs
		p.foreignLoss("messages.", t.Native)
		if t.Name != "" {
			p.drop("messages.name")
		}
		var err error
		switch {
		case leading:
			p.system(t)
		case instructs:
			p.note(t)
		case t.Role == llm.Assistant:
			err = p.assistant(t)
		default:
			err = p.user(t)
		}
		if err != nil {
			return err
		}
	}
	p.release()
	p.lay()
	return nil
}

// lay puts the contents into the request: results in the order of their
// calls, and something that the user says where there is only a system
// prompt, since the API insists on contents.
func (p *preparation) lay() {
	for i := range p.contents {
		w := &p.contents[i]
		w.arrange(p.order)
		if w.Role == "model" {
			p.sign(&w.content)
		}
		p.out.Contents = append(p.out.Contents, w.content)
	}
	if s := p.out.System; len(p.out.Contents) == 0 && s != nil {
		p.out.Contents = list[content]{{Role: "user", Parts: s.Parts}}
		p.out.System = nil
		p.drop("messages.role (the system prompt was sent as the user's)")
	}
}

// arrange sorts results by the order of the calls.
func (w *written) arrange(order map[string]int) {
	if !w.results {
		return
	}
	at := make([]int, len(w.Parts))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return order[w.ids[a]] - order[w.ids[b]] })
	parts := make([]part, len(at))
	for i, from := range at {
		parts[i] = w.Parts[from]
	}
	w.Parts = parts
}

func (p *preparation) system(t *llm.Turn) {
	for _, x := range t.Parts {
		text, ok := x.(*llm.Text)
		switch {
		case !ok:
			p.drop("system." + partName(x))
			continue
		case strings.HasPrefix(text.Text, billingHeader):
			p.drop("x-anthropic-billing-header")
			continue
		case blank(text.Text):
			continue
		}
		p.textLoss(text)
		if p.out.System == nil {
			p.out.System = &content{}
		}
		p.out.System.Parts = append(p.out.System.Parts, part{Text: &text.Text})
	}
}

// note keeps an instruction in its place, or behind the results of calls that
// are open: nothing may stand between them.
func (p *preparation) note(t *llm.Turn) {
	for _, x := range t.Parts {
		text, ok := x.(*llm.Text)
		if !ok {
			p.drop("system." + partName(x))
			continue
		}
		if blank(text.Text) {
			continue
		}
		p.textLoss(text)
		s := noteBegin + text.Text + noteEnd
		if len(p.open) > 0 {
			p.held = append(p.held, part{Text: &s})
		} else {
			p.add("user", false, part{Text: &s})
		}
	}
}

// add adds a part to the last content, or to a new one if that is of another
// role. Results stand in a content of their own.
func (p *preparation) add(role string, results bool, x part) {
	if !results {
		p.release()
	}
	n := len(p.contents)
	if n == 0 || p.contents[n-1].Role != role || p.contents[n-1].results != results {
		p.contents = append(p.contents, written{content: content{Role: role}, results: results})
		n++
	}
	w := &p.contents[n-1]
	w.Parts = append(w.Parts, x)
}

// release writes what was held back until all results are written.
func (p *preparation) release() {
	held := p.held
	p.held = nil
	for _, x := range held {
		p.add("user", false, x)
	}
}

func (p *preparation) user(t *llm.Turn) error {
	for _, x := range t.Parts {
		if r, ok := x.(*llm.ToolResult); ok {
			if err := p.result(r); err != nil {
				return err
			}
		}
	}
	for _, x := range t.Parts {
		if _, ok := x.(*llm.ToolResult); ok {
			continue
		}
		if err := p.part("user", x); err != nil {
			return err
		}
	}
	return nil
}

func (p *preparation) assistant(t *llm.Turn) error {
	clear(p.open)
	for _, x := range t.Parts {
		if err := p.part("model", x); err != nil {
			return err
		}
	}
	return nil
}

// part writes what a part is here, if anything.
func (p *preparation) part(role string, x llm.Part) error {
	switch x := x.(type) {
	case *llm.Text:
		p.textLoss(x)
		if !blank(x.Text) {
			p.add(role, false, encodeText(x))
		}
	case *llm.Refusal:
		p.foreignLoss("messages.content.", x.Native)
		if !blank(x.Text) {
			p.add(role, false, part{Text: &x.Text})
		}
	case *llm.Media:
		w, err := p.media(x)
		if err != nil {
			return err
		}
		p.add(role, false, *w)
	case *llm.Reasoning:
		p.thought(role, x)
	case *llm.ToolCall:
		p.call(x)
	case *llm.Foreign:
		if v := x.Native.For(llm.Gemini); v != nil {
			p.add(role, false, part{Rest: v})
		} else if !x.Native.Empty() {
			p.drop("messages.content." + x.Kind)
		}
	default:
		p.drop("messages.content." + partName(x))
	}
	return nil
}

// thought writes a thought that Gemini has signed. Any other would be refused,
// or taken for something that was said.
func (p *preparation) thought(role string, r *llm.Reasoning) {
	if r.Origin != llm.Gemini || r.Signature == "" {
		if r.Text != "" || r.Signature != "" || r.Redacted != "" {
			p.drop("messages.reasoning")
		}
		return
	}
	p.foreignLoss("messages.reasoning.", r.Native)
	p.add(role, false, encodeThought(r))
}

func (p *preparation) call(c *llm.ToolCall) {
	p.cacheLoss(c.Cache)
	p.foreignLoss("messages.tool_calls.", c.Native, "function", "extra_content")
	sent := *c
	sent.Name = p.sent(c.Name)
	x, ok := encodeCall(&sent)
	if !ok {
		p.drop("messages.tool_calls.arguments (not a JSON object)")
	}
	x.Call.ID = p.id(c.ID)
	p.calls[c.ID], p.order[c.ID], p.open[c.ID] = sent.Name, len(p.order), true
	p.add("model", false, x)
}

// id is the id of a call for models that have ids.
func (p *preparation) id(id string) string {
	if p.vertex || !p.model.ids() {
		return ""
	}
	return id
}

// textLoss reports what a text has beside its words.
func (p *preparation) textLoss(t *llm.Text) {
	p.cacheLoss(t.Cache)
	p.foreignLoss("messages.content.", t.Native)
	if len(t.Citations) > 0 {
		p.drop("messages.content.citations")
	}
}

func partName(x llm.Part) string {
	switch x := x.(type) {
	case *llm.Media:
		return string(x.Kind)
	case *llm.Reasoning:
		return "reasoning"
	case *llm.ToolCall:
		return "tool_call"
	case *llm.ToolResult:
		return "tool_result"
	case *llm.Refusal:
		return "refusal"
	case *llm.Foreign:
		return x.Kind
	}
	return "text"
}
