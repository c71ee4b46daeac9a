package cache

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Cacheable reports whether answers to a call may be kept, as far as that can
// be told without its body: those of operations that are one request and one
// answer, and leave nothing behind at a provider. Bodies that were read while
// they were sent on cannot be compared.
//
// The edits of images are left out, as in the reference: their forms hold
// images of somebody's own.
func Cacheable(c *core.Call) bool {
	if c.Once() || c.Private || c.Continues() {
		return false
	}
	switch c.Operation {
	case llm.Generate, llm.Embed, llm.Rerank, llm.Moderate, llm.GenerateImage, llm.Speak, llm.Transcribe, llm.TranslateSound:
		return true
	}
	return false
}

// Lasting reports whether a request is more than a question: its provider is to
// keep something of it, or it goes on from what a provider keeps and may lose
// or change. Answers of the Responses API that are kept by default are cached:
// what goes on from one goes on from the same one again.
func Lasting(body json.Value) bool {
	ms, err := json.Pick(body, "store", "previous_response_id", "conversation", "background")
	if err != nil {
		return true
	}
	set := func(v json.Value) bool { return v != nil && v.Kind() != 'n' && v.Kind() != 'f' }
	return slices.ContainsFunc(ms, set)
}

// newEntry makes an entry of an answer that has been read, nil of one that is
// not kept.
func newEntry(c *core.Call, rec *core.Recording) *Entry {
	if !rec.Complete || rec.Status != http.StatusOK {
		return nil
	}
	e := &Entry{
		Created: time.Now().UTC(), Provider: rec.Provider, Model: rec.Model, Served: rec.Served(), Usage: rec.Usage(),
		Dialect: rec.Dialect, Usages: asksForUsage(c), Strict: rec.Strict,
	}
	switch {
	case rec.Relayed():
		e.Dialect, e.Raw, e.Type = c.Dialect, rec.Body, rec.Type
		if !c.Operation.Task() || e.Type == "" {
			return nil
		}
	case c.Operation != llm.Generate:
		e.Raw = rec.Body
	case !e.tell(rec):
		return nil
	}
	return e.small()
}

// tell takes over what a model has said. It reports false if that is not kept.
func (e *Entry) tell(rec *core.Recording) bool {
	resp, err := rec.Reply().Response()
	if err != nil || resp == nil || !finished(resp) {
		return false
	}
	if resp.Usage == nil { // the provider was asked for it by us, and its client has not seen it
		resp.Usage = e.Usage
	}
	e.Events = slices.Collect(resp.Events())
	if e.Raw = rec.Body; rec.Streamed() {
		e.Stream = true
		e.Raw, e.Format = joined(rec.Frames)
	}
	return true
}

// small is the entry if it has an answer, and is not too large to be kept.
func (e *Entry) small() *Entry {
	if e.Raw == nil && e.Events == nil || e.size() > MaxEntry {
		return nil
	}
	return e
}

// size is about how much memory an entry takes, in bytes.
func (e *Entry) size() int64 {
	n := len(e.Raw)
	for i := range e.Events {
		ev := &e.Events[i]
		n += eventSize + len(ev.Text) + len(ev.Native.Members)
		if ev.Media != nil {
			n += len(ev.Media.Data) + len(ev.Media.Text)
		}
		if ev.Citation != nil {
			n += eventSize + len(ev.Citation.Native.Members)
		}
		for _, l := range ev.Logprobs {
			n += eventSize * (1 + len(l.Top))
		}
	}
	return int64(n)
}

// eventSize is about how much memory an event takes, without its texts.
const eventSize = 256

// finished reports whether a model has said all that it wanted to say, in
// words: RC-05. A call of a tool is for one conversation; what was cut,
// refused or withheld may end otherwise the next time.
func finished(resp *llm.Response) bool {
	for i := range resp.Choices {
		c := &resp.Choices[i]
		if r := c.Finish.Reason; r != llm.FinishStop && r != llm.FinishStopSequence {
			return false
		}
		for _, p := range c.Parts {
			switch p.(type) {
			case *llm.Text, *llm.Reasoning, *llm.Media:
			default:
				return false
			}
		}
	}
	return len(resp.Choices) > 0
}

// asksForUsage reports whether a client wants its stream to tell the usage,
// which makes its frames others.
func asksForUsage(c *core.Call) bool {
	return json.Lookup(c.Body, "stream_options", "include_usage").Kind() == 't'
}

// joined are frames in a row, nil if they could not be told apart again.
func joined(frames []frame.Frame) ([]byte, frame.Format) {
	if len(frames) == 0 {
		return nil, 0
	}
	var raw []byte
	for _, f := range frames {
		raw = append(raw, f.Raw...)
	}
	format := formatOf(frames[0].Raw)
	i := 0
	for f, err := range format.Read(bytes.NewReader(raw), 0) {
		if err != nil || i >= len(frames) || !bytes.Equal(f.Raw, frames[i].Raw) || f.Event != frames[i].Event || !bytes.Equal(f.Data, frames[i].Data) {
			return nil, 0
		}
		i++
	}
	if i != len(frames) {
		return nil, 0
	}
	return raw, format
}

// formatOf is the way in which a frame was cut: those of AWS begin with their
// length, and lines of JSON are JSON.
func formatOf(raw []byte) frame.Format {
	switch {
	case len(raw) > 4 && binary.BigEndian.Uint32(raw) == uint32(len(raw)):
		return frame.EventStreamFormat
	case len(raw) > 0 && raw[0] == '{':
		return frame.NDJSONFormat
	}
	return frame.SSEFormat
}
