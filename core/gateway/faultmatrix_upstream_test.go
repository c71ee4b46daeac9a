package gateway_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/golden"
	"sluice/core/llm"
)

// What a target says in the matrix. Nothing with a mark may reach a client
// that another target answers.
const (
	firstMark  = "FIRST"
	firstWords = "FIRST is not in the mood"
)

// An answerParts is an answer, cut where its content begins and where its
// first event of content ends. A body is cut in the middle.
type answerParts struct {
	opening, content, rest []byte
	text                   string // that content has
}

func (a answerParts) all() []byte { return bytes.Join([][]byte{a.opening, a.content, a.rest}, nil) }

var modelMember = regexp.MustCompile(`"(model|modelVersion)": "`)

// A faultScript is how a side answers what is asked in the matrix: well, and with
// marks where it is the target that fails.
type faultScript struct{ well, marked map[bool]answerParts } // by whether it is streamed

func newFaultScript(t *testing.T, side *matrixSide) faultScript {
	corpus := golden.Read(t, "testdata/matrix/"+side.corpus+".txtar")
	body, events := corpus.Get("plain.json"), corpus.Get("plain.stream")
	mark := func(b []byte) []byte {
		b = modelMember.ReplaceAll(b, []byte("${0}"+firstMark+"-"))
		return bytes.ReplaceAll(b, []byte("The capital"), []byte("The "+firstMark))
	}
	return faultScript{
		well:   map[bool]answerParts{false: cutBody(body), true: cutStream(t, side, events)},
		marked: map[bool]answerParts{false: cutBody(mark(body)), true: cutStream(t, side, mark(events))},
	}
}

func cutBody(body []byte) answerParts {
	half := len(body) / 2
	return answerParts{opening: body[:half], rest: body[half:]}
}

func cutStream(t *testing.T, side *matrixSide, section []byte) answerParts {
	var a answerParts
	var events []llm.Event
	dec := side.Out.Raw(nil).DecodeStream()
	for f, err := range side.Frames(bytes.NewReader(side.encoded(t, section)), 0) {
		if err == nil {
			events, err = dec.Decode(events[:0], f)
		}
		if err != nil {
			t.Fatal(err)
		}
		if a.content != nil {
			a.rest = append(a.rest, f.Raw...)
			continue
		}
		for _, e := range events {
			if e.Content() {
				a.content, a.text = bytes.Clone(f.Raw), a.text+e.Text
			}
		}
		if a.content == nil {
			a.opening = append(a.opening, f.Raw...)
		}
	}
	return a
}

// encoded is a section of a fixture as it travels.
func (m *matrixSide) encoded(t *testing.T, section []byte) []byte {
	if m.binary() {
		return dialecttest.EventStream(t, section)
	}
	return section
}

func (m *matrixSide) binary() bool { return strings.HasPrefix(m.streamType, "application/vnd.amazon") }

// A failing is the first target of a cell, while it answers.
type failing struct {
	w      http.ResponseWriter
	r      *http.Request
	scene  *scene
	ground *faultGround
	side   *matrixSide
	answer answerParts
}

func (u *failing) contentType(side *matrixSide) string {
	if u.scene.cell.stream {
		return side.streamType
	}
	return "application/json"
}

func (u *failing) respond(status int, contentType string, body []byte) {
	if contentType != "" {
		u.w.Header().Set("Content-Type", contentType)
	}
	u.w.WriteHeader(status)
	_, _ = u.w.Write(body)
}

func (u *failing) send(b []byte) error {
	_, err := u.w.Write(b)
	if err == nil {
		err = http.NewResponseController(u.w).Flush()
	}
	return err
}

// begin sends what comes before the moment of the cell.
func (u *failing) begin() {
	at := u.scene.cell.at
	if at == beforeHeaders {
		return
	}
	u.open()
	_ = u.send(u.answer.opening)
	if at == afterContent {
		_ = u.send(u.answer.content)
		select {
		case <-u.scene.heard:
		case <-u.r.Context().Done():
		}
	}
}

// open sends the headers.
func (u *failing) open() {
	u.w.Header().Set("Content-Type", u.contentType(u.side))
	_ = u.send(nil)
}

// event sends one event in the form of the dialect, given as a section of a
// fixture.
func (u *failing) event(section string) { _ = u.send(u.side.encoded(u.ground.t, []byte(section))) }

// The ways in which connections fail.

func (u *failing) hijack() net.Conn {
	conn, _, err := u.w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	return conn
}

func (u *failing) reset() {
	conn := u.hijack()
	_ = conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func (u *failing) hangUp() { u.hijack().Close() }

func (u *failing) stall() { <-u.r.Context().Done() }

func (u *failing) end() {}

// raw writes past HTTP, and closes.
func (u *failing) raw(text string) {
	conn := u.hijack()
	_, _ = io.WriteString(conn, text)
	conn.Close()
}
