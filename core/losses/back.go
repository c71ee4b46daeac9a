package losses

import (
	"reflect"

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
	shown, err := client.whole(told)
	if err != nil {
		return Outcome{Refused, err.Error()}
	}
	next := plain(client.Model)
	next.Reasoning = llm.Thinking{Mode: llm.ThinkingOn, Budget: number(4096)}
	amid(llm.Assistant, shown.Choices[0].Parts...)(next)
	spoken, err := client.speak(next)
	if err != nil {
		return Outcome{Kind: LeftOut}
	}
	got, err := upstream.hear(spoken.Request)
	if err != nil {
		return Outcome{Refused, err.Error()}
	}
	home := thought(history(got.Request))
	if home != nil && home.Signature == given.Signature && home.Redacted == given.Redacted && reflect.DeepEqual(home.Text, given.Text) {
		return Outcome{Kind: Carried}
	}
	return Outcome{Kind: LeftOut}
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
