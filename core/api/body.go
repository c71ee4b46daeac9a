package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"sluice/core/internal/header"
	"sluice/core/llm"
)

// isUpload reports whether the body may be read while it is sent on, however
// large it is: a form with a file, for a provider that is relayed to.
func (q *request) isUpload() bool {
	t, _, err := mime.ParseMediaType(header.Get(q.header, "Content-Type"))
	return err == nil && t == "multipart/form-data" && (q.route.relay || q.route.form)
}

// patient reads a body that may take long as a whole, but not between two
// reads.
type patient struct {
	io.Reader
	rc *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.rc.SetReadDeadline(time.Now().Add(bodyTime)) // where the server has deadlines
	n, err := p.Reader.Read(b)
	_ = p.rc.SetReadDeadline(time.Time{})
	return n, err
}

// bodyTime is how long a client may take to send its body.
const bodyTime = 5 * time.Minute

// tooLarge names the way that is open to larger files.
func (q *request) tooLarge() *llm.Error {
	e := llm.Errorf(llm.TooLarge, "the request body is larger than the limit of %d bytes", q.MaxBody)
	if q.Uploads != nil {
		e.Message += ": send large files to a place that POST " + uploadsPath + " gives, and name them by their ids"
	}
	return e
}

// body reads the request's body, up to the limit.
func (q *request) body() ([]byte, error) {
	if q.route.noBody {
		return nil, nil
	}
	if q.r.ContentLength > q.MaxBody && !q.isUpload() {
		return nil, q.tooLarge()
	}
	r, err := q.plainBody()
	if err != nil {
		return nil, err
	}
	rc := http.NewResponseController(q.w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime)) // where the server has deadlines
	body, err := q.readAll(io.LimitReader(r, q.MaxBody+1))
	_ = rc.SetReadDeadline(time.Time{})
	if err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the request body could not be read", Err: err}
	}
	if int64(len(body)) > q.MaxBody {
		if q.isUpload() {
			q.upload = q.seen.upload(io.MultiReader(bytes.NewReader(body), &patient{r, rc}))
			return nil, nil
		}
		return nil, q.tooLarge()
	}
	return body, nil
}

// maxAhead is the most room that is made for a body before it has come, in
// bytes: a client may say that it sends much, and send nothing.
const maxAhead = 64 << 10

// readAll reads a body into room that is made once, if the client has said how
// much it takes.
func (q *request) readAll(r io.Reader) ([]byte, error) {
	b := make([]byte, 0, min(max(q.r.ContentLength, bytes.MinRead), maxAhead)+1) // one more, to see the end
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, err
		case len(b) == cap(b):
			b = slices.Grow(b, bytes.MinRead)
		}
	}
}

// length is that of the body as it is sent on, -1 if nobody knows.
func (q *request) length() int64 {
	if q.form != nil {
		return q.form.Length
	}
	if header.Get(q.r.Header, "Content-Encoding") != "" {
		return -1
	}
	return q.r.ContentLength
}
