package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/internal/frame"
)

// A parrot is an upstream that fails and quotes the secrets that it was sent.
type parrot struct {
	*httptest.Server
	t       *testing.T
	carrier carrier
	mode    atomic.Pointer[parrotMode] // the last request of one mode may still run when the next is set
	calls   atomic.Int64
}

// A parrotMode is one way to fail.
type parrotMode struct {
	name    string
	serve   func(p *parrot, w http.ResponseWriter)
	content bool // what it quotes passes for content, which is nobody's to change
}

func newParrot(t *testing.T, c carrier) *parrot {
	p := &parrot{t: t, carrier: c}
	p.Server = httptest.NewServer(p)
	t.Cleanup(func() { p.CloseClientConnections(); p.Close() })
	return p
}

var canaryPattern = regexp.MustCompile(`CANARY-([a-z-]+)`)

// ServeHTTP makes sure first that it is sent what it needs and no more.
func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.calls.Add(1)
	dump, err := httputil.DumpRequest(r, true)
	if err != nil {
		p.t.Error(err)
	}
	for _, m := range canaryPattern.FindAllStringSubmatch(string(dump), -1) {
		if !slices.Contains(p.carrier.sent, m[1]) {
			p.t.Errorf("the upstream was sent %q: %s", m[1], dump)
		}
	}
	p.mode.Load().serve(p, w)
}

// quote is all that the target knows: with AWS keys also what it was not
// sent.
func (p *parrot) quote() string {
	var all []string
	for _, kind := range append(slices.Clip(p.carrier.sent), "aws-secret", "entra") {
		if secretOf(p.carrier, kind) {
			all = append(all, canary(kind))
		}
	}
	return strings.Join(all, " ")
}

func secretOf(c carrier, kind string) bool {
	if slices.Contains(c.sent, kind) {
		return true
	}
	for _, v := range c.headers {
		if strings.Contains(v, canary(kind)) {
			return true
		}
	}
	return kind == "aws-secret" && c.name == "stored AWS keys"
}

// fill puts the quote in the place of Q, as JSON.
func (p *parrot) fill(text string) string {
	b, err := json.Marshal(p.quote())
	if err != nil {
		p.t.Error(err)
	}
	return strings.ReplaceAll(text, "Q", string(b[1:len(b)-1]))
}

// answers is a mode that answers with a status and JSON.
func answers(status int, body string) parrotMode {
	return parrotMode{name: fmt.Sprint(status, " ", body), serve: func(p *parrot, w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Errortype", p.quote()+":http://internal.amazon.com/")
		w.WriteHeader(status)
		write(w, p.fill(body))
	}}
}

// content is a mode whose answer no client could tell from a good one.
func content(body string) parrotMode {
	m := answers(http.StatusOK, body)
	return m.asContent()
}

func (m parrotMode) asContent() parrotMode {
	m.content = true
	return m
}

// says is a mode that answers with a status and text.
func says(status int, contentType string, text func(quote string) string) parrotMode {
	return parrotMode{name: fmt.Sprint(status, " ", contentType, " ", text("key")), serve: func(p *parrot, w http.ResponseWriter) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		write(w, text(p.quote()))
	}}
}

func padded(n int) func(string) string {
	return func(quote string) string { return strings.Repeat("x", n-1) + " " + quote }
}

