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
}

// Stream restores a text, or the text of a JSON document, that comes in
// pieces.
func (r *Redactor) Stream(json bool) *Restorer { return &Restorer{of: r, json: json} }

// Write takes the next piece and returns what can go on.
func (s *Restorer) Write(piece string) string {
	text := s.held + piece
	s.held = ""
	if s.of.Empty() {
		return text
	}
	var b strings.Builder
	last := 0
	for i := strings.IndexAny(text, openers); i >= 0 && i < len(text); i++ {
		if strings.IndexByte(openers, text[i]) < 0 {
			continue
		}
		if value, ok := s.of.value(bracketed(text, i, maxPlaceholder)); ok {
			b.WriteString(text[last:i])
			b.WriteString(s.written(value))
			i += len(bracketed(text, i, maxPlaceholder)) - 1
			last = i + 1
		} else if len(text)-i < maxPlaceholder && s.of.begins(text[i:]) {
			b.WriteString(text[last:i])
			s.held = text[i:]
			return b.String()
		}
	}
	b.WriteString(text[last:])
	return b.String()
}

// Close returns what is held back when the text has ended.
func (s *Restorer) Close() string {
	held := s.held
	s.held = ""
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
