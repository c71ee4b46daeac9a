package cache

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// Serves reports whether an entry can answer a call: in the provider's own
// bytes, or in canonical form.
func (e *Entry) Serves(c *core.Call) bool { return e.Events != nil || e.sameForm(c) }

// sameForm reports whether the provider's own bytes are what the client of a
// call is to be given.
func (e *Entry) sameForm(c *core.Call) bool {
	return e.Raw != nil && e.Dialect == c.Dialect && e.Stream == c.Stream && (!e.Stream || e.Usages == asksForUsage(c))
}

// Reply gives the answer again.
func (e *Entry) Reply(c *core.Call, status core.CacheStatus) *core.Reply {
	r := e.reply(c)
	r.Provider, r.Model, r.Region, r.Strict = e.Provider, e.Model, e.Region, e.Strict
	r.Others, r.Dropped, r.Cache = e.Others, slices.Clone(e.Dropped), status
	r.Header = http.Header{"Age": {strconv.FormatInt(int64(max(0, time.Since(e.Created).Seconds())), 10)}}
	if e.Type != "" {
		r.Header.Set("Content-Type", e.Type)
	}
	r.Report(e.Usage, e.Served)
	return r
}

func (e *Entry) reply(c *core.Call) *core.Reply {
	same := e.sameForm(c)
	switch {
	case same && e.Type != "":
		return core.NewRelay(io.NopCloser(bytes.NewReader(e.Raw)), nil)
	case same && e.Stream:
		return core.NewKeptStream(e.Dialect, e.frames(), e.pieces())
	case same:
		return core.NewKeptBody(e.Dialect, e.Raw, e.response)
	case c.Stream:
		return core.NewEvents(e.pieces())
	}
	return core.NewResponse(e.response())
}

func (e *Entry) frames() frame.Seq { return e.Format.Read(bytes.NewReader(e.Raw), 0) }

// response is the answer in one piece, nil if there is no canonical form.
func (e *Entry) response() *llm.Response {
	if e.Events == nil {
		return nil
	}
	var c llm.Collector
	for _, ev := range e.Events {
		c.Add(ev)
	}
	return c.Response()
}

// piece is how many bytes of text a replayed event has at most: clients show
// what they are given as it comes, and some give up on lines that are very
// long. The reference cuts at 500 characters.
const piece = 500

// pieces are the events of the answer as a stream has them.
func (e *Entry) pieces() core.EventSeq {
	return func(yield func(llm.Event, error) bool) {
		for _, ev := range e.Events {
			for _, text := range cut(ev) {
				ev.Text = text
				if !yield(ev, nil) {
					return
				}
			}
		}
	}
}

// cut are the texts of the events that one is given as.
func cut(ev llm.Event) []string {
	switch ev.Kind {
	case llm.EventText, llm.EventReasoning, llm.EventArguments, llm.EventRefusal:
	default:
		return []string{ev.Text}
	}
	var texts []string
	text := ev.Text
	for len(text) > piece {
		end := piece
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		if end == 0 { // no UTF-8 at all
			end = piece
		}
		texts, text = append(texts, text[:end]), text[end:]
	}
	return append(texts, text)
}
