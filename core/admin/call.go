package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/json"
	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/logs"
	"sluice/core/store/driver"
)

// A call is one request.
type call struct {
	*admin
	w    http.ResponseWriter
	r    *http.Request
	who  core.Principal
	vars []string // what stands for {} in the path
}

func (c *call) ctx() context.Context { return c.r.Context() }

// answer finds out who asks before it says what there is.
func (c *call) answer(path []string) (err error) {
	rt, vars, allowed := find(c.r.Method, path)
	if rt == nil || !rt.open {
		if c.who, _, err = c.Auth.Authenticate(c.ctx(), c.r.Header); err != nil {
			return err
		}
	}
	switch {
	case rt != nil:
		c.vars = vars
		return rt.answer(c)
	case allowed != nil:
		c.w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &llm.Error{Kind: llm.BadRequest, Status: http.StatusMethodNotAllowed, Message: "the path does not have this method"}
	}
	return llm.Errorf(llm.NotFound, "there is no such path")
}

// maxBody is the largest request, in bytes: what Lambda takes.
const maxBody = 6 << 20

// body reads the request's.
func (c *call) body() ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, llm.Errorf(llm.BadRequest, "the request body could not be read")
	case len(b) > maxBody:
		return nil, llm.Errorf(llm.TooLarge, "the request body has more than %d bytes", maxBody)
	case !json.Valid(b):
		return nil, llm.Errorf(llm.BadRequest, "the request body is not JSON")
	}
	return b, nil
}

// wrong says what is the matter with a member or parameter.
func wrong(name, what string) error {
	return &llm.Error{Kind: llm.BadRequest, Param: name, Message: name + " " + what}
}

// write sends an answer.
func (c *call) write(status int, body []byte) {
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body)
}

// reply sends what was asked for.
func (c *call) reply(v any) error {
	body, err := json.Marshal(v)
	if err == nil {
		c.write(http.StatusOK, body)
	}
	return err
}

// codes are the hosted service's words for kinds of errors.
var codes = map[llm.ErrorKind]string{llm.BadRequest: "AB01", llm.TooLarge: "AB01", llm.Forbidden: "AB03", llm.Internal: "AB04", llm.NotFound: "AB08"}

// refuse sends an error. Of a fault of ours the log has the text, and the
// client an id that stands beside it.
func (c *call) refuse(err error) {
	e := *asError(err)
	if e.Code == "" {
		e.Code = codes[e.Kind]
	}
	if e.Kind == llm.Internal {
		id := rand.Text()
		c.w.Header().Set("X-Sluice-Request-Id", id)
		own := redact.New(redact.OfRequest(c.r.Header, c.r.URL.RawQuery)...) // nobody knows what a bug prints
		c.Log.ErrorContext(c.ctx(), "internal error", "request", id, "error", own.Text(err.Error()))
	}
	if e.RetryAfter > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	c.write(e.HTTPStatus(), openaichat.Codec{}.EncodeError(&e, dialect.Options{}))
}

// asError gives every error a kind. What has none is a fault of ours.
func asError(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	for _, absent := range []error{logs.ErrNotFound, logs.ErrNoExport, logs.ErrNoFeedback} {
		if errors.Is(err, absent) {
			return &llm.Error{Kind: llm.NotFound, Message: absent.Error()}
		}
	}
	if away, ok := errors.AsType[*driver.Unavailable](err); ok {
		return &llm.Error{
			Kind: llm.Overloaded, RetryAfter: max(away.RetryAfter, time.Second), Message: "the store cannot be reached at the moment", Err: err,
		}
	}
	if errors.Is(err, context.Canceled) {
		return &llm.Error{Kind: llm.Canceled, Message: "the client has gone"}
	}
	return &llm.Error{Kind: llm.Internal, Message: "internal error", Err: err}
}
