package cache

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Cacheable reports whether answers to a call may be kept: those of operations
// that are one request and one answer, and leave nothing behind at a provider.
// Bodies that were read while they were sent on cannot be compared.
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

// newEntry makes an entry of an answer that has been read, nil of one that is
// not kept.
func newEntry(c *core.Call, rec *core.Recording) *Entry {
	if !rec.Complete || rec.Status != 200 {
		return nil
	}
	e := &Entry{
		Created: time.Now().UTC(), Provider: rec.Provider, Model: rec.Model, Served: rec.Served(), Usage: rec.Usage(),
		Dialect: rec.Dialect, Usages: asksForUsage(c),
	}
	if c.Operation != llm.Generate {
		e.Raw = rec.Body
		return e.small()
	}
	resp, err := rec.Reply().Response()
	if err != nil || resp == nil || !finished(resp) {
		return nil
	}
	e.Events = slices.Collect(resp.Events())
	switch {
	case rec.Streamed():
		e.Stream = true
		e.Raw, e.Format = joined(rec.Frames)
	default:
		e.Raw = rec.Body
	}
	return e.small()
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
	n := int64(len(e.Raw))
	for i := range e.Events {
		ev := &e.Events[i]
		n += eventSize + int64(len(ev.Text)+len(ev.Native.Members))
		if ev.Media != nil {
			n += int64(len(ev.Media.Data) + len(ev.Media.Text))
		}
	}
	return n
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
