package api

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/usage"
)

// maxExplain is how long an explanation may be, in bytes: what every proxy
// lets through.
const maxExplain = 1024

// Bounds of what is written at all; more would never fit into [maxExplain].
const (
	maxListed = 16  // attempts, and as many notes
	maxDrops  = 64  // names of members
	maxWord   = 48  // bytes of a path, a name or a model
	maxNote   = 160 // bytes of a note
)

// An explanation says how a request got its answer. No text of a provider is in
// it: failures are told by kind and status.
type explanation struct {
	attempts []usage.Attempt
	more     int // attempts that are counted in the middle of the list
	brief    bool
	notes    []usage.Note
	dropped  []string
	// Left out at the ends of the lists.
	moreNotes, moreDropped int

	cost  *usage.Cost // of the answer; nil: not known yet
	spent *usage.Cost // with the attempts beside it; nil: none
}

// fit writes the explanation as JSON in ASCII, in at most limit bytes: names of
// members go first, then notes, then what is not needed of the attempts, then
// those in the middle. The first and the last attempt always stay.
func (e explanation) fit(limit int) string {
	e.bound()
	for {
		b := e.write()
		if len(b) <= limit || !e.shorten() {
			return string(b)
		}
	}
}

// bound cuts the lists to what could fit, so that they are cheap to write.
func (e *explanation) bound() {
	if n := len(e.attempts) - maxListed; n > 0 {
		e.attempts = append(e.attempts[:maxListed/2:maxListed/2], e.attempts[len(e.attempts)-maxListed/2:]...)
		e.more = n
	}
	if n := len(e.notes) - maxListed; n > 0 {
		e.notes, e.moreNotes = e.notes[:maxListed], n
	}
	if n := len(e.dropped) - maxDrops; n > 0 {
		e.dropped, e.moreDropped = e.dropped[:maxDrops], n
	}
}

// shorten leaves the next thing out, if there is one.
func (e *explanation) shorten() bool {
	switch n := len(e.attempts); {
	case len(e.dropped) > 0:
		e.dropped = e.dropped[:len(e.dropped)-1]
		e.moreDropped++
	case len(e.notes) > 0:
		e.notes = e.notes[:len(e.notes)-1]
		e.moreNotes++
	case !e.brief:
		e.brief = true
	case n > 2:
		e.attempts = append(e.attempts[:n/2:n/2], e.attempts[n/2+1:]...)
		e.more++
	default:
		return false
	}
	return true
}

func (e *explanation) write() []byte {
	w := json.NewWriter("{")
	w.Open("attempts", '[')
	for i := range e.attempts {
		if e.more > 0 && i == (len(e.attempts)+1)/2 {
			writeCount(&w, "more", e.more)
		}
		e.writeAttempt(&w, &e.attempts[i])
	}
	w.Close(']')
	e.writeNotes(&w)
	e.writeDropped(&w)
	if e.cost != nil {
		w.Str("cost", ascii(e.cost.String(), maxWord))
	}
	if e.spent != nil {
		w.Str("spent", ascii(e.spent.String(), maxWord))
	}
	w.Close('}')
	return w.B
}

// writeCount writes an object that stands for what is not listed.
func writeCount(w *json.Writer, name string, n int) {
	w.Open("", '{')
	w.Int(name, int64(n))
	w.Close('}')
}

func (e *explanation) writeAttempt(w *json.Writer, a *usage.Attempt) {
	w.Open("", '{')
	w.Str("option", ascii(a.Option, maxWord))
	w.Str("provider", ascii(a.Provider, maxWord))
	if !e.brief && a.Model != "" {
		w.Str("model", ascii(plainModel(a.Model), maxWord))
	}
	if a.Status != 0 {
		w.Int("status", int64(a.Status))
	}
	w.StrIf("error", a.Kind)
	w.Int("ms", int64(a.Took)/1000)
	if a.Waited > 0 {
		w.Int("wait_ms", int64(a.Waited)/1000)
	}
	if a.Lost {
		w.Bool("lost", true)
	}
	if !e.brief && a.Cost != nil {
		w.Str("cost", ascii(a.Cost.String(), maxWord))
	}
	w.Close('}')
}

// plainModel is a model without the account that stands in an ARN: that is the
// operator's business.
func plainModel(model string) string {
	if !strings.HasPrefix(model, "arn:") {
		return model
	}
	return model[strings.LastIndexAny(model, ":/")+1:]
}

func (e *explanation) writeNotes(w *json.Writer) {
	if len(e.notes)+e.moreNotes == 0 {
		return
	}
	w.Open("notes", '[')
	for _, n := range e.notes {
		w.Open("", '{')
		w.Str("option", ascii(n.Option, maxWord))
		w.Str("text", ascii(n.Text, maxNote))
		w.Close('}')
	}
	if e.moreNotes > 0 {
		writeCount(w, "more", e.moreNotes)
	}
	w.Close(']')
}

func (e *explanation) writeDropped(w *json.Writer) {
	if len(e.dropped)+e.moreDropped == 0 {
		return
	}
	w.Open("dropped", '[')
	for _, name := range e.dropped {
		w.Element(json.Quote(ascii(name, maxWord)))
	}
	if e.moreDropped > 0 {
		writeCount(w, "more", e.moreDropped)
	}
	w.Close(']')
}

// ascii makes a word fit for a header, and cuts what is longer than max bytes.
func ascii(s string, max int) string {
	if s = printable(s); len(s) > max {
		s = s[:max-3] + "..."
	}
	return s
}

// printable replaces what a header cannot carry.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