// escaped writes each character of a JSON string as its number.
func escaped(quote string) string {
	var b strings.Builder
	for _, c := range quote {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return `{"type":"error","error":{"type":"authentication_error","message":"bad key ` + b.String() + `"}}`
}

func slashed(quote string) string {
	return `{"error":{"message":"bad key ` + strings.ReplaceAll(quote, "/", `\/`) + `","type":"x"}}`
}

const (
	openAIError    = `{"error":{"message":"Incorrect API key provided: Q.","type":"Q","param":"Q","code":"Q"}}`
	anthropicError = `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key Q"},"request_id":"Q"}`
)

var parrotModes = []parrotMode{
	answers(400, openAIError), answers(401, openAIError), answers(403, anthropicError), answers(404, `{"detail":[{"loc":["Q"],"msg":"Q"}]}`),
	answers(429, `{"message":"Q","code":"Q"}`), answers(500, `{"reason":"Q"}`), answers(529, anthropicError), answers(503, `"Q"`), answers(402, `[{"error":{"message":"Q","status":"Q"}}]`),
	says(500, "text/plain", func(q string) string { return "cannot use " + q }),
	says(500, "text/plain", padded(994)), says(500, "text/plain", padded(295)), says(500, "text/plain", padded(988)),
	says(502, "text/html", func(q string) string { return "<html><body>key " + q + "</body></html>" }),
	says(401, "application/json", escaped), says(401, "application/json", slashed),
	{name: "redirect", serve: func(p *parrot, w http.ResponseWriter) {
		w.Header().Set("Location", "https://example.com/?key="+strings.NewReplacer("/", "%2F", "+", "%2B", "=", "%3D", " ", "%20").Replace(p.quote()))
		w.WriteHeader(http.StatusTemporaryRedirect)
	}},
	{name: "headers", serve: func(p *parrot, w http.ResponseWriter) {
		w.Header().Set("X-Debug-Authorization", "Bearer "+p.quote())
		w.Header().Set("Www-Authenticate", p.quote())
		w.Header().Set("Content-Type", "application/json; key="+p.quote())
		w.WriteHeader(http.StatusUnauthorized)
	}},
	{name: "headers of a good answer", serve: func(p *parrot, w http.ResponseWriter) {
		w.Header().Set("X-Request-Url", "https://x/?key="+p.quote())
		p.good(w)
	}},
	answers(200, openAIError), answers(200, anthropicError), answers(200, `{"Q`), answers(200, `{"Q":1,"Q":2}`), content(`{"choices":"Q","content":"Q","output":"Q"}`),
	content(`{"choices":[{"Q":1}],"content":[{"type":"Q"}],"stop_reason":5}`), answers(200, `{"error":"Q"}`), answers(200, `{"object":"error","message":"Q"}`),
	says(200, "text/html", func(q string) string { return "<html>" + q + "</html>" }), says(200, "application/json", escaped), says(200, "text/plain", func(q string) string { return q }),
	streams("error at once", false, openAIError, anthropicError, `{"message":"Q"}`),
	streams("error after content", true, openAIError, anthropicError, `{"message":"Q"}`),
	streams("error of another dialect", true, anthropicError, openAIError, `{"message":"Q"}`),
	streams("malformed event", true, `{"Q`, `{"Q`, `{"Q`),
	streams("malformed first event", false, `{"Q`, `Q`, `Q`),
	streams("duplicate names", true, `{"Q":1,"Q":2,"error":{"Q":1,"Q":2}}`, `{"type":"error","Q":1,"Q":2}`, `{"Q":1,"Q":2}`),
	content(`{"choices":[{"index":"Q","message":{"content":"Hi"}}],"content":[{"type":"text","text":{"Q":1}}],"created":"Q","output":{"message":{"role":"Q","content":"Q"}},"usage":{"inputTokens":"Q","input_tokens":"Q"}}`),
	streams("wrong types", true, `{"choices":{"Q":1},"usage":"Q"}`, `{"type":"content_block_delta","index":"Q"}`, `{"contentBlockIndex":"Q"}`).asContent(),
	streams("wrong types, nothing about the end", true, `{"choices":[{"index":{"Q":1},"delta":["Q"]}]}`, `{"type":"content_block_delta","index":0,"delta":"Q"}`, `{"contentBlockIndex":0,"delta":"Q"}`).asContent(),
	{name: "cut", serve: func(p *parrot, w http.ResponseWriter) {
		p.begin(w)
		panic(http.ErrAbortHandler)
	}},
	{name: "hangs up", serve: func(*parrot, http.ResponseWriter) { panic(http.ErrAbortHandler) }},
	{name: "silence", serve: func(p *parrot, w http.ResponseWriter) { time.Sleep(60 * time.Millisecond) }},
}

// streams is a mode that streams content, if asked for, and then an event in
// the form of each dialect.
func streams(name string, content bool, chat, messages, converse string) parrotMode {
	return parrotMode{name: "stream: " + name, serve: func(p *parrot, w http.ResponseWriter) {
		if content {
			p.begin(w)
		} else {
			w.Header().Set("Content-Type", p.streamType())
		}
		switch p.carrier.dialect {
		case "chat":
			write(w, "data: "+p.fill(chat)+"\n\n")
		case "messages":
			event := "error"
			if strings.Contains(messages, "content_block_delta") {
				event = "content_block_delta"
			}
			write(w, "event: "+event+"\ndata: "+p.fill(messages)+"\n\n")
		default:
			b := frame.AppendException(nil, "validationException", []byte(p.fill(converse)))
			if strings.Contains(converse, "contentBlockIndex") {
				b = frame.AppendEvent(nil, "contentBlockDelta", []byte(p.fill(converse)))
			}
			_, _ = w.Write(b)
		}
	}}
}

func (p *parrot) streamType() string {
	if p.carrier.dialect == "converse" {
		return "application/vnd.amazon.eventstream"
	}
	return "text/event-stream"
}

// begin commits a stream.
func (p *parrot) begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", p.streamType())
	switch p.carrier.dialect {
	case "chat":
		write(w, chunk("Hi"))
	case "messages":
		write(w, `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

`)
	default:
		b := frame.AppendEvent(nil, "messageStart", []byte(`{"role":"assistant"}`))
		_, _ = w.Write(frame.AppendEvent(b, "contentBlockDelta", []byte(`{"contentBlockIndex":0,"delta":{"text":"Hi"}}`)))
		_ = http.NewResponseController(w).Flush()
	}
}

// good is an answer with nothing wrong.
func (p *parrot) good(w http.ResponseWriter) {
	w.Header().Set("Content-Type", `application/json; key="`+p.quote()+`"`)
	switch p.carrier.dialect {
	case "chat":
		write(w, wholeChat)
	case "messages":
		write(w, `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`)
	default:
		write(w, `{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}`)
	}
}
