package lambdahttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// head is what a streamed answer begins with.
type head struct {
	status  int
	fields  map[string]string
	cookies []string
}

// response is the writer that a handler gets. As in net/http, a status alone
// goes nowhere: the first byte or flush sends it, so that until then a panic
// can still become a 500, and an answer without a body can be told. What is
// written after that reaches the Runtime API as a chunk of its own.
//
// When the transfer has failed, writes return errors and nothing else happens:
// Lambda does not say that a client has left, and the handler decides what is
// worth finishing.
type response struct {
	pipe   *io.PipeWriter
	header http.Header
	noBody bool      // the answer to a HEAD request
	head   chan head // receives one, when the answer begins

	status int         // 0 until the handler said it
	said   http.Header // the headers when it did
	begun  bool        // head has been sent
	wrote  bool        // a byte of the body has been sent
	midway bool        // what was sent last does not end an event
}

func newResponse(pipe *io.PipeWriter, noBody bool) *response {
	return &response{pipe: pipe, header: make(http.Header), noBody: noBody, head: make(chan head, 1)}
}

// Header returns the headers to be sent; changes count until WriteHeader.
func (w *response) Header() http.Header { return w.header }

// WriteHeader notes the status. A second one is ignored, and so are
// informational ones, which a function URL cannot send.
func (w *response) WriteHeader(status int) {
	if w.status != 0 || status < 200 {
		return
	}
	w.status, w.said = status, w.header.Clone()
	if status == http.StatusNoContent || status == http.StatusResetContent {
		// A body must follow, and these must have none.
		w.status = http.StatusOK
		w.said.Set("Content-Type", "application/json")
		w.noBody = true
	}
}

// Write sends p as one chunk.
func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case w.noBody || len(p) == 0:
		return len(p), nil
	}
	w.begin(p)
	return w.send(p)
}

// Flush lets the answer begin. Writes need no flush.
func (w *response) Flush() { w.FlushError() }

// FlushError is Flush for [http.ResponseController].
func (w *response) FlushError() error {
	w.WriteHeader(http.StatusOK)
	w.begin(nil)
	return nil
}

func (w *response) send(p []byte) (int, error) {
	w.wrote = true
	w.midway = !bytes.HasSuffix(p, []byte("\n\n")) && !bytes.HasSuffix(p, []byte("\r\n\r\n"))
	return w.pipe.Write(p)
}

// begin sends the status and the headers, and the content type that net/http
// would find in p.
func (w *response) begin(p []byte) {
	if w.begun {
		return
	}
	w.begun = true
	_, typed := w.said["Content-Type"]
	if !typed && len(p) > 0 && w.said.Get("Content-Encoding") == "" {
		w.said.Set("Content-Type", http.DetectContentType(p))
	}
	w.head <- head{status: w.status, fields: fields(w.said), cookies: w.said["Set-Cookie"]}
}

// finish ends the answer, and gives it a body if the handler did not: a
// streaming URL hangs without.
func (w *response) finish() {
	w.WriteHeader(http.StatusOK)
	if !w.wrote {
		filler := "\n"
		switch {
		case w.status == http.StatusNotModified: // no type: it would replace that of the cached answer
		case !w.begun && w.said.Get("Content-Type") == "":
			w.said.Set("Content-Type", "application/json")
			fallthrough
		case isType(w.said, "application/json"):
			filler = "{}"
		}
		w.begin(nil)
		io.WriteString(w.pipe, filler)
	}
	w.pipe.Close()
}

var errPanicked = errors.New("the handler panicked")

// abort ends the answer of a handler that panicked: with a plain 500 if
// nothing has gone out, else with an error event if the answer is a stream of
// events, since the error that the runtime reports reaches AWS only. A handler
// that knows a better event for its dialect sends it and does not panic.
func (w *response) abort() {
	msg := errorJSON("internal error", "server_error")
	if !w.begun {
		clear(w.header)
		w.header.Set("Content-Type", "application/json")
		w.status, w.noBody = 0, false
		w.WriteHeader(http.StatusInternalServerError)
		w.Write([]byte(msg))
		w.pipe.Close()
		return
	}
	switch {
	case isType(w.said, "text/event-stream"):
		if w.wrote && w.midway {
			msg = "\n\ndata: " + msg + "\n\n"
		} else {
			msg = "data: " + msg + "\n\n"
		}
		io.WriteString(w.pipe, msg)
	case !w.wrote:
		io.WriteString(w.pipe, "\n")
	}
	w.pipe.CloseWithError(errPanicked)
}

// unsent are headers that are the front's business. A length is one of them:
// the answer is chunked, and may have a body that the handler did not write.
var unsent = map[string]bool{
	"Connection": true, "Content-Length": true, "Keep-Alive": true, "Proxy-Connection": true,
	"Set-Cookie": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// oneLine keeps a value from ending its header, as net/http does.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

func fields(h http.Header) map[string]string {
	m := make(map[string]string, len(h))
	for name, values := range h {
		if !unsent[name] && !strings.HasPrefix(name, http.TrailerPrefix) && len(values) > 0 {
			m[name] = oneLine.Replace(strings.Join(values, ", "))
		}
	}
	return m
}

func isType(h http.Header, want string) bool {
	t, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return t == want
}

func errorJSON(message, typ string) string {
	var e struct {
		Error struct {
			Message string `json:"message"`
			Type    string `json:"type"`
		} `json:"error"`
	}
	e.Error.Message, e.Error.Type = message, typ
	b, _ := json.Marshal(e) // two strings: nothing to go wrong
	return string(b)
}
