package gemini

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"time"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// blockedMark marks the choice that stands for the answers which a blocked
// prompt has not got.
const blockedMark = "no candidate"

// DecodeResponse reads the answer of generateContent.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	var w response
	if err := json.UnmarshalLoose(body, &w); err != nil {
		return nil, x.unreadable("its answer is not a Gemini answer", err)
	}
	if !absent(w.Error) {
		return nil, x.inside(body)
	}
	r := &llm.Response{ID: w.ID, Model: w.Model, Created: seconds(w.Time), Usage: decodeUsage(w.Usage)}
	for i := range w.Candidates {
		r.Choices = append(r.Choices, x.choice(&w.Candidates[i]))
	}
	if len(r.Choices) == 0 {
		if absent(w.Feedback) && r.Usage == nil {
			return nil, x.unreadable("its answer has neither candidates nor a reason why not", nil)
		}
		r.Choices = []llm.Choice{{Finish: blocked(w.Feedback), Native: residue(json.Object{json.Named(blockedMark, markString)})}}
	}
	r.Native = w.residue()
	return r, nil
}

// residue is what has no word of a response's own members.
func (w *response) residue() llm.Native {
	native := json.ObjectOf(w.Rest)
	native.Add("createTime", w.Time)
	native.Add("promptFeedback", w.Feedback)
	return residue(native)
}

func (x *exchange) unreadable(what string, err error) *llm.Error {
	return &llm.Error{Kind: llm.Upstream, Provider: x.provider, Message: what, Err: err}
}

func seconds(v json.Value) int64 {
	t, err := time.Parse(time.RFC3339Nano, json.Unquote(v))
	if err != nil {
		return 0
	}
	return t.Unix()
}

func (x *exchange) choice(w *candidate) llm.Choice {
	c := llm.Choice{Index: w.Index}
	native := json.ObjectOf(w.Rest)
	called := false
	if w.Content != nil {
		for i := range w.Content.Parts {
			p := x.part(&w.Content.Parts[i])
			if p == nil {
				continue
			}
			_, call := p.(*llm.ToolCall)
			called = called || call
			c.Parts = append(c.Parts, p)
		}
		if len(c.Parts) == 0 || len(w.Content.Rest) > 0 {
			native.Add("content", orEmpty(w.Content.Rest))
		}
	}
	cite(c.Parts, citations(native))
	c.Finish, c.Logprobs = finishOf(w.Finish, called), logprobs(native)
	c.Native = residue(native)
	c.Native.Dialect = llm.Gemini
	return c
}

// part reads a part of an answer. Texts that say nothing are left out, calls
// get the client's names, and ids that no two calls share.
func (x *exchange) part(w *part) llm.Part {
	p := decodePart(w)
	switch p := p.(type) {
	case *llm.Text:
		if p.Text == "" && p.Native.Empty() {
			return nil
		}
	case *llm.ToolCall:
		x.restore(p)
	}
	return p
}

func (x *exchange) restore(c *llm.ToolCall) {
	if c.ID == "" {
		mint(c, "call_"+rand.Text())
	}
	c.Name = x.names.Client(c.Name)
	c.Arguments = compact(c.Arguments)
	if x.names.IsFree(c.Name) {
		c.Custom, c.Arguments = true, dialect.FreeText(c.Arguments)
	}
}

// compact takes the line breaks out of arguments, which the API indents like
// the rest of its answers. Numbers and texts stay as they are.
func compact(arguments string) string {
	if !bytes.ContainsAny([]byte(arguments), " \n\t\r") {
		return arguments
	}
	v := json.Value(arguments)
	if v = v.Clone(); v.Compact() != nil {
		return arguments
	}
	return string(v)
}

// EncodeResponse writes an answer for a client of this dialect.
func (Codec) EncodeResponse(r *llm.Response, o dialect.Options) ([]byte, error) {
	native := own(r.Native)
	w := response{
		Model: cmp.Or(r.Model, o.Model), ID: r.ID, Usage: encodeUsage(r.Usage),
		Time: native.Remove("createTime"), Feedback: native.Remove("promptFeedback"), Rest: native.Value(),
	}
	for i := range r.Choices {
		if c := &r.Choices[i]; !own(c.Native).Has(blockedMark) {
			w.Candidates = append(w.Candidates, encodeChoice(c))
		}
	}
	return json.Marshal(&w)
}

func encodeChoice(c *llm.Choice) candidate {
	native := own(c.Native)
	rest := native.Remove("content")
	w := candidate{Index: c.Index, Finish: finishWord(c.Finish, c.Native.Dialect == llm.Gemini)}
	var parts list[part]
	for _, p := range c.Parts {
		if x, err := encodePart(p); err == nil && x != nil {
			parts = append(parts, *x)
		}
	}
	if parts != nil || rest != nil {
		w.Content = &content{Role: "model", Parts: parts, Rest: rest}
	}
	native.Add("groundingMetadata", groundingOf(c.Parts))
	native.Add("logprobsResult", logprobsResult(c.Logprobs))
	w.Rest = native.Value()
	return w
}
