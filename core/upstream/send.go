package upstream

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
)

func (x *exchange) send(ctx context.Context) (*core.Reply, error) {
	if x.task != nil {
		return x.sendTask(ctx)
	}
	resp, err := x.roundTrip(ctx)
	x.secrets = x.credentials()
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer httpx.Drain(resp.Body)
		return nil, x.refused(resp)
	}
	switch {
	case x.relayed():
		return x.relay(resp), nil
	case x.endpoint.Codec == nil:
		return x.own(ctx, resp)
	case x.call.Stream && !isJSON(resp.Header):
		return x.stream(ctx, resp)
	}
	return x.whole(resp)
}

func (x *exchange) roundTrip(ctx context.Context) (*http.Response, error) {
	spec, settings := x.target.Spec, x.target.Settings
	header := x.headers()
	if spec.Transport != "" {
		maps.Copy(header, x.target.ForwardHeaders)
	}
	if t := spec.Transport; t != "" {
		ctx, way := x.watch.sending(ctx)
		defer way.done()
		resp, err := x.client.Transports[t].Send(ctx, settings, Message{
			Operation: x.call.Operation, Stream: x.call.Stream, Path: x.endpoint.Path, Model: x.model, Body: x.body, Header: header,
		})
		if err == nil && resp.Request != nil {
			x.sent = resp.Request.Header
		}
		return resp, err
	}
	u, method, err := x.address()
	if err != nil {
		return nil, err
	}
	var body io.Reader = bytes.NewReader(x.body)
	if x.call.Upload != nil {
		body = x.call.Upload
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if x.call.Upload != nil {
		req.ContentLength = x.call.Length
	}
	req.Header = header
	if err := spec.Authorize(ctx, req, settings); err != nil {
		return nil, err
	}
	for k, vs := range x.target.ForwardHeaders {
		req.Header[k] = vs
	}
	if spec.Signed != "" {
		if err := x.sign(ctx, req); err != nil {
			return nil, err
		}
	}
	x.sent = req.Header
	return x.do(req)
}

// do sends a request that is ready.
func (x *exchange) do(req *http.Request) (*http.Response, error) {
	ctx, way := x.watch.sending(req.Context())
	defer way.done()
	if way != nil {
		req = req.WithContext(ctx)
	}
	if local := x.target.Spec.Local; local != nil {
		return httpx.Local(local).RoundTrip(req)
	}
	return x.client.HTTP.Do(req)
}

func (x *exchange) address() (*url.URL, string, error) {
	spec, settings := x.target.Spec, x.target.Settings
	if x.relayed() {
		u, err := spec.RelayURL(settings, x.rest(), forwardQuery(x.call.Query))
		return u, x.call.Method, err
	}
	r := provider.Request{Model: x.model, Stream: x.call.Stream, Query: forwardQuery(x.call.Query), Body: x.plain}
	if x.native && !x.call.Dialect.NamesModel() {
		r.Path = x.call.Path
	}
	u, err := spec.Resolve(settings, x.endpoint, r)
	if err == nil && x.endpoint.Codec == nil && x.task == nil && u.RawQuery == "" {
		u.RawQuery = r.Query
	}
	return u, http.MethodPost, err
}

// errorTime is how long the body of an error is waited for. Its status says
// enough for others to be tried.
const errorTime = 5 * time.Second

// refused reads an error answer, as far as it comes.
func (x *exchange) refused(resp *http.Response) error {
	late := time.AfterFunc(errorTime, func() { resp.Body.Close() })
	defer late.Stop()
	body, _ := io.ReadAll(io.LimitReader(&pulse{resp.Body, x.watch, true}, maxErrorBody))
	return x.decodeError(resp.StatusCode, resp.Header, body)
}

// decodeError hides credentials before the body is read: a codec may keep a
// part of it only, and with it a part of a key.
func (x *exchange) decodeError(status int, h http.Header, body []byte) *llm.Error {
	var e *llm.Error
	body = x.secrets.JSON(body)
	if x.task != nil {
		e = x.task.DecodeError(status, h, body)
	}
	if e == nil && x.codec != nil {
		e = x.codec.DecodeError(status, h, body)
	}
	if e == nil {
		e = &llm.Error{Kind: llm.KindOfStatus(status), Status: status, Message: http.StatusText(status), Raw: body, RawType: h.Get("Content-Type")}
	}
	e.Provider, e.Header = x.target.Spec.ID, x.clientHeaders(h)
	e.RetryAfter = cmp.Or(e.RetryAfter, dialect.RetryAfter(h)) // not all dialects have a word for it
	return e
}

// whole reads an unstreamed answer and makes sure that it is one, as long as
// another target may be asked: providers have been seen to send errors, HTML
// and half an object with a status of 200.
func (x *exchange) whole(resp *http.Response) (*core.Reply, error) {
	defer resp.Body.Close()
	body, err := x.readAnswer(resp)
	if err != nil {
		return nil, err
	}
	members, err := json.Pick(body, "error", "type", "object")
	if err != nil {
		return nil, x.unreadable(describe(resp.Header, body), err)
	}
	if tellsError(members) {
		return nil, x.hidden(resp, body)
	}
	if c, ok := x.codec.(heedful); ok {
		c.Heed(resp.Header)
	}
	r := core.NewBody(x.endpoint.Codec.Dialect(), discreet{x.codec, x.secrets}, body)
	if x.generates() {
		if _, err := r.Response(); err != nil { // decoded once, and what it used is asked for in any case
			return nil, err
		}
	}
	return x.finish(r, resp), nil
}

// generates reports whether the answer has to be one to a conversation, in a
// form that is known. InvokeModel carries those of models that nobody here
// knows, as they are.
func (x *exchange) generates() bool {
	return x.call.Operation == llm.Generate && !(x.native && x.call.Dialect == llm.InvokeModel)
}

func (x *exchange) readAnswer(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(&pulse{resp.Body, x.watch, true}, maxAnswer+1))
	switch {
	case err != nil:
		return nil, broken(err)
	case len(body) > maxAnswer:
		return nil, x.unreadable("its answer is too large", nil)
	}
	return body, nil
}

