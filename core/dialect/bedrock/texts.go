package bedrock

import (
	"iter"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Surfaces of texts.
const (
	onSystem    = "system"
	onUser      = "user"
	onArguments = "tool_arguments"
	onResult    = "tool_result"
	onReasoning = "reasoning"
)

// Texts yields the texts of a request in their order. The turn of a system
// prompt is -1. Of the input and of the JSON result of a tool, every text in
// it is one.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		if !json.Valid(in.Body) {
			return
		}
		w := &walker{b: in.Body, turn: -1}
		w.value()
		for _, s := range w.spans {
			if !yield(s) {
				return
			}
		}
	}
}

// A walker goes through valid JSON and keeps the path to where it is; the
// elements of arrays are "*".
type walker struct {
	b     []byte
	pos   int
	path  []string
	turn  int
	role  string
	spans []dialect.Span
	first int // span of the message
}

func (w *walker) value() {
	w.space()
	switch w.b[w.pos] {
	case '{':
		w.object()
	case '[':
		w.array()
	case '"':
		start := w.pos
		w.pos = stringEnd(w.b, w.pos)
		w.found(start, w.pos)
	default:
		for w.pos < len(w.b) && !slices.Contains([]byte(",]} \t\r\n"), w.b[w.pos]) {
			w.pos++
		}
	}
}

func (w *walker) object() {
	w.pos++
	for {
		w.space()
		switch w.b[w.pos] {
		case '}':
			w.pos++
			return
		case ',':
			w.pos++
			continue
		}
		start := w.pos
		w.pos = stringEnd(w.b, start)
		name := json.Unquote(json.Value(w.b[start:w.pos]))
		w.space()
		w.pos++ // the colon
		w.step(name)
	}
}

func (w *walker) array() {
	w.pos++
	messages := slices.Equal(w.path, []string{"messages"})
	for {
		w.space()
		switch {
		case w.b[w.pos] == ']':
			w.pos++
			return
		case w.b[w.pos] == ',':
			w.pos++
		case messages:
			w.message()
		default:
			w.step("*")
		}
	}
}

func (w *walker) step(name string) {
	w.path = append(w.path, name)
	w.value()
	w.path = w.path[:len(w.path)-1]
}

// message gives the texts of a message its role, which may stand behind them.
func (w *walker) message() {
	w.turn++
	w.role, w.first = onUser, len(w.spans)
	w.step("*")
	for i := w.first; i < len(w.spans); i++ {
		if w.spans[i].Surface == "" {
			w.spans[i].Surface = w.role
		}
	}
}

func (w *walker) space() {
	for w.b[w.pos] == ' ' || w.b[w.pos] == '\t' || w.b[w.pos] == '\n' || w.b[w.pos] == '\r' {
		w.pos++
	}
}

// found keeps a string if it is one of the texts.
func (w *walker) found(start, end int) {
	p := w.path
	if under(p, "messages", "*", "role") {
		w.role = json.Unquote(json.Value(w.b[start:end]))
		return
	}
	surface, ok, turn := "", false, w.turn
	switch {
	case under(p, "system", "*"):
		surface, ok, turn = onSystem, isText(p[2:]), -1
	case under(p, "messages", "*", "content", "*"):
		surface, ok = contentSurface(p[4:])
	}
	if ok {
		w.spans = append(w.spans, dialect.Span{Start: start, End: end, Surface: surface, Turn: turn})
	}
}

// contentSurface classes the path to a string inside a block. An empty
// surface is that of the message's role.
func contentSurface(p []string) (string, bool) {
	switch {
	case under(p, "toolUse", "input"):
		return onArguments, true
	case under(p, "toolResult", "content", "*", "json"):
		return onResult, true
	case under(p, "toolResult", "content", "*"):
		return onResult, isText(p[3:])
	case slices.Equal(p, []string{"reasoningContent", "reasoningText", "text"}):
		return onReasoning, true
	}
	return "", isText(p)
}

// textPaths lead to texts inside a block.
var textPaths = [][]string{
	{"text"},
	{"guardContent", "text", "text"},
	{"document", "source", "text"},
	{"document", "source", "content", "*", "text"},
	{"document", "context"},
	{"searchResult", "content", "*", "text"},
	{"citationsContent", "content", "*", "text"},
}

func isText(p []string) bool {
	return slices.ContainsFunc(textPaths, func(t []string) bool { return slices.Equal(t, p) })
}

func under(p []string, prefix ...string) bool {
	return len(p) >= len(prefix) && slices.Equal(p[:len(prefix)], prefix)
}

// stringEnd is the index behind the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}
