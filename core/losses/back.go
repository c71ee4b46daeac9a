package losses

import (
	"net/http"
	"reflect"
	"slices"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Thought is reasoning that a provider wants back as it gave it.
type Thought struct {
	Name string
	Part func(origin llm.Dialect) *llm.Reasoning
}

// Thoughts are the rows of the third table.
var Thoughts = []Thought{
	{"signed reasoning, sent back", func(d llm.Dialect) *llm.Reasoning {
		return &llm.Reasoning{Text: "Let me see", Signature: "c2lnbmF0dXJl", Origin: d}
	}},
	{"encrypted reasoning, sent back", func(d llm.Dialect) *llm.Reasoning {
		if d == llm.Gemini { // has signatures only
			return &llm.Reasoning{Text: "Let me see", Origin: d}
		}
		return &llm.Reasoning{Redacted: "ZW5jcnlwdGVk", Origin: d}
	}},
}

// Back finds out whether reasoning of the upstream, told to a client that
// sends it with its next question, comes home as it was.
func Back(client, upstream *Side, t Thought) Outcome {
	given := t.Part(upstream.In.Dialect())
	told, err := upstream.whole(answer(given, &llm.Text{Text: "Hello"}))
	if err != nil || thought(told.Choices[0].Parts) == nil {
		return Outcome{Kind: Unspoken}
	}
	given = thought(told.Choices[0].Parts)
	if same(client, upstream) {
		return Outcome{Kind: Carried}
	}
	read, err := client.askAgain(told)
	if err != nil {
		return Outcome{Refused, err.Error()}
	}
	got, err := upstream.hear(read, client.In.Dialect())
	if err != nil {
		return Outcome{Refused, err.Error()}
	}
	home := thought(history(got.Request))
	if home != nil && home.Signature == given.Signature && home.Redacted == given.Redacted && reflect.DeepEqual(home.Text, given.Text) {
		return Outcome{Kind: Carried}
	}
	return Outcome{Kind: LeftOut}
}

// askAgain is what a client asks that puts an answer, as it came, before its
// next question.
func (s *Side) askAgain(r *llm.Response) (*llm.Request, error) {
	o := s.options()
	o.Strict = false // chat has a place for signatures only then
	given, err := s.In.EncodeResponse(r, o)
	if err != nil {
		return nil, err
	}
	next := plain(s.Model)
	next.Reasoning = llm.Thinking{Mode: llm.ThinkingOn, Budget: number(4096)}
	x, err := s.Out.Prepare(next, s.target())
	if err != nil {
		return nil, err
	}
	turns, err := json.Elements(json.Lookup(x.Body(), s.Turns))
	if err != nil {
		return nil, err
	}
	all := slices.Concat(turns, s.turnsOf(given), turns)
	var list json.Writer
	list.Open("", '[')
	for _, v := range all {
		list.Element(v)
	}
	list.Close(']')
	body, err := json.Splice(x.Body(), json.Edit{Name: s.Turns, Value: list.B})
	if err != nil {
		return nil, err
	}
	return s.In.DecodeRequest(core.Incoming{Method: http.MethodPost, Header: http.Header{}, Body: body, Model: s.Model})
}

// turnsOf takes what the assistant said out of an answer.
func (s *Side) turnsOf(answer []byte) []json.Value {
	v := json.Value(answer)
	for _, step := range s.Answer {
		if step != "0" {
			v = json.Lookup(v, step)
		} else if all, err := json.Elements(v); err == nil && len(all) > 0 {
			v = all[0]
		}
	}
	if all, err := json.Elements(v); err == nil {
		return all
	}
	if s.Answer == nil { // the answer itself has the turn's members, and more
		v = json.Value(`{"role":"assistant","content":` + string(json.Lookup(v, "content")) + `}`)
	}
	return []json.Value{v}
}

func thought(parts []llm.Part) *llm.Reasoning {
	for _, p := range parts {
		if r, ok := p.(*llm.Reasoning); ok && r.Signature+r.Redacted != "" {
			return r
		}
	}
	return nil
}

func history(r *llm.Request) []llm.Part {
	var all []llm.Part
	for _, t := range r.Turns {
		if t.Role == llm.Assistant {
			all = append(all, t.Parts...)
		}
	}
	return all
}
