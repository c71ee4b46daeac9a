package rescue

import "sluice/core/llm"

// A joint makes the events of a continuation follow those of the answer that
// it continues.
type joint struct {
	said   *said
	repeat *repetition
	paid   *llm.Usage // before
	abroad bool       // it is in another dialect than the beginning
	shift  int        // what its numbers of parts are behind
	begun  bool
	text   int // the part in which the repetition is looked for
}

func newJoint(s *said, r *repetition, paid *llm.Usage) *joint {
	return &joint{said: s, repeat: r, paid: paid}
}

// join appends what the client is told of the next event of the continuation.
func (j *joint) join(dst []llm.Event, e llm.Event) []llm.Event {
	switch e.Kind {
	case llm.EventStart: // there was one
		return dst
	case llm.EventUsage:
		e.Usage = j.paid.Plus(e.Usage)
		return append(dst, e)
	case llm.EventNative: // stands beside the text
	case llm.EventText:
		if e.Text = j.repeat.take(e.Text); e.Text == "" {
			return dst
		}
		j.text = e.Part
	case llm.EventPartStart:
		if !j.begun {
			return j.start(dst, e)
		}
		dst = j.release(dst)
	case llm.EventFinish, llm.EventDone:
		if j.abroad {
			e.Finish.Raw = "" // would be taken for a word of the first dialect
		}
		dst = j.end(j.release(dst))
	default:
		dst = j.release(dst)
	}
	e.Part += j.shift
	return append(dst, e)
}

// start begins the first part: text goes on in the part that is open,
// everything else closes it.
func (j *joint) start(dst []llm.Event, e llm.Event) []llm.Event {
	j.begun, j.text = true, e.Part
	if open := j.said.open; e.PartKind == llm.TextPart && open >= 0 {
		j.shift = open - e.Part
		return dst
	}
	dst = j.close(dst)
	j.shift = j.said.parts - e.Part
	e.Part += j.shift
	return append(dst, e)
}

// end closes what is open when nothing more came.
func (j *joint) end(dst []llm.Event) []llm.Event {
	if j.begun {
		return dst
	}
	j.begun = true
	return j.close(dst)
}

func (j *joint) close(dst []llm.Event) []llm.Event {
	if j.said.open < 0 {
		return dst
	}
	return append(dst, llm.Event{Kind: llm.EventPartStop, Part: j.said.open})
}

// release appends text that was held back and is no repetition.
func (j *joint) release(dst []llm.Event) []llm.Event {
	text := j.repeat.rest()
	if text == "" {
		return dst
	}
	return append(dst, llm.Event{Kind: llm.EventText, Part: j.text + j.shift, Text: text})
}
