package openairesponses

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// itemizer makes the items of an answer from its parts: texts in a row are
// one message, unless they were several.
type itemizer struct {
	*answer
	items []json.Value
	said  spoken
}

// spoken is the message that is being put together.
type spoken struct {
	content []json.Value
	left    members
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
			z.flush(statusCompleted)
			z.items = append(z.items, p.Native.Members)
		}
	case *llm.Reasoning:
		z.flush(statusCompleted)
		z.items = append(z.items, z.thought(p, len(z.items)))
	case *llm.ToolCall:
		z.flush(statusCompleted)
		z.items = append(z.items, z.call(p, len(z.items), statusCompleted))
	}
}

// say adds to the message, or begins one where one began before.
func (z *itemizer) say(n members, content json.Value) {
	if v := n.get(markMessage); v != nil {
		z.flush(statusCompleted)
		z.said.left = parse(v)
	}
	z.said.content = append(z.said.content, content)
}

func (z *itemizer) flush(status string) {
	if len(z.said.content) == 0 {
		return
	}
	z.items = append(z.items, z.message(&z.said, len(z.items), status))
	z.said = spoken{}
}

// end returns the items. The last message of a cut answer is cut.
func (z *itemizer) end() []json.Value {
	if z.status == statusIncomplete {
		z.flush(statusIncomplete)
	}
	z.flush(statusCompleted)
	return z.items
}

// head writes the id and the status that an item has, else those given.
func (w *writer) head(left members, id, status string) {
	if v := left.get("id"); v != nil {
		w.raw("id", v)
	} else {
		w.str("id", id)
	}
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
	if !own(r.Native).has("id") {
		w.str("id", a.itemID("rs_", n))
	}
	w.thoughtMembers(r)
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
