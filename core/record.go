package core

import (
	"bytes"
	"io"
	"net/http"
	"slices"

	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// A Recording is a reply that was kept while it went by, so that it can be
// given again, in any dialect: raw frames as long as the raw form is the
// answer, else events.
type Recording struct {
	Status   int
	Dialect  llm.Dialect
	Provider string
	Model    string
	Frames   []frame.Frame
	Events   []llm.Event
	Body     []byte
	Response *llm.Response
	Complete bool // the answer was read to its end without a failure
	Most     int  // bytes of frames, of events or of what is relayed that are kept; 0: all. What is longer is not Complete
	Strict   bool
	Type     string // media type of what was relayed

	stream  bool
	relayed bool
	reading Reading
	reply   *Reply // what is recorded: it learns its usage as it is read
	size    int
	tooLong bool
}

// Record keeps what r says from here on; what is done to the reply afterwards
// is not recorded. The recording is filled as the reply is read and must not
// be used before that is done.
func Record(r *Reply) (*Recording, error) {
	rec := &Recording{Status: r.Status, Dialect: r.Dialect, Provider: r.Provider, Model: r.Model, Strict: r.Strict, stream: r.stream, reading: r.reading, reply: r}
	switch {
	case r.relay != nil:
		rec.relayed, rec.Type = true, r.Header.Get("Content-Type")
		r.relay = &tee{r.relay, rec}
	case r.stream && r.Raw():
		r.frames = rec.keepFrames(r.frames)
	case r.stream:
		r.Rewrite(rec.keepEvents)
	case r.Raw():
		rec.Body, rec.Complete = r.body, true
	default:
		resp, err := r.response()
		if err != nil {
			return nil, err
		}
		rec.Response, rec.Complete = resp, true
	}
	return rec, nil
}

func (rec *Recording) keepFrames(seq frame.Seq) frame.Seq {
	return func(yield func(frame.Frame, error) bool) {
		for f, err := range seq {
			if err == nil && rec.fits(len(f.Raw)) {
				rec.Frames = append(rec.Frames, f.Clone())
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
		rec.Complete = !rec.tooLong
	}
}

func (rec *Recording) keepEvents(seq EventSeq) EventSeq {
	return func(yield func(llm.Event, error) bool) {
		for e, err := range seq {
			if err == nil && rec.fits(len(e.Text)) {
				rec.Events = append(rec.Events, e)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		rec.Complete = !rec.tooLong
	}
}

// A tee records what is relayed while it is read.
type tee struct {
	io.ReadCloser
	rec *Recording
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if t.rec.fits(n) {
		t.rec.Body = append(t.rec.Body, p[:n]...)
	}
	if err == io.EOF {
		t.rec.Complete = !t.rec.tooLong
	}
	return n, err
}

// fits reports whether so much more is to be kept.
func (rec *Recording) fits(n int) bool {
	rec.size += n
	if rec.Most > 0 && rec.size > rec.Most {
		rec.Frames, rec.Events, rec.Body, rec.tooLong = nil, nil, nil, true
	}
	return !rec.tooLong
}

// Usage is what the provider said that the answer used, nil if nothing.
func (rec *Recording) Usage() *llm.Usage { return rec.reply.Usage() }

// Served is the model that the answer names, or empty.
func (rec *Recording) Served() string { return rec.reply.Served() }

// Streamed reports whether the answer came as a stream.
func (rec *Recording) Streamed() bool { return rec.stream }

// Relayed reports whether the answer was handed on as it came.
func (rec *Recording) Relayed() bool { return rec.relayed }

// Reply gives the answer again. It may be called many times.
func (rec *Recording) Reply() *Reply {
	var r *Reply
	switch {
	case rec.relayed:
		r = NewRelay(io.NopCloser(bytes.NewReader(rec.Body)), nil)
		r.Header = http.Header{"Content-Type": {rec.Type}}
	case rec.stream && rec.Frames != nil:
		r = NewStream(rec.Dialect, rec.reading, sequence(rec.Frames), nil)
	case rec.stream:
		r = NewEvents(sequence(rec.Events))
	case rec.Body != nil:
		r = NewBody(rec.Dialect, rec.reading, rec.Body)
	default:
		own := *rec.Response // who edits the reply does not edit the recording
		own.Choices = slices.Clone(own.Choices)
		r = NewResponse(&own)
	}
	r.Status, r.Dialect, r.Provider, r.Model, r.Strict = rec.Status, rec.Dialect, rec.Provider, rec.Model, rec.Strict
	r.Others = rec.reply.Others
	r.Report(rec.reply.usage, rec.reply.served)
	return r
}

func sequence[T any](items []T) func(yield func(T, error) bool) {
	items = slices.Clip(items)
	return func(yield func(T, error) bool) {
		for _, it := range items {
			if !yield(it, nil) {
				return
			}
		}
	}
}
