package openairesponses

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// itemizer makes the items of an answer from its parts: texts in a row are
// one message, unless they were several.
type itemizer struct {
	*answer
	items []json.Value
	said  spoken
	last  bool // the part is the last one that is shown
}

// itemize returns the items of an answer. What came last in a cut answer is
// cut.
func (a *answer) itemize(parts []llm.Part) []json.Value {
	z := itemizer{answer: a}
	last := len(parts) - 1
	for last >= 0 && !shown(parts[last]) {
		last--
	}
	for i, p := range parts {
		z.last = i == last
		z.part(p)
	}
	z.flush()
	return z.items
}

func shown(p llm.Part) bool {
	switch p := p.(type) {
	case *llm.Foreign:
		return own(p.Native) != nil
	case *llm.Text, *llm.Refusal, *llm.Reasoning, *llm.ToolCall:
		return true
	}
	return false
}

func (z *itemizer) itemStatus(last bool) string {
	if last && z.status == statusIncomplete {
		return statusIncomplete
	}
	return statusCompleted
}

// spoken is the message that is being put together.
type spoken struct {
	content []json.Value
	left    members
	last    bool
}

func (z *itemizer) part(p llm.Part) {
	switch p := p.(type) {
	case *llm.Text:
		z.say(own(p.Native), textPart(p.Text, annotations(p.Citations, p.Text), own(p.Native)))
	case *llm.Refusal:
		z.say(own(p.Native), refusalPart(p.Text, own(p.Native)))
	case *llm.Foreign:
		n := own(p.Native)
		switch {
		case n == nil:
		case n.has(markPart):
			w := writer{b: []byte{'{'}}
			w.partRest(n)
			w.close('}')
			z.say(n, w.b)
		default:
			z.flush()
			z.items = append(z.items, p.Native.Members)
		}
	case *llm.Reasoning:
		z.flush()
		z.items = append(z.items, z.thought(p, len(z.items)))
	case *llm.ToolCall:
		z.flush()
		z.items = append(z.items, z.call(p, len(z.items), z.itemStatus(z.last)))
	}
}

// say adds to the message, or begins one where one began before.
func (z *itemizer) say(n members, content json.Value) {
	if v := n.get(markMessage); v != nil {
		z.flush()
		z.said.left = parse(v)
	}
	z.said.content = append(z.said.content, content)
	z.said.last = z.last
}

func (z *itemizer) flush() {
	if len(z.said.content) == 0 {
		return
	}
	z.items = append(z.items, z.message(&z.said, len(z.items), z.itemStatus(z.said.last)))
	z.said = spoken{}
}

// head writes the id and the status that an item has, else those given.
func (w *writer) head(left members, id, status string) {
	w.str("id", cmp.Or(json.Unquote(left.get("id")), id))
	if v := left.get("status"); v != nil {
		w.raw("status", v)
	} else {
		w.strIf("status", status)
	}
}

// message is a message item, number n of the output.
func (a *answer) message(m *spoken, n int, status string) json.Value {
	w := writer{b: []byte{'{'}}
	w.head(m.left, a.itemID("msg_", n), status)
	w.str("type", typeMessage)
	w.str("role", "assistant")
	w.array("content", m.content)
	w.rest(m.left, "id", "status", "role", markUntyped)
	w.close('}')
	return w.b
}

func textPart(s string, annotations []json.Value, left members) json.Value {
	w := writer{b: []byte{'{'}}
	w.str("type", "output_text")
	w.str("text", s)
	if !left.has("annotations") {
		w.array("annotations", annotations)
	}
	w.partRest(left)
	w.close('}')
	return w.b
}

func annotations(cs []llm.Citation, of string) []json.Value {
	var out []json.Value
	for i := range cs {
		if v := annotation(&cs[i], of); v != nil {
			out = append(out, v)
		}
	}
	return out
}

func refusalPart(s string, left members) json.Value {
	w := writer{b: []byte{'{'}}
	w.str("type", "refusal")
	w.str("refusal", s)
	w.partRest(left)
	w.close('}')
	return w.b
}

func (a *answer) thought(r *llm.Reasoning, n int) json.Value {
	w := writer{b: []byte{'{'}}
	w.str("id", cmp.Or(json.Unquote(own(r.Native).get("id")), a.itemID("rs_", n)))
	w.thoughtMembers(r, "id")
	w.close('}')
	return w.b
}

func (a *answer) call(c *llm.ToolCall, n int, status string) json.Value {
	if c.Custom {
		return a.callItem(c, n, status, c.Arguments)
	}
	return a.callItem(c, n, status, orEmptyObject(c.Arguments))
}

// callItem is the item of a call as far as its arguments have got.
func (a *answer) callItem(c *llm.ToolCall, n int, status, arguments string) json.Value {
	w := writer{b: []byte{'{'}}
	left := own(c.Native)
	prefix := "fc_"
	if c.Custom {
		prefix = "ctc_"
	}
	w.head(left, a.itemID(prefix, n), status)
	w.callMembers(c, c.ID, arguments, func() {
		space, name := splitName(c.Name)
		w.strIf("namespace", space)
		w.str("name", name)
	})
	w.rest(left, "id", "status")
	w.close('}')
	return w.b
}
