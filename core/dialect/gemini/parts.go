package gemini

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decodePart reads one part; nil if it says nothing.
func decodePart(p *part) llm.Part {
	switch {
	case p.Call != nil && !streamed(p.Call):
		return decodeCall(p)
	case p.Response != nil:
		return decodeResult(p)
	case p.Text != nil && p.Thought:
		return decodeThought(p)
	case p.Text != nil && (*p.Text != "" || p.Signature == ""):
		return &llm.Text{Text: *p.Text, Native: signed(p)}
	case p.Thought:
		return foreign(p)
	case p.Inline != nil:
		return decodeInline(p)
	case p.File != nil:
		return decodeFile(p)
	}
	return foreign(p)
}

// signed is the residue of a part: its signature and what nobody knows.
func signed(p *part) llm.Native {
	native := json.ObjectOf(p.Rest)
	if p.Signature != "" {
		native.Add("thoughtSignature", json.Quote(p.Signature))
	}
	return residue(native)
}

// foreign keeps a part whole.
func foreign(p *part) llm.Part {
	whole := json.ValueOf(p)
	kind := kindOfPart(json.ObjectOf(whole))
	if kind == "" {
		return nil
	}
	return &llm.Foreign{Kind: kind, Native: llm.NativeOf(llm.Gemini, whole)}
}

// kindOfPart names a part after the member that says what it is.
func kindOfPart(o json.Object) string {
	kind := ""
	for _, m := range o {
		switch m.Name {
		case "text", "thought", "thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution":
			kind = cmp.Or(kind, m.Name)
		default:
			return m.Name
		}
	}
	return kind
}

// streamed reports whether a call comes in pieces, which Vertex does for
// clients that ask for it. The pieces are kept as what they are.
func streamed(c *functionCall) bool {
	rest := json.ObjectOf(c.Rest)
	return rest.Has("partialArgs") || rest.Has("willContinue") || c.Name == ""
}

func decodeCall(p *part) *llm.ToolCall {
	c := p.Call
	native := json.ObjectOf(p.Rest)
	native.Add("functionCall", c.Rest)
	if p.Thought {
		native.Add("thought", json.Value("true"))
	}
	out := &llm.ToolCall{ID: c.ID, Name: c.Name, Arguments: string(c.Args), Signature: p.Signature}
	if absent(c.Args) {
		out.Arguments = "{}"
		native.Add("args", markString)
	}
	out.Native = residue(native)
	return out
}

// encodeCall writes a call, with its arguments as an object, which they have
// to be: models write nothing for a call without arguments, and now and then
// something broken, and what stands in the history must not fail every later
// turn. It reports whether the arguments could stay what they are.
func encodeCall(c *llm.ToolCall) (part, bool) {
	native := own(c.Native)
	args, ok := arguments(c)
	w := &functionCall{ID: c.ID, Name: c.Name, Args: args}
	if native.Remove("args") != nil && string(args) == "{}" {
		w.Args = nil
	}
	if native.Remove("id") != nil {
		w.ID = ""
	}
	w.Rest = native.Remove("functionCall")
	p := part{Call: w, Thought: native.Remove("thought") != nil, Signature: c.Signature}
	p.Rest = native.Value()
	return p, ok
}

func arguments(c *llm.ToolCall) (json.Value, bool) {
	switch {
	case c.Custom:
		return json.Object{json.Named("input", json.Quote(c.Arguments))}.Value(), true
	case blank(c.Arguments):
		return markObject, true
	}
	v := json.Value(c.Arguments)
	if !v.IsValid() {
		return json.Object{json.Named("arguments", json.Quote(c.Arguments))}.Value(), false
	}
	if v.Kind() != '{' {
		return json.Object{json.Named("arguments", v)}.Value(), false
	}
	return v, true
}

func decodeThought(p *part) llm.Part {
	out := &llm.Reasoning{Text: *p.Text, Origin: llm.Gemini, Native: llm.NativeOf(llm.Gemini, p.Rest)}
	out.Signature, out.Redacted, out.Origin = untag(p.Signature)
	if out.Redacted != "" {
		out.Text = ""
	}
	return out
}

func encodeThought(r *llm.Reasoning) part {
	return part{Text: &r.Text, Thought: true, Signature: tag(r), Rest: r.Native.For(llm.Gemini)}
}

func encodeText(t *llm.Text) part {
	native := own(t.Native)
	p := part{Text: &t.Text, Signature: json.Unquote(native.Remove("thoughtSignature"))}
	p.Rest = native.Value()
	return p
}
