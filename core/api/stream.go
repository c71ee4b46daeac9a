package api

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// answerStream calls the handler and streams what it says. If nothing could
// be sent for a while, the stream is opened without knowing the target:
// retry and fallback go on, and what fails later is told in-band.
func (q *request) answerStream(h core.Handler) {
	type outcome struct {
		reply *core.Reply
		err   error
	}
	ctx := q.context()
	done := make(chan outcome, 1)
	go func() {
		reply, err := core.Shielded(ctx, h, q.call)
		done <- outcome{reply, err}
	}()
	s := q.newStream()
	defer s.stop()
	var o outcome
	early := time.NewTimer(q.KeepAlive)
	defer early.Stop()
	select {
	case o = <-done:
	case <-early.C:
		s.open(nil)
		o = <-done
	}
	switch {
	case o.err != nil && s.ready():
		q.fault(o.err)
		s.broken(o.err)
		s.explainEnd(nil, true)
		q.record(nil, http.StatusOK, o.err)
	case o.err != nil:
		q.refuse(o.err)
	default:
		defer o.reply.Close()
		s.run(o.reply)
	}
}

// A stream is the response to a streaming client. Frames and pings come from
// two goroutines; mu keeps each write whole.
type stream struct {
	*request
	rc *http.ResponseController

	mu    sync.Mutex
	enc   dialect.StreamEncoder
	last  time.Time // of the last write
	buf   []byte
	pings *time.Timer
	ended bool
	// framed says that frames have lengths, so that none is sent in part.
	framed bool
	whole  bool  // what was sent last ends an event
	err    error // of writing: the client has gone
}

func (q *request) newStream() *stream {
	return &stream{request: q, rc: http.NewResponseController(q.w), whole: true}
}

// ready reports whether the headers have been sent.
func (s *stream) ready() bool { return s.enc != nil }

// open sends the headers. reply is nil when the target is not known yet.
func (s *stream) open(reply *core.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enc = s.route.dialect.EncodeStream(s.options(reply))
	if reply != nil {
		s.head(reply)
		s.explain(reply, nil)
	}
	h := s.w.Header()
	h.Set("Content-Type", s.enc.ContentType())
	s.framed = s.enc.ContentType() == frame.EventStreamFormat.ContentType()
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no")
	s.begin(streamStatus(reply))
	s.w.WriteHeader(s.status)
	if reply == nil {
		s.buf = s.enc.Ping(s.buf[:0])
		s.send(s.buf)
	}
	s.last = time.Now()
	s.pings = time.AfterFunc(s.KeepAlive, s.ping)
}

// ping keeps the connection alive while nothing else is sent.
func (s *stream) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.err != nil {
		return
	}
	wait := s.KeepAlive
	if quiet := time.Since(s.last); quiet < s.KeepAlive {
		wait -= quiet
	} else {
		s.buf = s.enc.Ping(s.buf[:0])
		s.send(s.buf)
	}
	s.pings.Reset(wait)
}

// stop ends the stream: nothing may be written once the handler has returned.
func (s *stream) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	_ = s.rc.SetWriteDeadline(time.Time{}) // the connection serves other requests
	if s.pings != nil {
		s.pings.Stop()
	}
}

// writeTime is how long a client may take to read what was written.
const writeTime = time.Minute

// send writes and flushes. mu is held.
func (s *stream) send(b []byte) {
	if len(b) == 0 || s.err != nil {
		return
	}
	s.last = time.Now()
	_ = s.rc.SetWriteDeadline(s.last.Add(writeTime)) // where the server has deadlines
	if _, s.err = s.w.Write(b); s.err == nil {
		s.err = s.rc.Flush()
	}
	s.whole = s.framed || bytes.HasSuffix(b, []byte("\n\n")) || bytes.HasSuffix(b, []byte("\r\n\r\n")) || bytes.HasSuffix(b, []byte("\r\r"))
}

