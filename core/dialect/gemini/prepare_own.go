package gemini

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Requests that came in this dialect are written as they were: contents are
// neither merged nor sorted, and nothing is checked that the API can check
// itself.

func (p *preparation) ownTurns() error {
	for i := range p.r.Turns {
		t := &p.r.Turns[i]
		native := own(t.Native)
		c := content{Role: roleOf(t.Role, &native)}
		for _, x := range t.Parts {
			w, err := encodePart(x)
			if err != nil {
				return err
			}
			if w != nil {
				c.Parts = append(c.Parts, *w)
			}
		}
		c.Rest = native.Value()
		if t.Role == llm.System && i == 0 {
			p.out.System = &c
		} else {
			p.out.Contents = append(p.out.Contents, c)
		}
	}
	return nil
}

// roleOf is the role as it was written.
func roleOf(r llm.Role, native *json.Object) string {
	switch mark := native.Remove("role"); string(mark) {
	case "":
		return roles[r]
	case string(markString):
		return ""
	case string(markObject):
		return "function"
	default:
		return json.Unquote(mark)
	}
}

// encodePart writes a part of a request of this dialect, or of an answer; nil
// if it has no form here.
func encodePart(x llm.Part) (*part, error) {
	var out part
	switch x := x.(type) {
	case *llm.Text:
		out = encodeText(x)
	case *llm.Refusal:
		out = part{Text: &x.Text}
	case *llm.Reasoning:
		if x.Text == "" && x.Signature == "" && x.Redacted == "" {
			return nil, nil
		}
		out = encodeThought(x)
	case *llm.ToolCall:
		out, _ = encodeCall(x)
	case *llm.ToolResult:
		out = encodeOwnResult(x)
	case *llm.Media:
		return encodeMedia(x)
	case *llm.Foreign:
		if out.Rest = x.Native.For(llm.Gemini); out.Rest == nil {
			return nil, nil
		}
	default:
		return nil, nil
	}
	return &out, nil
}
