package httpx

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Local returns a RoundTripper that answers a request by running h in this
// process. The answer streams: what h writes is read at once, and h waits
// for its reader.
//
// The request's context ends when the caller's does or when the body is
// closed; h must return then, for closing waits for it. A panic of h is an
// error of the request, or of reading the body once headers are out.
func Local(h http.Handler) http.RoundTripper { return local{h} }

type local struct{ h http.Handler }

func (l local) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	pr, pw := io.Pipe()
	w := &localWriter{header: http.Header{}, pipe: pw, started: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.serve(w, incoming(ctx, req))
	}()
	detach := context.AfterFunc(req.Context(), func() { pw.CloseWithError(context.Cause(ctx)) })
	stop := func() {
		detach()
		pr.Close()
		cancel()
		<-done
	}
	select {
	case <-w.started:
	case <-ctx.Done():
		stop()
		return nil, context.Cause(ctx)
	}
	if w.failed != nil {
		stop()
		return nil, w.failed
	}
	return &http.Response{
		Status: fmt.Sprint(w.status, " ", http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, ContentLength: -1, Request: req,
		Body: &localBody{pr, stop},
	}, nil
}

// serve runs the handler and tells the reader how it ended.
func (l local) serve(w *localWriter, req *http.Request) {
	defer req.Body.Close()
	defer func() {
		if r := recover(); r != nil {
			w.fail(fmt.Errorf("local handler: panic: %v", r))
		}
	}()
	l.h.ServeHTTP(w, req)
	if err := context.Cause(req.Context()); err != nil {
		w.fail(err) // it gave up: what it wrote is not a whole answer
		return
	}
	w.WriteHeader(http.StatusOK)
	w.pipe.Close()
}

// incoming is the request as a server would show it.
func incoming(ctx context.Context, req *http.Request) *http.Request {
	in := req.Clone(ctx)
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	return in
}

type localBody struct {
	io.Reader
	stop func()
}

func (b *localBody) Close() error {
	b.stop()
	return nil
}

// localWriter writes into a pipe, so nothing is ever buffered.
type localWriter struct {
	header  http.Header
	pipe    *io.PipeWriter
	once    sync.Once
	started chan struct{} // closed when the fields below are set
	status  int
	sent    http.Header
	failed  error
}

var _ http.Flusher = (*localWriter)(nil)

func (w *localWriter) Header() http.Header { return w.header }

func (w *localWriter) WriteHeader(status int) {
	if status < 200 { // informational: another one follows
		return
	}
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.started)
	})
}

func (w *localWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if len(p) == 0 {
		return 0, nil
	}
	return w.pipe.Write(p)
}

// Flush sends the headers; there is nothing else to send.
func (w *localWriter) Flush() { w.WriteHeader(http.StatusOK) }

func (w *localWriter) fail(err error) {
	w.once.Do(func() {
		w.failed = err
		close(w.started)
	})
	w.pipe.CloseWithError(err)
}
