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
	left    json.Object
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
		case n.Has(markPart):
			w := writer{json.NewWriter("{")}
			w.partRest(n)
			w.Close('}')
			z.say(n, w.B)
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
func (z *itemizer) say(n json.Object, content json.Value) {
	if v := n.Get(markMessage); v != nil {
		z.flush()
		z.said.left = json.ObjectOf(v)
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
func (w *writer) head(left json.Object, id, status string) {
	w.Str("id", cmp.Or(json.Unquote(left.Get("id")), id))
	if v := left.Get("status"); v != nil {
		w.Raw("status", v)
	} else {
		w.StrIf("status", status)
	}
}

// message is a message item, number n of the output.
func (a *answer) message(m *spoken, n int, status string) json.Value {
	w := writer{json.NewWriter("{")}
	w.head(m.left, a.itemID("msg_", n), status)
	w.Str("type", typeMessage)
	w.Str("role", "assistant")
	w.Array("content", m.content)
	w.Rest(m.left, "id", "status", "role", markUntyped)
	w.Close('}')
	return w.B
}

func textPart(s string, annotations []json.Value, left json.Object) json.Value {
	w := writer{json.NewWriter("{")}
	w.Str("type", "output_text")
	w.Str("text", s)
	if !left.Has("annotations") {
		w.Array("annotations", annotations)
	}
	w.partRest(left)
	w.Close('}')
	return w.B
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

func refusalPart(s string, left json.Object) json.Value {
	w := writer{json.NewWriter("{")}
	w.Str("type", "refusal")
	w.Str("refusal", s)
	w.partRest(left)
	w.Close('}')
	return w.B
}

func (a *answer) thought(r *llm.Reasoning, n int) json.Value {
	if r.Origin == "" && r.Native.Dialect == "" {
		known := *r
		known.Origin, r = a.upstream, &known
	}
	w := writer{json.NewWriter("{")}
	w.Str("id", cmp.Or(json.Unquote(own(r.Native).Get("id")), a.itemID("rs_", n)))
	w.thoughtMembers(r, "id")
	w.Close('}')
	return w.B
}

func (a *answer) call(c *llm.ToolCall, n int, status string) json.Value {
	if c.Custom {
		return a.callItem(c, n, status, c.Arguments)
	}
	return a.callItem(c, n, status, orEmptyObject(c.Arguments))
}

// callItem is the item of a call as far as its arguments have got.
func (a *answer) callItem(c *llm.ToolCall, n int, status, arguments string) json.Value {
	w := writer{json.NewWriter("{")}
	left := own(c.Native)
	prefix := "fc_"
	if c.Custom {
		prefix = "ctc_"
	}
	w.head(left, a.itemID(prefix, n), status)
	w.callMembers(c, c.ID, arguments, func() {
		space, name := splitName(c.Name)
		w.StrIf("namespace", space)
		w.Str("name", name)
	})
	w.Raw("extra_content", signatureOf(c))
	w.Rest(left, "id", "status")
	w.Close('}')
	return w.B
}
