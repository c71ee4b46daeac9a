package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/frame"
)

// drip sends a piece every few milliseconds until nobody listens.
func drip(send func([]byte) error, piece []byte) {
	for send(piece) == nil {
		time.Sleep(hurry / 20)
	}
}

func (u *failing) dripHeaders() {
	conn := u.hijack()
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
	drip(func(b []byte) error { _, err := conn.Write(b); return err }, []byte("X-More: to come\r\n"))
}

func (u *failing) dripBody() { u.open(); drip(u.send, []byte(" ")) }

func (u *failing) dripComments() { drip(u.send, u.comment("still here")) }

// comment is an event that says nothing.
func (u *failing) comment(text string) []byte {
	if u.side.binary() {
		return frame.AppendEvent(nil, "unheardOf", []byte(`{"p":"`+text+`"}`))
	}
	return frame.AppendComment(nil, text)
}

func (u *failing) interim() {
	u.w.Header().Set("Link", strings.Repeat("x", 64<<10))
	for u.r.Context().Err() == nil {
		u.w.WriteHeader(http.StatusEarlyHints)
	}
}

// badChunk writes past the encoding of the body.
func (u *failing) badChunk() {
	conn := u.hijack()
	defer conn.Close()
	_, _ = io.WriteString(conn, "no length\r\n")
}

// encodedAs answers well but for the encoding, which the answer has not.
func (u *failing) encodedAs(encoding string) {
	u.w.Header().Set("Content-Encoding", encoding)
	u.respond(http.StatusOK, u.contentType(u.side), bytes.Repeat([]byte{0x8b, 0x01, 0xff}, 50))
}

// otherForm is a stream where a body was asked for.
func (u *failing) otherForm() []byte {
	return u.ground.scripts[u.side.corpus].marked[!u.scene.cell.stream].all()
}

// otherDialect answers well, in a dialect that the target does not speak.
func (u *failing) otherDialect() {
	all := u.ground.sides
	for i := range all {
		if other := all[(i+1)%len(all)].corpus; all[i].corpus == u.side.corpus {
			u.respond(http.StatusOK, u.contentType(u.side), u.ground.scripts[other].marked[u.scene.cell.stream].all())
		}
	}
}

// tooShort sends a whole answer, and less than it has announced.
func (u *failing) tooShort() {
	body := u.answer.all()
	u.w.Header().Set("Content-Length", strconv.Itoa(len(body)+9))
	u.respond(http.StatusOK, "application/json", body)
	_ = u.send(nil)
	u.hangUp()
}

// half is an event that stops in the middle.
func (u *failing) half() []byte { return u.answer.content[:len(u.answer.content)/2] }

// malformed sends an event that cannot be read, and goes on.
func (u *failing) malformed(data string) {
	event := frame.AppendSSE(nil, "", []byte(data))
	if u.side.binary() {
		event = frame.AppendEvent(nil, map[string]string{"converse": "contentBlockDelta", "invoke": "chunk"}[u.side.corpus], []byte(data))
	}
	_ = u.send(event)
	_ = u.send(u.answer.rest)
}

// comments sends many bytes that say nothing.
func (u *failing) comments(size int) {
	piece := u.comment(strings.Repeat("x", 64<<10))
	for n := 0; n < size && u.send(piece) == nil; n += len(piece) {
	}
}

// hugeEvent sends an event that is larger than any may be.
func (u *failing) hugeEvent() {
	if u.side.binary() {
		event := frame.AppendEvent(nil, "chunk", make([]byte, frame.DefaultMax))
		_ = u.send(event[:12]) // the size stands in front
		u.stall()
		return
	}
	piece := bytes.Repeat([]byte("x"), 1<<20)
	_ = u.send([]byte("data: "))
	for n := 0; n <= frame.DefaultMax && u.send(piece) == nil; n += len(piece) {
	}
}

func (u *failing) hugeError() {
	u.w.Header().Set("Content-Type", "text/html")
	u.w.WriteHeader(http.StatusBadGateway)
	piece := bytes.Repeat([]byte("<p>"+firstWords+"</p>\n"), 1000)
	for u.send(piece) == nil {
	}
}

func (u *failing) cutError() {
	u.w.Header().Set("Content-Length", "1000")
	u.respond(http.StatusInternalServerError, "application/json", []byte(`{"error":{"mess`))
	_ = u.send(nil)
	panic(http.ErrAbortHandler)
}

func (u *failing) redirect(code int) {
	u.w.Header().Set("Location", u.ground.up.URL+"/elsewhere")
	u.w.WriteHeader(code)
}

// credentials is all that the target was shown.
func (u *failing) credentials() string {
	h := u.r.Header
	return strings.Join([]string{h.Get("Authorization"), h.Get("X-Api-Key"), h.Get("X-Goog-Api-Key"), h.Get("Api-Key"), u.r.URL.RawQuery}, " ")
}

func (u *failing) comeAgain() {
	u.w.Header().Set("Retry-After", "7")
	u.refuse(http.StatusServiceUnavailable, firstWords)
}

// refuse answers in the form of the dialect, with no word but a message, as
// something in front of a provider may. It repeats the credentials.
func (u *failing) refuse(code int, why string) {
	message := strconv.Quote(why + ": " + u.credentials())
	body := fmt.Sprintf(`{"error":{"message":%s,"type":null,"code":null,"param":null}}`, message)
	switch u.side.corpus {
	case "messages":
		body = fmt.Sprintf(`{"type":"error","error":{"type":"other_error","message":%s}}`, message)
	case "gemini":
		body = fmt.Sprintf(`{"error":{"code":%d,"message":%s,"status":"OTHER"}}`, code, message)
	case "converse", "invoke", "cohere":
		body = fmt.Sprintf(`{"message":%s}`, message)
	}
	u.respond(code, "application/json", []byte(body))
}

// errorEvents are how streams tell that there were too many requests.
var errorEvents = map[string]string{
	"chat":        `data: {"error":{"message":"` + firstWords + `","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}` + "\n\n",
	"responses":   "event: error\n" + `data: {"type":"error","sequence_number":3,"code":"rate_limit_exceeded","message":"` + firstWords + `","param":null}` + "\n\n",
	"messages":    "event: error\n" + `data: {"type":"error","error":{"type":"rate_limit_error","message":"` + firstWords + `"}}` + "\n\n",
	"gemini":      `data: {"error":{"code":429,"message":"` + firstWords + `","status":"RESOURCE_EXHAUSTED"}}` + "\n\n",
	"converse":    `!throttlingException {"message":"` + firstWords + `"}`,
	"invoke":      `!throttlingException {"message":"` + firstWords + `"}`,
	"completions": `data: {"error":{"message":"` + firstWords + `","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}` + "\n\n",
	"cohere":      "event: message-end\n" + `data: {"type":"message-end","delta":{"error":"` + firstWords + `: rate limit","finish_reason":"ERROR"}}` + "\n\n",
}

// toldBody is the same as a body that came with a good status.
func (u *failing) toldBody() string {
	switch u.side.corpus {
	case "messages":
		return `{"type":"error","error":{"type":"rate_limit_error","message":"` + firstWords + `"}}`
	case "gemini":
		return `{"error":{"code":429,"message":"` + firstWords + `","status":"RESOURCE_EXHAUSTED"}}`
	}
	return `{"error":{"message":"` + firstWords + `","type":"rate_limit_error","code":"rate_limit_exceeded"}}`
}
