package dialect

import (
	"sluice/core/llm"
)

// A Sequence puts the parts of a stream in a row, for dialects that have one
// block open at a time: chat streams interleave the fragments of parallel
// tool calls. A call streams while it is the open one; when the next begins,
// the open one is closed if its arguments are complete JSON, else the next
// waits until they are. It also numbers parts from 0 without gaps.
//
// Only the first choice goes through: dialects with blocks have one answer.
// The zero value is ready to use.
type Sequence struct {
	open    *seqPart
	waiting []*seqPart
	next    int
}

type seqPart struct {
	in      int // the part's number in the stream
	out     int
	kind    llm.PartKind
	json    jsonDepth
	custom  bool
	stopped bool
	held    []llm.Event
}

// Push appends to dst the events that may go out now.
func (s *Sequence) Push(dst []llm.Event, e llm.Event) []llm.Event {
	switch e.Kind {
	case llm.EventStart, llm.EventUsage, llm.EventNative:
		return append(dst, e)
	case llm.EventFinish, llm.EventDone:
		return append(s.drain(dst), e)
	case llm.EventPartStart:
		return s.start(dst, e)
	}
	p := s.find(e.Part)
	if p == nil {
		return dst
	}
	return s.advance(s.feed(dst, p, e))
}

func (s *Sequence) find(in int) *seqPart {
	if s.open != nil && s.open.in == in {
		return s.open
	}
	for _, p := range s.waiting {
		if p.in == in {
			return p
		}
	}
	return nil
}

func (s *Sequence) start(dst []llm.Event, e llm.Event) []llm.Event {
	p := &seqPart{in: e.Part, kind: e.PartKind, custom: e.Custom}
	p.held = append(p.held, e)
	s.waiting = append(s.waiting, p)
	return s.advance(dst)
}

// feed hands an event to its part: out at once if the part is open, else held.
func (s *Sequence) feed(dst []llm.Event, p *seqPart, e llm.Event) []llm.Event {
	switch e.Kind {
	case llm.EventArguments:
		p.json.scan(e.Text)
	case llm.EventPartStop:
		p.stopped = true
		return dst
	}
	if p != s.open {
		p.held = append(p.held, e)
		return dst
	}
	e.Part = p.out
	return append(dst, e)
}

// advance closes the open part when another waits and it is whole.
func (s *Sequence) advance(dst []llm.Event) []llm.Event {
	for {
		if s.open != nil && (s.open.stopped || len(s.waiting) > 0 && s.open.whole()) {
			dst = s.close(dst)
		}
		if s.open != nil || len(s.waiting) == 0 {
			return dst
		}
		dst = s.openNext(dst)
	}
}

func (p *seqPart) whole() bool {
	return p.kind != llm.ToolCallPart || !p.custom && p.json.complete()
}

func (s *Sequence) close(dst []llm.Event) []llm.Event {
	dst = append(dst, llm.Event{Kind: llm.EventPartStop, Part: s.open.out})
	s.open = nil
	return dst
}

func (s *Sequence) openNext(dst []llm.Event) []llm.Event {
	s.open, s.waiting = s.waiting[0], s.waiting[1:]
	s.open.out = s.next
	s.next++
	for _, e := range s.open.held {
		e.Part = s.open.out
		dst = append(dst, e)
	}
	s.open.held = nil
	return dst
}

// drain closes everything: the stream has said that it is finished.
func (s *Sequence) drain(dst []llm.Event) []llm.Event {
	for s.open != nil || len(s.waiting) > 0 {
		if s.open != nil {
			dst = s.close(dst)
		}
		if len(s.waiting) > 0 {
			dst = s.openNext(dst)
		}
	}
	return dst
}

// jsonDepth tells when a JSON object that comes in pieces is complete.
type jsonDepth struct {
	depth            int
	inString, escape bool
	begun            bool
}

func (j *jsonDepth) scan(s string) {
	for i := range len(s) {
		c := s[i]
		switch {
		case j.escape:
			j.escape = false
		case j.inString:
			j.escape = c == '\\'
			j.inString = c != '"'
		case c == '"':
			j.inString = true
		case c == '{' || c == '[':
			j.depth++
			j.begun = true
		case c == '}' || c == ']':
			j.depth--
		}
	}
}

func (j *jsonDepth) complete() bool { return j.begun && j.depth <= 0 && !j.inString }
