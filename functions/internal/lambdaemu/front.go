package lambdaemu

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// integrationType is what the body of a streamed HTTP answer is sent as: a
// JSON object, eight NUL bytes, and the body of the answer.
const integrationType = "application/vnd.awslambda.http-integration-response"

// serveURL is the function URL.
func (e *Emulator) serveURL(w http.ResponseWriter, r *http.Request) {
	id := newID()
	w.Header().Set("X-Amzn-Requestid", id)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			tooLarge(w)
		}
		return
	}
	event, err := newEvent(id, r, body)
	switch {
	case err != nil:
		failure(w, http.StatusBadRequest, `{"Message":"Bad Request"}`)
		return
	case len(event) > maxPayload:
		tooLarge(w)
		return
	}
	e.invoke(w, r, newInvocation(id, event))
}

// invoke waits for the answer, however long the client does.
func (e *Emulator) invoke(w http.ResponseWriter, r *http.Request, inv *invocation) {
	defer inv.consume()
	a, err := e.ask(r.Context(), inv)
	switch {
	case errors.Is(err, errThrottled):
		failure(w, http.StatusTooManyRequests, `{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`)
	case err != nil || a.body == nil:
		if err != nil {
			e.logf("RequestId: %s not invoked: %v", inv.id, err)
		}
		internalError(w)
	case e.config.Buffered:
		e.sendBuffered(w, a)
	default:
		e.sendStream(w, r, inv, a)
	}
}

// ask hands inv to a process.
func (e *Emulator) ask(ctx context.Context, inv *invocation) (answer, error) {
	env, err := e.acquire(ctx)
	if err != nil {
		return answer{}, err
	}
	env.work <- inv
	select {
	case a := <-inv.answers:
		return a, nil
	case <-env.exited:
		inv.fail("error", "Runtime.ExitError") // if it died before it had it
		return <-inv.answers, nil
	}
}

// prelude is how an answer says its status and headers.
type prelude struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Cookies    []string          `json:"cookies"`
}

func (p prelude) write(w http.ResponseWriter) {
	for name, value := range p.Headers {
		w.Header().Set(name, value)
	}
	for _, c := range p.Cookies {
		w.Header().Add("Set-Cookie", c)
	}
	if p.StatusCode == 0 {
		p.StatusCode = http.StatusOK
	}
	w.WriteHeader(p.StatusCode)
}

func (e *Emulator) sendStream(w http.ResponseWriter, r *http.Request, inv *invocation, a answer) {
	body := bufio.NewReaderSize(a.body, 64<<10)
	p := prelude{Headers: map[string]string{"Content-Type": a.contentType}}
	if a.contentType == integrationType {
		var err error
		if p, err = readPrelude(body); err != nil {
			e.logf("no answer to an HTTP request: %v", err)
			internalError(w)
			return
		}
	}
	switch _, err := body.Peek(1); err {
	case nil:
	case io.EOF: // as it was seen with real streaming URLs
		e.logf("RequestId: %s The streamed answer has no body: the client hangs", inv.id)
		inv.consume()
		<-r.Context().Done()
		return
	default:
		internalError(w)
		return
	}
	p.write(w)
	if err := pass(w, body); err != nil {
		panic(http.ErrAbortHandler) // the process has died: so does the stream
	}
}

// pass copies chunks as they come. When the client has left it reads on, since
// the function is not told.
func pass(w http.ResponseWriter, body io.Reader) error {
	out := http.NewResponseController(w)
	buf := make([]byte, 32<<10)
	var left bool
	for {
		n, err := body.Read(buf)
		if n > 0 && !left {
			_, werr := w.Write(buf[:n])
			left = errors.Join(werr, out.Flush()) != nil
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readPrelude reads up to the eight NUL bytes.
func readPrelude(r *bufio.Reader) (p prelude, err error) {
	var raw []byte
	for !bytes.HasSuffix(raw, make([]byte, 8)) {
		b, err := r.ReadByte()
		if err != nil {
			return p, fmt.Errorf("reading the prelude: %w", err)
		}
		if raw = append(raw, b); len(raw) > 1<<20 {
			return p, errors.New("the prelude does not end")
		}
	}
	if err := json.Unmarshal(raw[:len(raw)-8], &p); err != nil {
		return p, fmt.Errorf("reading the prelude: %w", err)
	}
	return p, nil
}

// buffered is an answer in the invoke mode BUFFERED. One that has no status is
// taken as the body.
type buffered struct {
	prelude
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

func (e *Emulator) sendBuffered(w http.ResponseWriter, a answer) {
	raw, err := io.ReadAll(io.LimitReader(a.body, maxPayload))
	if err != nil || !json.Valid(raw) {
		e.logf("no answer to an HTTP request: %d bytes of %s (%v)", len(raw), a.contentType, err)
		internalError(w)
		return
	}
	b := buffered{}
	b.Headers = map[string]string{"Content-Type": "application/json"}
	body := raw
	if err := json.Unmarshal(raw, &b); err == nil && b.StatusCode != 0 {
		if body = []byte(b.Body); b.IsBase64Encoded {
			body, err = base64.StdEncoding.DecodeString(b.Body)
		}
		if err != nil {
			internalError(w)
			return
		}
	}
	b.write(w)
	w.Write(body)
}

// AWS documents the statuses of these, not the words.
func tooLarge(w http.ResponseWriter) {
	failure(w, http.StatusRequestEntityTooLarge, fmt.Sprintf(`{"Message":"Request must be smaller than %d bytes for the InvokeFunction operation"}`, maxPayload))
}

func internalError(w http.ResponseWriter) {
	failure(w, http.StatusBadGateway, "Internal Server Error")
}

func failure(w http.ResponseWriter, status int, body string) {
	maps.Copy(w.Header(), http.Header{"Content-Type": {"application/json"}})
	w.WriteHeader(status)
	io.WriteString(w, body)
}
