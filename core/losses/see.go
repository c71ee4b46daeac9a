package losses

import (
	"encoding/json"
	"fmt"
	"strings"

	"sluice/core/llm"
)

// Ways to put something into a conversation.

// say adds a part to the last turn of the user.
func say(role llm.Role, parts ...llm.Part) func(*llm.Request) {
	return func(r *llm.Request) {
		last := &r.Turns[len(r.Turns)-1]
		last.Role, last.Parts = role, append(last.Parts, parts...)
	}
}

// before puts a turn before the conversation: what the assistant says has to
// follow a question.
func before(role llm.Role, parts ...llm.Part) func(*llm.Request) {
	return func(r *llm.Request) {
		turns := []llm.Turn{{Role: role, Parts: parts}}
		if role == llm.Assistant {
			turns = append([]llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "What did you do?"}}}}, turns...)
		}
		r.Turns = append(turns, r.Turns...)
	}
}

// amid puts a turn into the middle of the conversation, with an answer to it
// where the user speaks.
func amid(role llm.Role, parts ...llm.Part) func(*llm.Request) {
	return func(r *llm.Request) {
		turns := []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "First"}}}, {Role: role, Parts: parts}}
		switch role {
		case llm.User:
			turns = append(turns[1:], llm.Turn{Role: llm.Assistant, Parts: []llm.Part{&llm.Text{Text: "Yes"}}})
		case llm.System:
			turns = append(turns[:1], llm.Turn{Role: llm.Assistant, Parts: []llm.Part{&llm.Text{Text: "Yes"}}}, turns[1])
		}
		r.Turns = append(turns, r.Turns...)
	}
}

// Ways to see what a request says.

func first(r *llm.Request) llm.Turn {
	for _, t := range r.Turns {
		if t.Role == llm.User {
			return t
		}
	}
	return llm.Turn{}
}

// each calls f with every part, also with those inside tool results.
func each(r *llm.Request, f func(llm.Role, llm.Part)) {
	for _, t := range r.Turns {
		for _, p := range t.Parts {
			f(t.Role, p)
		}
	}
}

// texts joins what one role says.
func texts(role llm.Role) func(*llm.Request) any {
	return func(r *llm.Request) any {
		var b strings.Builder
		each(r, func(at llm.Role, p llm.Part) {
			if t, ok := p.(*llm.Text); ok && at == role {
				b.WriteString(t.Text + "\n")
			}
		})
		return b.String()
	}
}

// instructions joins what system and developer say: some dialects have one
// place for both, before the conversation.
func instructions(r *llm.Request) any {
	return texts(llm.System)(r).(string) + texts(llm.Developer)(r).(string)
}

// plainText is every text, and every document that is text.
func plainText(r *llm.Request) string {
	var b strings.Builder
	each(r, func(_ llm.Role, p llm.Part) {
		switch p := p.(type) {
		case *llm.Text:
			b.WriteString(strings.TrimPrefix(p.Text, "note\n\n"))
		case *llm.Media:
			b.WriteString(p.Text)
		}
	})
	return b.String()
}

func refusals(r *llm.Request) any {
	var all []string
	each(r, func(at llm.Role, p llm.Part) {
		switch p := p.(type) {
		case *llm.Refusal:
			all = append(all, p.Text)
		case *llm.Text:
			if at == llm.Assistant { // where there is no word, the model's own words are a text
				all = append(all, p.Text)
			}
		}
	})
	return all
}

func cited(r *llm.Request) any {
	var all []string
	each(r, func(_ llm.Role, p llm.Part) {
		if t, ok := p.(*llm.Text); ok {
			for _, c := range t.Citations {
				all = append(all, c.URL)
			}
		}
	})
	return all
}

func marks(r *llm.Request) any {
	var all []string
	note := func(where string, m *llm.CacheMark) {
		if m != nil {
			all = append(all, where+m.TTL)
		}
	}
	each(r, func(at llm.Role, p llm.Part) {
		switch p := p.(type) {
		case *llm.Text:
			note(string(at), p.Cache)
		}
	})
	for _, t := range r.Tools {
		note(t.Name, t.Cache)
	}
	return all
}

// canonical writes JSON with its members in one order. That an object is
// closed is left out: Gemini's schemas have no word for it, and its models
// take an object for closed anyway.
func canonical(v []byte) string {
	var x any
	if len(v) == 0 || json.Unmarshal(v, &x) != nil {
		return string(v)
	}
	if m, ok := x.(map[string]any); ok {
		delete(m, "additionalProperties")
	}
	b, err := json.Marshal(x)
	if err != nil {
		return fmt.Sprint(x)
	}
	return string(b)
}
