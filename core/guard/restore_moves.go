package guard

import (
	"strconv"
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// moves knows where the places of a text have gone in which values were put
// back. Nothing else of it has changed.
type moves struct {
	bytes, runes int // of the text with placeholders, as far as it was read
	list         []move
}

// A move is a placeholder that a value has taken the place of. Placeholders
// are ASCII.
type move struct {
	bytes, runes     int // where it stood
	was              int
	isBytes, isRunes int
}

func (m *moves) pass(text string) {
	m.bytes += len(text)
	m.runes += utf8.RuneCountInString(text)
}

func (m *moves) move(name, value string) {
	m.list = append(m.list, move{m.bytes, m.runes, len(name), len(value), utf8.RuneCountInString(value)})
	m.pass(name)
}

// to is where an offset has gone, in bytes or characters. One within a
// placeholder becomes the beginning or the end of the value.
func (m *moves) to(offset int, inBytes, end bool) int {
	shift := 0
	for _, p := range m.list {
		at, is := p.runes, p.isRunes
		if inBytes {
			at, is = p.bytes, p.isBytes
		}
		switch {
		case offset >= at+p.was:
			shift += is - p.was
		case offset > at && end:
			return at + shift + is
		case offset > at:
			return at + shift
		}
	}
	return offset + shift
}

// A range of an answer's text, as a dialect says it: two members of an object.
type extent struct {
	path       []string // to the object
	start, end string
	bytes      bool // they count bytes of UTF-8, not characters
}

// extents are those of citations, by their dialect.
//
//	https://platform.openai.com/docs/api-reference/chat/object
//	https://platform.openai.com/docs/api-reference/responses/object
//	https://docs.cohere.com/docs/rag-citations
var extents = map[llm.Dialect][]extent{
	llm.OpenAIChat:      {{path: []string{"url_citation"}, start: "start_index", end: "end_index"}},
	llm.OpenAIResponses: {{start: "start_index", end: "end_index"}},
	llm.Cohere:          {{start: "start", end: "end"}},
}

// supports are those of what Gemini tells of a candidate as a whole.
//
// https://ai.google.dev/api/generate-content
var supports = []extent{
	{path: []string{"groundingMetadata", "groundingSupports", "*", "segment"}, start: "startIndex", end: "endIndex", bytes: true},
	{path: []string{"citationMetadata", "citationSources", "*"}, start: "startIndex", end: "endIndex", bytes: true},
	{path: []string{"citationMetadata", "citations", "*"}, start: "startIndex", end: "endIndex", bytes: true},
}

// moved is a value whose extents are those of the text as it is now.
func (m *moves) moved(v json.Value, list []extent) json.Value {
	if len(m.list) == 0 || len(v) == 0 {
		return v
	}
	for _, x := range list {
		for _, name := range []string{x.start, x.end} {
			now, err := json.Rewrite(v, append(x.path[:len(x.path):len(x.path)], name), func(n json.Value) json.Value {
				offset, err := strconv.Atoi(string(n))
				if err != nil {
					return n
				}
				return json.Value(strconv.Itoa(m.to(offset, x.bytes, name == x.end)))
			})
			if err == nil {
				v = now
			}
		}
	}
	return v
}
