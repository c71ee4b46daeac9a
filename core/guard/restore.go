package guard

import (
	"strings"

	"sluice/core/internal/json"
)

// Restore puts back what placeholders stand for. Only whole placeholders that
// this redactor has made are replaced, each once.
func (r *Redactor) Restore(text string) string {
	s := r.Stream(false)
	return s.Write(text) + s.Close()
}

// RestoreJSON is [Redactor.Restore] for the text of a JSON document, or for
// pieces of one: values are written as strings of JSON have them.
func (r *Redactor) RestoreJSON(text string) string {
	s := r.Stream(true)
	return s.Write(text) + s.Close()
}

// A Restorer puts values back in a text that comes in pieces. It holds back
// the beginning of what may become a placeholder, never more.
type Restorer struct {
	of   *Redactor
	json bool // the text is that of a JSON document
	held string
	open bool // the JSON text ended within an escape
	*moves
}

// Stream restores a text, or the text of a JSON document, that comes in
// pieces.
func (r *Redactor) Stream(json bool) *Restorer { return &Restorer{of: r, json: json, moves: &moves{}} }

// Write takes the next piece and returns what can go on.
func (s *Restorer) Write(piece string) string {
	if s.json && s.of.begins("<") {
		piece = s.angles(piece)
	}
	text := s.held + piece
	s.held = ""
	var b strings.Builder
	last := 0
	pass := func(end int) {
		b.WriteString(text[last:end])
		s.pass(text[last:end])
		last = end
	}
	for i := s.next(text, 0); i >= 0; i = s.next(text, i) {
		name := bracketed(text, i, maxPlaceholder)
		if value, ok := s.of.value(name); ok {
			pass(i)
			value = s.written(value)
			b.WriteString(value)
			s.move(name, value)
			i += len(name)
			last = i
		} else if len(text)-i < maxPlaceholder && s.of.begins(text[i:]) {
			pass(i)
			s.held = text[i:]
			return b.String()
		} else {
			i++
		}
	}
	pass(len(text))
	return b.String()
}

// angles writes the angle brackets of a JSON text as themselves, which some
// providers escape, Google among them.
func (s *Restorer) angles(piece string) string {
	var b strings.Builder
	for i := 0; i < len(piece); i++ {
		c := piece[i]
		if s.open = c == '\\' && !s.open; s.open && i+6 <= len(piece) {
			switch strings.ToLower(piece[i : i+6]) {
			case `\u003c`:
				c, s.open = '<', false
			case `\u003e`:
				c, s.open = '>', false
			}
			if c != '\\' {
				i += 5
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// next finds the next bracket that may open a placeholder, -1 if there is none.
func (s *Restorer) next(text string, from int) int {
	if from >= len(text) || s.of.Empty() {
		return -1
	}
	if i := strings.IndexAny(text[from:], openers); i >= 0 {
		return from + i
	}
	return -1
}

// Close returns what is held back when the text has ended.
func (s *Restorer) Close() string {
	held := s.held
	s.held = ""
	s.pass(held)
	return held
}

func (s *Restorer) written(value string) string {
	if !s.json {
		return value
	}
	quoted := json.Quote(value)
	return string(quoted[1 : len(quoted)-1])
}

// begins reports whether a placeholder begins with a text and goes on.
func (r *Redactor) begins(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.values {
		if len(name) > len(text) && strings.HasPrefix(name, text) {
			return true
		}
	}
	return false
}