func (s *stream) write(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(b)
	return s.err
}

func (s *stream) run(reply *core.Reply) {
	if s.ready() {
		s.mu.Lock() // opened before the target was known: its encoder has to know it now
		s.enc = s.route.dialect.EncodeStream(s.options(reply))
		s.mu.Unlock()
	} else {
		s.open(reply)
	}
	s.tellHooks(reply)
	err, status := s.relay(reply), reply.Status
	switch {
	case err != nil:
		s.fault(err)
	case reply.Denied != nil: // the client has read a refusal: that it was denied is for the record
		err, status = reply.Denied, asError(reply.Denied).HTTPStatus()
	}
	s.explainEnd(reply, err != nil)
	s.record(reply, status, err)
}

// relay sends the answer. A bug on the way ends it as any failure does, so
// that the client does not take half an answer for a whole one.
func (s *stream) relay(reply *core.Reply) (err error) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			panic(p)
		} else if p != nil {
			err = core.Panicked(p)
			s.broken(err)
		}
	}()
	if reply.Stream() && reply.Raw() && reply.Dialect == s.call.Dialect {
		return s.forward(reply)
	}
	return s.translate(reply)
}

// forward sends the provider's own frames, in the client's framing.
func (s *stream) forward(reply *core.Reply) error {
	as, reframes := s.enc.(dialect.Reframer)
	if reframes {
		return s.reframe(reply, as)
	}
	follower, follows := s.enc.(dialect.Forwarder)
	for f, err := range reply.Frames() {
		if err != nil {
			if _, told := errors.AsType[*core.Told](err); !told {
				s.broken(err)
			}
			return err
		}
		if err := s.write(f.Raw); err != nil {
			return gone(err)
		}
		if follows {
			follower.Forwarded(f)
		}
	}
	return nil
}

func (s *stream) reframe(reply *core.Reply, as dialect.Reframer) error {
	for f, err := range reply.Frames() {
		if err == nil {
			err = s.encode(func(dst []byte) ([]byte, error) { return as.Reframe(dst, f), nil })
		}
		if _, told := errors.AsType[*core.Told](err); err != nil && !told {
			s.broken(err)
			return err
		} else if told {
			_ = s.encode(func(dst []byte) ([]byte, error) { return as.Close(dst), nil })
			return err
		}
	}
	return s.encode(func(dst []byte) ([]byte, error) { return as.Close(dst), nil })
}

// gone is what it means that the client cannot be written to.
func gone(err error) error {
	return &llm.Error{Kind: llm.Canceled, Message: "the client has gone", Err: err}
}

func (s *stream) translate(reply *core.Reply) error {
	var heard dialect.Listener
	defer func() {
		reply.Dropped = append(slices.Clip(reply.Dropped), heard.LeftOut(s.call.Dialect, reply.Strict)...)
	}()
	for e, err := range reply.Events() {
		heard.Hear(&e)
		if err == nil {
			err = s.encode(func(dst []byte) ([]byte, error) { return s.enc.Encode(dst, e) })
		}
		if err != nil {
			s.broken(err)
			return err
		}
	}
	err := s.encode(s.enc.Flush)
	if err != nil {
		s.broken(err)
	}
	return err
}

// encode writes what f appends.
func (s *stream) encode(f func([]byte) ([]byte, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := f(s.buf[:0])
	s.buf = out
	s.send(out)
	if err == nil && s.err != nil {
		err = gone(s.err)
	}
	return err
}

// broken tells the client that the answer ends here. No finish reason is made
// up, and nothing follows.
func (s *stream) broken(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = s.enc.Error(s.gap(s.buf[:0]), asError(err))
	s.send(s.buf)
	s.ended = true
}

// gap ends the provider's last event, if that was cut: what is ours must not
// become a part of it. mu is held.
func (s *stream) gap(dst []byte) []byte {
	if s.whole {
		return dst
	}
	return append(dst, "\n\n"...)
}
