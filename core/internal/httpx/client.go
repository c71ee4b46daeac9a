package httpx

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// A Client sends requests. It follows no redirects, sends no cookies and has
// no timeout of its own: the request's context is the only bound. It is safe
// for concurrent use.
type Client struct {
	rt   http.RoundTripper
	used atomic.Int64 // when a connection was last in use, by the wall clock, in Unix nanoseconds
}

// NewClient makes a client that sends over rt: [NewTransport] or [Local].
func NewClient(rt http.RoundTripper) *Client { return &Client{rt: rt} }

// Do sends a request and returns the answer, whatever its status: a redirect
// is an answer too. The caller closes the body. Every error, also one of
// reading the body, is an [*Error]. The request's header belongs to Do.
//
// A POST whose connection had died before any byte of the answer came is sent
// once more on another one, if the request has a GetBody. An answer that is
// gzipped though nobody asked for it is unpacked.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	c.wake()
	replayable(req)
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return nil, classify(req.Context(), err, Unreachable)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, nil // its body is the connection, for writing too
	}
	resp.Body = &body{ReadCloser: resp.Body, ctx: req.Context(), client: c}
	if isGzip(resp.Header.Get("Content-Encoding")) && !acceptsGzip(req.Header) {
		unpack(resp)
	}
	return resp, nil
}

// replayable tells net/http that the request may be sent again when a reused
// connection turns out to be dead. A header without values is not sent. It is
// sent again once: net/http would do so on every connection that is kept, and
// an upstream that falls over the request would be given it on each.
func replayable(req *http.Request) {
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if _, ok := req.Header["Idempotency-Key"]; !ok {
		req.Header["Idempotency-Key"] = []string{}
	}
	body, again := req.GetBody, false
	if body == nil {
		return
	}
	req.GetBody = func() (io.ReadCloser, error) {
		if again {
			return nil, errDeadAgain
		}
		again = true
		return body()
	}
}

var errDeadAgain = errors.New("two connections in a row ended before anything was answered")

// wake closes connections that have been idle for too long. The transport's
// own timers stand still while a Lambda environment is frozen; the wall clock
// does not.
func (c *Client) wake() {
	now := time.Now().UnixNano()
	last := c.used.Swap(now)
	if last != 0 && time.Duration(now-last) > idleTimeout {
		c.CloseIdleConnections()
	}
}

// CloseIdleConnections closes the connections that no request uses.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.rt.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// body is an answer's body whose errors have a class.
type body struct {
	io.ReadCloser
	ctx    context.Context
	client *Client
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = classify(b.ctx, err, Broken)
	}
	return n, err
}

func (b *body) Close() error {
	b.client.used.Store(time.Now().UnixNano())
	return b.ReadCloser.Close()
}

// Limits of [Drain].
const (
	drainBytes = 256 << 10
	drainTime  = 250 * time.Millisecond
)

// Drain reads what is left of a body, so that its connection can be used
// again, and closes it. It stops after 256 kB or a quarter of a second: then a
// new connection is cheaper. It is for answers that end by themselves; a
// stream that is given up is just closed.
func Drain(rc io.ReadCloser) {
	giveUp := time.AfterFunc(drainTime, func() { rc.Close() })
	defer giveUp.Stop()
	io.CopyN(io.Discard, rc, drainBytes)
	rc.Close()
}
