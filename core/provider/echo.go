package provider

// Echo is a model inside the gateway. It costs nothing, needs no key and no
// network, and always gives the same answer to the same request, bytes and
// ids included. It speaks OpenAI's chat dialect, so that every other part of
// the gateway can be tried, tested and measured with it.
//
// It repeats the last thing the user said, a word at a time in a stream, and
// counts words as tokens. Its models differ in how long they wait before each
// word of a stream:
//
//	echo        20 ms, as does any other name
//	echo-slow   200 ms
//	echo-fast   not at all
//
// The last text of the user can be a command:
//
//	help            what else it can do
//	fail 429        an error with this status, from 400 to 599; 429 and 503
//	                come with Retry-After: 1
//	fail stream     the answer breaks off in the middle
//	fail error      status 200, but an error in place of an answer
//	fail empty      status 200, and nothing
//	fail timeout    no answer until the caller gives up
//	think …         reasoning, then the answer
//
// And the request can ask for more:
//
//	tools             those that the text names are called, or the one that
//	                  tool_choice forces; arguments are made from the schema.
//	                  A tool's result is repeated.
//	response_format   JSON that fits the schema, or {"echo": "…"}
//	reasoning_effort  reasoning, as with think; none is none
//	max_tokens, max_completion_tokens, stop, stream_options.include_usage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
)

func init() {
	add(Spec{
		ID: "echo", Name: "Echo (built in)", Docs: "core/provider/echo.go",
		BaseURL: "https://echo.invalid/v1", // never called: Local answers
		Local:   http.HandlerFunc(serveEcho), Keyless: true, KeepDeveloper: true,
	})
}

// maxEchoBody is above what the gateway itself lets in.
const maxEchoBody = 1 << 30

func serveEcho(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		echoError(w, http.StatusNotFound, "echo only answers POST …/chat/completions")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEchoBody))
	if err != nil {
		echoError(w, http.StatusBadRequest, "the request could not be read")
		return
	}
	var q echoRequest
	if err := json.Unmarshal(body, &q); err != nil {
		echoError(w, http.StatusBadRequest, "the request is not a chat completion: "+err.Error())
		return
	}
	sum := sha256.Sum256(body)
	a := echoAnswer{ID: hex.EncodeToString(sum[:6]), Model: q.Model}
	q.compose(&a)
	if cmd, arg, _ := strings.Cut(q.command(), " "); cmd == "fail" && echoFail(r.Context(), w, &q, &a, arg) {
		return
	}
	if q.Stream {
		a.stream(r.Context(), w, &q)
		return
	}
	writeEcho(w, http.StatusOK, a.whole())
}

// echoFail fails in the way that was asked for. It reports false if it knows
// none of that name.
func echoFail(ctx context.Context, w http.ResponseWriter, q *echoRequest, a *echoAnswer, how string) bool {
	switch how {
	case "timeout":
		<-ctx.Done()
	case "empty":
		w.Header().Set("Content-Type", echoType(q.Stream))
		w.WriteHeader(http.StatusOK)
	case "error":
		echoBrokenPromise(w, q.Stream)
	case "stream":
		a.cut = true
		if q.Stream {
			a.stream(ctx, w, q)
			break
		}
		whole := a.whole()
		writeEcho(w, http.StatusOK, whole[:len(whole)/2])
	default:
		status, err := strconv.Atoi(how)
		if err != nil || status < 400 || status > 599 {
			return false
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		echoError(w, status, fmt.Sprintf("you asked for this: fail %d", status))
	}
	return true
}

// echoBrokenPromise is an error behind a status of 200, as some providers
// have it.
func echoBrokenPromise(w http.ResponseWriter, stream bool) {
	body := echoErrorBody("you asked for this: fail error")
	if stream {
		body = frame.AppendSSE(nil, "", body)
	}
	w.Header().Set("Content-Type", echoType(stream))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
}

func echoType(stream bool) string {
	if stream {
		return "text/event-stream"
	}
	return "application/json"
}

func echoError(w http.ResponseWriter, status int, message string) {
	writeEcho(w, status, echoErrorBody(message))
}

func echoErrorBody(message string) []byte {
	return append(append([]byte(`{"error":{"message":`), json.Quote(message)...), `,"type":"echo_error","param":null,"code":null}}`...)
}

func writeEcho(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", echoType(false))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone
}

// pause is how long a model waits before each word of a stream.
func (q *echoRequest) pause() time.Duration {
	switch q.Model {
	case "echo-fast":
		return 0
	case "echo-slow":
		return 200 * time.Millisecond
	}
	return 20 * time.Millisecond
}
