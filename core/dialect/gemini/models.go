package gemini

import (
	"strconv"
	"strings"
)

// A model is what the name of a model tells of what it takes. The zero value
// is one of which nothing is known, such as a tuned one behind an endpoint.
type model struct {
	name    string
	version int // 10 × that of Gemini; 0 if unknown
}

// modelOf reads the first name that is not empty. Names come with paths
// (models/gemini-2.5-pro) and with publishers (google.gemini-2.5-pro).
func modelOf(names ...string) model {
	for _, name := range names {
		if name == "" {
			continue
		}
		name = strings.ToLower(name)
		if i := strings.Index(name, "gemini-"); i >= 0 {
			name = name[i:]
		}
		return model{name: name, version: version(strings.TrimPrefix(name, "gemini-"))}
	}
	return model{}
}

// version reads 25 from 2.5-pro, and 30 from 3-flash.
func version(s string) int {
	s, _, _ = strings.Cut(s, "-")
	major, minor, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(major)
	if err != nil || n < 1 || n > 99 {
		return 0
	}
	m, err := strconv.Atoi(minor)
	if err != nil || m < 0 || m > 9 {
		m = 0
	}
	return 10*n + m
}

// jsonSchema reports whether JSON Schema is taken, in parametersJsonSchema
// and responseJsonSchema.
//
// https://ai.google.dev/gemini-api/docs/structured-output
func (m model) jsonSchema() bool { return m.version >= 25 }

// signs reports whether calls in a history must be signed.
func (m model) signs() bool { return m.version >= 30 }

// ids reports whether calls have ids.
func (m model) ids() bool { return m.version >= 30 }

// mediaResults reports whether pictures may stand inside tool results.
func (m model) mediaResults() bool { return m.version >= 30 }

// A knob is how a model is told how much to think: with a level if it has
// any, else with a budget if it can think at all.
type knob struct {
	levels   []string // from the least
	min, max int64    // tokens
	off      bool     // thinking can be switched off, with a budget of 0
}

func (k *knob) thinks() bool { return k.levels != nil || k.max > 0 }

// knob is the table of what models take. Of unknown models it is taken that
// they have budgets, which also those with levels understand.
//
// https://ai.google.dev/gemini-api/docs/thinking
func (m model) knob() knob {
	has := func(s string) bool { return strings.Contains(m.name, s) }
	switch {
	case has("image"), has("-tts"), has("-live"):
		return knob{}
	case m.version == 0:
		return knob{min: 0, max: 32768, off: true}
	case m.version > 30 && has("pro"):
		return knob{levels: []string{"low", "medium", "high"}}
	case m.version >= 30 && has("pro"):
		return knob{levels: []string{"low", "high"}}
	case m.version >= 30:
		return knob{levels: []string{"minimal", "low", "medium", "high"}}
	case m.version == 25 && has("lite"):
		return knob{min: 512, max: 24576, off: true}
	case m.version == 25 && has("pro"):
		return knob{min: 128, max: 32768}
	case m.version == 25:
		return knob{min: 1, max: 24576, off: true}
	}
	return knob{}
}
