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
	native := objectOf(p.Rest)
	if p.Signature != "" {
		native.add("thoughtSignature", json.Quote(p.Signature))
	}
	return native.native()
}

// foreign keeps a part whole.
func foreign(p *part) llm.Part {
	whole := encode(p)
	kind := kindOfPart(objectOf(whole))
	if kind == "" {
		return nil
	}
	return &llm.Foreign{Kind: kind, Native: llm.NativeOf(llm.Gemini, whole)}
}

// kindOfPart names a part after the member that says what it is.
func kindOfPart(o object) string {
	kind := ""
	for _, m := range o {
		switch m.name {
		case "text", "thought", "thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution":
			kind = cmp.Or(kind, m.name)
		default:
			return m.name
		}
	}
	return kind
}

// streamed reports whether a call comes in pieces, which Vertex does for
// clients that ask for it. The pieces are kept as what they are.
func streamed(c *functionCall) bool {
	rest := objectOf(c.Rest)
	return rest.has("partialArgs") || rest.has("willContinue") || c.Name == ""
}

func decodeCall(p *part) *llm.ToolCall {
	c := p.Call
	native := objectOf(p.Rest)
	native.add("functionCall", c.Rest)
	if p.Thought {
		native.add("thought", json.Value("true"))
	}
	out := &llm.ToolCall{ID: c.ID, Name: c.Name, Arguments: string(c.Args), Signature: p.Signature}
	if absent(c.Args) {
		out.Arguments = "{}"
		native.add("args", markString)
	}
	out.Native = native.native()
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
	if native.remove("args") != nil && string(args) == "{}" {
		w.Args = nil
	}
	if native.remove("id") != nil {
		w.ID = ""
	}
	w.Rest = native.remove("functionCall")
	p := part{Call: w, Thought: native.remove("thought") != nil, Signature: c.Signature}
	p.Rest = native.json()
	return p, ok
}

func arguments(c *llm.ToolCall) (json.Value, bool) {
	switch {
	case c.Custom:
		return object{{"input", json.Quote(c.Arguments)}}.json(), true
	case blank(c.Arguments):
		return markObject, true
	}
	v := json.Value(c.Arguments)
	if !v.IsValid() {
		return object{{"arguments", json.Quote(c.Arguments)}}.json(), false
	}
	if v.Kind() != '{' {
		return object{{"arguments", v}}.json(), false
	}
	return v, true
}

// freeText takes the text of a freeform call out of the object that it had to
// be sent in.
func freeText(arguments string) string {
	if v := json.Lookup(json.Value(arguments), "input"); v.Kind() == '"' {
		return json.Unquote(v)
	}
	return arguments
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
	p := part{Text: &t.Text, Signature: json.Unquote(native.remove("thoughtSignature"))}
	p.Rest = native.json()
	return p
}
