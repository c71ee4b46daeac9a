package guard

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A queue is text with events between its characters.
type queue struct {
	text  string
	marks []mark
}

// A mark is an event behind so many bytes of text.
type mark struct {
	at    int
	event llm.Event
}

// An item is a piece of text or, if that is empty, an event.
type item struct {
	text    string
	changed bool // it stands in place of another
	event   llm.Event
}

func (q *queue) add(i item) {
	if i.text == "" {
		q.marks = append(q.marks, mark{len(q.text), i.event})
	}
	q.text += i.text
}

// cut takes the first n bytes away, with what is between them, and makes
// changes to them. An event inside a change stands behind it.
func (q *queue) cut(dst []item, n int, changes []Change) []item {
	at, marks := 0, q.marks
	copyTo := func(end int) {
		for len(marks) > 0 && marks[0].at <= end {
			if m := marks[0]; m.at > at {
				dst = append(dst, item{text: q.text[at:m.at]})
				at = m.at
			}
			dst = append(dst, item{event: marks[0].event})
			marks = marks[1:]
		}
		if end > at {
			dst = append(dst, item{text: q.text[at:end]})
		}
	}
	for _, c := range changes {
		copyTo(c.Start)
		if c.Text != "" {
			dst = append(dst, item{text: c.Text, changed: true})
		}
		at = c.End
	}
	copyTo(n)
	for i := range marks {
		marks[i].at -= n
	}
	q.text, q.marks = q.text[n:], marks
	return dst
}

// A stage is a check that replaces, at work on one text.
type stage struct {
	check  Changer
	window int
	back   string // that was there before the queue: a window of it
	queue
}

// push takes what comes next and returns what the check has done with.
// Whatever begins before the last window−1 characters is all there.
func (s *stage) push(items []item, end bool) []item {
	for _, i := range items {
		s.add(i)
	}
	cut := len(s.text)
	if !end {
		cut -= lastCharacters(s.text, s.window-1)
	}
	if cut == 0 && !end {
		return s.cut(nil, 0, nil)
	}
	changes := s.check.Changes(s.back+s.text, len(s.back))
	done := 0
	for ; done < len(changes); done++ {
		c := &changes[done]
		if c.Start, c.End = c.Start-len(s.back), c.End-len(s.back); c.Start >= cut {
			break
		}
		cut = max(cut, c.End)
	}
	seen := s.back + s.text[:cut]
	s.back = seen[len(seen)-lastCharacters(seen, s.window):]
	return s.cut(nil, cut, changes[:done])
}

// hold keeps the arguments of a tool call to their end, and changes the
// strings in them. What is no JSON, or too long to wait for, is changed like
// any text.
func (s *stage) hold(items []item, end bool) []item {
	if len(s.back) > 0 || len(s.text) > maxNoted {
		return s.push(items, end)
	}
	for _, i := range items {
		s.add(i)
	}
	if !end {
		return nil
	}
	if c, ok := s.check.(documentChanger); ok && isDocument(s.text) {
		return s.cut(nil, len(s.text), c.DocumentChanges(s.text))
	}
	changes, ok := inStrings(json.Value(s.text), s.check)
	if !ok {
		return s.push(nil, true)
	}
	return s.cut(nil, len(s.text), changes)
}

// A documentChanger knows more of a JSON text than its strings by themselves.
type documentChanger interface {
	DocumentChanges(text string) []Change
}

// inStrings are the changes to the strings of a value. It reports false for
// what is no JSON.
func inStrings(v json.Value, check Changer) (changes []Change, ok bool) {
	if !json.Valid(v) {
		return nil, false
	}
	w := dialect.NewWalker(v, func(s dialect.Span) bool {
		text := json.Unquote(v[s.Start:s.End])
		if now := changedText(text, check); now != text {
			changes = append(changes, Change{s.Start, s.End, string(json.Quote(now))})
		}
		return true
	})
	err := w.Strings("")
	if err == nil {
		err = w.Flush("")
	}
	return changes, err == nil
}

// changedText is a text as a check leaves it.
func changedText(text string, check Changer) string { return changed(text, check.Changes(text, 0)) }

// changed is a text after changes, which are in order.
func changed(text string, changes []Change) string {
	if len(changes) == 0 {
		return text
	}
	var out strings.Builder
	at := 0
	for _, c := range changes {
		out.WriteString(text[at:c.Start])
		out.WriteString(c.Text)
		at = c.End
	}
	out.WriteString(text[at:])
	return out.String()
}
