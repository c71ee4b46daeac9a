package openairesponses

import (
	"strings"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// The API has no stop sequences. Clients of other dialects rely on them, so
// the answer is cut here: the first one ends it, and what follows (which the
// provider writes and bills all the same) is not told.

// stopper looks for stop sequences in texts that come in pieces.
type stopper struct {
	stops []string
	held  string // the end of the open text, which may begin a stop sequence
	part  int    // number of the open text
	hit   string
}

// find returns where the first stop sequence begins in s, and which it is.
func (c *stopper) find(s string) (int, string) {
	at, hit := -1, ""
	for _, stop := range c.stops {
		if i := strings.Index(s, stop); i >= 0 && (at < 0 || i < at) {
			at, hit = i, stop
		}
	}
	return at, hit
}

// tail is how much of the end of s may belong to a stop sequence.
func (c *stopper) tail(s string) int {
	longest := 0
	for _, stop := range c.stops {
		for n := min(len(stop)-1, len(s)); n > longest; n-- {
			if strings.HasSuffix(s, stop[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// event appends what is left of an event.
func (c *stopper) event(dst []llm.Event, e llm.Event) []llm.Event {
	switch {
	case e.Kind == llm.EventStart, e.Kind == llm.EventUsage, e.Kind == llm.EventDone:
		return append(dst, e)
	case e.Kind == llm.EventFinish:
		if c.hit != "" {
			e.Finish, e.Text = llm.Finish{Reason: llm.FinishStopSequence}, c.hit
		}
		return append(dst, e)
	case c.hit != "":
		return dst
	case e.Kind == llm.EventText:
		return c.text(dst, e)
	}
	return append(c.release(dst), e)
}

func (c *stopper) text(dst []llm.Event, e llm.Event) []llm.Event {
	if e.Part != c.part {
		dst = c.release(dst)
	}
	s := c.held + e.Text
	c.part, c.held = e.Part, ""
	if at, hit := c.find(s); at >= 0 {
		c.held, c.hit = s[:at], hit
		return append(c.release(dst), llm.Event{Kind: llm.EventPartStop, Part: e.Part})
	}
	keep := len(s) - c.tail(s)
	c.held = s[:keep]
	dst = c.release(dst)
	c.held = s[keep:]
	return dst
}

// release tells what was held back.
func (c *stopper) release(dst []llm.Event) []llm.Event {
	if c.held == "" {
		return dst
	}
	dst = append(dst, llm.Event{Kind: llm.EventText, Part: c.part, Text: c.held})
	c.held = ""
	return dst
}

// stopDecoder cuts a stream.
type stopDecoder struct {
	in  core.StreamDecoder
	cut stopper
	buf []llm.Event
}

func (d *stopDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	var err error
	d.buf, err = d.in.Decode(d.buf[:0], f)
	return d.pass(dst), err
}

func (d *stopDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	var err error
	d.buf, err = d.in.Flush(d.buf[:0])
	return d.pass(dst), err
}

func (d *stopDecoder) pass(dst []llm.Event) []llm.Event {
	for _, e := range d.buf {
		dst = d.cut.event(dst, e)
	}
	return dst
}

// cutResponse cuts a whole answer.
func cutResponse(r *llm.Response, stops []string) {
	c := stopper{stops: stops}
	for i := range r.Choices {
		ch := &r.Choices[i]
		for n, p := range ch.Parts {
			t, ok := p.(*llm.Text)
			if !ok {
				continue
			}
			if at, hit := c.find(t.Text); at >= 0 {
				t.Text, ch.Parts = t.Text[:at], ch.Parts[:n+1]
				ch.Finish, ch.StopSequence = llm.Finish{Reason: llm.FinishStopSequence}, hit
				break
			}
		}
	}
}
