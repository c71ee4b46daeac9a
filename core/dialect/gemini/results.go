package gemini

import (
	"cmp"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// The API has an object for what a function returned, whose members output
// and error are special. A result whose object is of one of the forms
//
//	{"output": "text"}    {"error": "text"}    {"error": {…}}
//
// is what is inside; any other is the text of the object. The residue's
// member response marks which it was:
//
//	absent  an object, whatever is in it
//	""      a text that had been wrapped
//	[]      no response at all

func decodeResult(p *part) *llm.ToolResult {
	w := p.Response
	out := &llm.ToolResult{CallID: w.ID, Name: w.Name}
	native := json.ObjectOf(p.Rest)
	native.Add("functionResponse", w.Rest)
	if p.Signature != "" {
		native.Add("thoughtSignature", json.Quote(p.Signature))
	}
	said, failed, wrapped := unwrap(w.Response)
	switch {
	case absent(w.Response):
		native.Add("response", markArray)
	case wrapped:
		native.Add("response", markString)
		fallthrough
	default:
		out.Parts = append(out.Parts, &llm.Text{Text: said})
	}
	out.IsError = failed
	for i := range w.Parts {
		if part := decodePart(&w.Parts[i]); part != nil {
			out.Parts = append(out.Parts, part)
		}
	}
	out.Native = residue(native)
	return out
}

func unwrap(v json.Value) (said string, failed, wrapped bool) {
	o := json.ObjectOf(v)
	if len(o) != 1 {
		return string(v), false, false
	}
	switch in := o[0].Value; {
	case o[0].Name == "output" && in.Kind() == '"':
		return json.Unquote(in), false, true
	case o[0].Name == "error" && in.Kind() == '"':
		return json.Unquote(in), true, true
	case o[0].Name == "error" && in.Kind() == '{':
		return string(in), true, false
	}
	return string(v), false, false
}

// wrap is the inverse, for results of any dialect: an object stays one, and
// everything else goes inside one.
func wrap(said string, failed, asText bool) json.Value {
	in := json.Quote(said)
	if v := json.Value(said); !asText && isObject(v) {
		if in = v; !failed {
			return v
		}
	}
	name := "output"
	if failed {
		name = "error"
	}
	return json.Object{json.Named(name, in)}.Value()
}

func isObject(v json.Value) bool {
	v = json.Value(strings.TrimSpace(string(v)))
	return len(v) > 0 && v[0] == '{' && v.IsValid()
}

// encodeOwnResult writes a result that came in this dialect.
func encodeOwnResult(r *llm.ToolResult) part {
	native := own(r.Native)
	mark := native.Remove("response")
	w := &functionResponse{ID: r.CallID, Name: r.Name, Rest: native.Remove("functionResponse")}
	if native.Remove("id") != nil {
		w.ID = ""
	}
	for i, p := range r.Parts {
		if t, ok := p.(*llm.Text); ok && i == 0 && string(mark) != string(markArray) {
			w.Response = wrap(t.Text, r.IsError, string(mark) == string(markString))
			continue
		}
		if x, err := encodePart(p); err == nil && x != nil {
			w.Parts = append(w.Parts, *x)
		}
	}
	out := part{Response: w, Signature: json.Unquote(native.Remove("thoughtSignature"))}
	out.Rest = native.Value()
	return out
}

// A result is what a tool returned, taken apart for writing.
type result struct {
	text  string
	media []*llm.Media
}

func (p *preparation) read(r *llm.ToolResult) result {
	var out result
	var texts []string
	for _, part := range r.Parts {
		switch part := part.(type) {
		case *llm.Text:
			p.textLoss(part)
			texts = append(texts, part.Text)
		case *llm.Media:
			if part.Text != "" {
				texts = append(texts, dialect.TitledText(part))
			} else {
				out.media = append(out.media, part)
			}
		default:
			p.drop("messages.tool_result." + partName(part))
		}
	}
	out.text = strings.Join(texts, "\n")
	return out
}

// result writes a tool result. The name of the tool, which the API goes by,
// is that of the call. Pictures and documents are part of the result for
// models that take them there, and follow all results for others.
func (p *preparation) result(r *llm.ToolResult) error {
	p.foreignLoss("messages.tool_result.", r.Native)
	p.cacheLoss(r.Cache)
	name, ok := p.calls[r.CallID]
	if !ok {
		name = p.sent(cmp.Or(r.Name, "unknown"))
	}
	in := p.read(r)
	w := &functionResponse{ID: p.id(r.CallID), Name: name}
	for _, m := range in.media {
		x, err := p.media(m)
		if err != nil {
			return err
		}
		if p.model.mediaResults() && x.Inline != nil && inResults(x.Inline.MimeType) {
			w.Parts = append(w.Parts, *x)
			continue
		}
		stub := "[" + string(m.Kind) + " of " + name + ": see the next message]"
		in.text = strings.TrimPrefix(in.text+"\n"+stub, "\n")
		label := "[" + string(m.Kind) + " of " + name + "]"
		p.held = append(p.held, part{Text: &label}, *x)
	}
	w.Response = wrap(in.text, r.IsError, refers(in.text))
	p.add("user", true, part{Response: w})
	last := &p.contents[len(p.contents)-1]
	last.ids = append(last.ids, r.CallID)
	delete(p.open, r.CallID)
	return nil
}

// refers reports whether a result looks like a schema with references, which
// the API tries to resolve and then refuses. As a text it is let through.
func refers(s string) bool { return strings.Contains(s, `"$ref"`) || strings.Contains(s, `"$defs"`) }

// inResults reports whether a type can stand inside a result.
//
// https://ai.google.dev/gemini-api/docs/function-calling#multimodal
func inResults(mediaType string) bool {
	switch mediaType {
	case "image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain":
		return true
	}
	return false
}
