package upstream

import (
	"bytes"
	"context"
	"io"
	"iter"
	"net/http"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// ownStream passes on the events of an answer that is in the client's form,
// such as images in parts. It is committed by its first event that is no
// error.
func (x *exchange) ownStream(ctx context.Context, resp *http.Response) (*core.Reply, error) {
	frames := x.classed(ctx, x.endpoint.Format.Read(&pulse{r: resp.Body, watch: x.watch}, 0))
	s := &events{exchange: x}
	s.next, s.stop = iter.Pull2(frames)
	first, err := s.commit(resp)
	if err != nil {
		s.Close()
		resp.Body.Close()
		return nil, err
	}
	x.watch.commit()
	s.reply = core.NewRelay(s, func() {
		x.watch.stop()
		s.Close()
		resp.Body.Close()
	})
	r := x.finish(s.reply, resp)
	r.Header["Content-Type"] = resp.Header["Content-Type"]
	r.Others = x.counted(nil)
	s.report(first)
	return r, nil
}

// events is a stream of events as a reader: each Read gives bytes of one
// event.
type events struct {
	*exchange
	next  func() (frame.Frame, error, bool)
	stop  func()
	rest  []byte // read and not yet handed on
	reply *core.Reply
	err   error // that follows rest
	piece bool  // the last event was a piece, behind which there has to be more
}

// commit reads up to the first event, and returns its data.
func (s *events) commit(resp *http.Response) ([]byte, error) {
	for {
		f, err, ok := s.next()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, &llm.Error{Kind: llm.Truncated, Message: "the stream has no content"}
		case s.tells(f):
			return nil, s.hidden(resp, f.Data)
		}
		if s.rest = append(s.rest, f.Raw...); len(f.Data) > 0 {
			return bytes.Clone(f.Data), nil
		}
	}
}

// tells reports whether an event is an error. Of every other it notes whether
// it is a piece: of an image, a sound or a text.
func (s *events) tells(f frame.Frame) bool {
	m, err := json.Pick(f.Data, "error", "type", "object")
	if err == nil && tellsError(m) || f.Event == "error" {
		return true
	}
	if len(f.Data) > 0 {
		kind := ""
		if err == nil {
			kind = json.Unquote(m[1])
		}
		s.piece = strings.HasSuffix(kind, ".delta") || strings.HasSuffix(kind, ".partial_image")
	}
	return false
}

func (s *events) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		f, err, ok := s.next()
		switch {
		case err != nil:
			return 0, err
		case !ok && s.piece:
			return 0, dialect.Truncated(s.target.Spec.ID)
		case !ok:
			return 0, io.EOF
		}
		s.rest = f.Raw
		if s.tells(f) {
			s.rest = s.hideInFrame(f).Raw
			s.err = &core.Told{Err: s.decodeError(http.StatusBadGateway, nil, f.Data)}
		}
		s.report(f.Data)
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// report looks for what the last event says of usage.
func (s *events) report(data []byte) {
	if !bytes.Contains(data, []byte(`"usage"`)) {
		return
	}
	if m, err := json.Pick(data, "usage", "model"); err == nil {
		s.reply.Report(dialect.TaskUsage(m[0]), json.Unquote(m[1]))
		s.reply.Others = s.counted(data)
	}
}

func (s *events) Close() error {
	s.stop()
	return nil
}
