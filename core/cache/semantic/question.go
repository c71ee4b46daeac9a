package semantic

import (
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/cache"
	"sluice/core/llm"
)

// Limits of what is compared, as the reference documents them.
const (
	maxMessages = 4    // without instructions of the system
	maxTokens   = 8191 // of user text
)

// A Place is where vectors are compared with each other: nothing of another
// place is ever found.
type Place struct {
	Workspace string
	Model     string    // of the vectors, with their length where that is chosen
	Group     cache.Key // everything that has to be equal
}

// question is what is compared of a call, and where. It reports false for a
// call that is not: too long, or without a word of a user.
func (f *Finder) question(scope cache.Key, c *core.Call) (text string, p Place, ok bool) {
	r, err := c.Request()
	if err != nil {
		return "", p, false
	}
	rest, text := apart(r)
	if text == "" || len(rest.Turns) > maxMessages || llm.Estimate(int64(len(text)), 0).Input > maxTokens {
		return "", p, false
	}
	d := cache.NewDigest().Text("semantic", f.Model, scope.String(), c.Model).Request(rest)
	defer d.Free()
	return text, Place{c.Principal.Workspace, f.Model, d.Key()}, true
}

// apart takes a request apart: into what users say, and a request that has
// everything else but the instructions of the system.
func apart(r *llm.Request) (rest *llm.Request, text string) {
	own := *r
	if own.Native.Empty() {
		own.Native = llm.Native{} // whatever the dialect
	}
	own.Turns = make([]llm.Turn, 0, len(r.Turns))
	var said []string
	for _, t := range r.Turns {
		switch t.Role {
		case llm.System, llm.Developer:
			if t.Parts = withoutText(t.Parts); len(t.Parts) == 0 {
				continue
			}
		case llm.User:
			t.Parts, said = masked(t.Parts, said)
		}
		own.Turns = append(own.Turns, t)
	}
	return &own, strings.Join(said, "\n\n")
}

func withoutText(parts []llm.Part) []llm.Part {
	return slices.DeleteFunc(slices.Clone(parts), func(p llm.Part) bool { _, is := p.(*llm.Text); return is })
}

// masked empties the texts among parts, and adds them to said. What stands
// beside a text counts as before, and so does how many there are.
func masked(parts []llm.Part, said []string) ([]llm.Part, []string) {
	parts = slices.Clone(parts)
	for i, p := range parts {
		t, is := p.(*llm.Text)
		if !is {
			continue
		}
		if s := strings.TrimSpace(t.Text); s != "" {
			said = append(said, s)
		}
		own := *t
		own.Text = ""
		parts[i] = &own
	}
	return parts, said
}