// A heedful exchange reads something of the headers of an answer.
type heedful interface{ Heed(http.Header) }

// hidden is an error that came with a good status.
func (x *exchange) hidden(resp *http.Response, body []byte) error {
	_, err := x.codec.DecodeResponse(x.secrets.JSON(body))
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		e = x.decodeError(http.StatusBadGateway, resp.Header, body)
	}
	e.Provider, e.Header = x.target.Spec.ID, x.clientHeaders(resp.Header)
	return e
}

func (x *exchange) unreadable(what string, err error) *llm.Error {
	return &llm.Error{Kind: llm.Upstream, Provider: x.target.Spec.ID, Message: what, Err: err}
}

func describe(h http.Header, body []byte) string {
	switch {
	case len(body) == 0:
		return "its answer is empty"
	case strings.Contains(h.Get("Content-Type"), "html"):
		return "it answered with a web page instead of JSON"
	}
	return "its answer is not valid JSON"
}

func isJSON(h http.Header) bool {
	t, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return t == "application/json" || strings.HasSuffix(t, "+json")
}

func (x *exchange) finish(r *core.Reply, resp *http.Response) *core.Reply {
	r.Status, r.Header = resp.StatusCode, x.clientHeaders(resp.Header)
	if t, ok := x.client.Transports[x.target.Spec.Transport].(Located); ok {
		r.Region = t.Region(x.target.Settings)
	}
	r.Repeats = x.prefill.Repeats
	r.Provider, r.Model, r.Dropped, r.Strict = x.target.Spec.ID, x.model, x.dropped, x.target.Strict
	return r
}

// withheld are the provider's headers that are not the client's business:
// they describe the other connection, or would act in the client's browser.
var withheld = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true, "Content-Length": true, "Content-Encoding": true,
	"Content-Type": true, "Set-Cookie": true, "Alt-Svc": true, "Strict-Transport-Security": true,
	"Openai-Organization": true, "Openai-Project": true, // the operator's, perhaps
	"Date": true, "Server": true, "Vary": true, "Nel": true, "Report-To": true, "Www-Authenticate": true,
	"Location": true, "Refresh": true,
}

func (x *exchange) clientHeaders(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for k, vs := range h {
		if withheld[k] || strings.HasPrefix(k, "Access-Control-") || strings.HasPrefix(k, "X-Accel-") || strings.HasPrefix(k, "X-Portkey-") || strings.HasPrefix(k, "X-Sluice-") {
			continue
		}
		out[k] = vs
	}
	x.secrets.Header(out)
	return out
}

// fail gives every error a kind and hides what the client must not see.
func (x *exchange) fail(ctx context.Context, err error) error {
	e := classify(ctx, err)
	if e.Provider == "" && blames(ctx, e) {
		e.Provider = x.target.Spec.ID
	}
	hideIn(e, x.secrets)
	return e
}

// blames reports whether an error that names nobody is the provider's. A
// timeout is, unless the client's time was up: what the watch for the provider
// finds names it, and the rest are limits of the client, and hosts of media.
func blames(ctx context.Context, e *llm.Error) bool {
	switch e.Kind {
	case llm.Invalid, llm.Unsupported, llm.BadRequest, llm.Canceled:
		return false
	case llm.Timeout:
		return ctx.Err() == nil && e.Err != nil
	}
	return true
}
