package lambdaemu

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// runtimeAPI is what the process talks to.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
func (v *environment) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", v.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", v.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", v.invocationError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", v.initError)
	return mux
}

func (v *environment) next(w http.ResponseWriter, r *http.Request) {
	v.settle()
	inv, ok := v.take(r.Context())
	if !ok {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(v.emu.config.Timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+region+":"+account+":function:"+v.emu.config.Name)
	h.Set("Lambda-Runtime-Trace-Id", "Root="+traceRoot(inv.id)+";Parent=53995c3f42cd8ad8;Sampled=0")
	w.Write(inv.event)
}

// response lets the front read the body as it comes, then looks for an error
// in the trailers. The front reads on when its client has left.
func (v *environment) response(w http.ResponseWriter, r *http.Request) {
	inv, ok := v.invocation(r.PathValue("id"))
	if !ok || inv.isAnswered() {
		refuse(w, "InvalidRequestID")
		return
	}
	inv.answer(answer{contentType: r.Header.Get("Content-Type"), body: r.Body})
	<-inv.consumed
	if n, _ := io.Copy(io.Discard, r.Body); v.emu.config.Buffered && n > 0 {
		// The front has read what is allowed and left the rest.
		inv.note("error", "Function.ResponseSizeTooLarge")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		fmt.Fprintf(w, `{"errorMessage":"Exceeded maximum allowed payload size (%d bytes).","errorType":"RequestEntityTooLarge"}`, maxPayload)
		return
	}
	if typ := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); typ != "" {
		b, _ := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		inv.note("error", typ)
		v.emu.logf("RequestId: %s Error in the stream: %s", inv.id, b)
	}
	accept(w)
}

func (v *environment) invocationError(w http.ResponseWriter, r *http.Request) {
	inv, ok := v.invocation(r.PathValue("id"))
	if !ok || inv.isAnswered() {
		refuse(w, "InvalidRequestID")
		return
	}
	b, _ := io.ReadAll(r.Body)
	v.emu.logf("RequestId: %s Error: %s", inv.id, b)
	inv.fail("error", cmp.Or(r.Header.Get("Lambda-Runtime-Function-Error-Type"), "Unhandled"))
	accept(w)
}

// initError is told before the process gives up; its end is what counts.
func (v *environment) initError(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	v.emu.logf("Error while starting: %s", b)
	accept(w)
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, typ string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"errorMessage":"not an invocation that waits for an answer","errorType":%q}`, typ)
}
