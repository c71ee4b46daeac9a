package jobs

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/upstream"
)

// A request is one call for one target.
type request struct {
	call   *core.Call
	target upstream.Target
	upstream.Resource
}

func newRequest(c *core.Call, t upstream.Target) *request {
	return &request{c, t, upstream.ResourceOf(c)}
}

// A cloud keeps files in a store of objects and runs jobs over them.
type cloud interface {
	upload(ctx context.Context) (*core.Reply, error)
	shelf() (*shelf, error)
	batches(ctx context.Context) (*core.Reply, error)
	tunings(ctx context.Context) (*core.Reply, error)
}

// serve answers a call on what a cloud keeps. id is the provider's.
func (r *request) serve(ctx context.Context, c cloud, id string) (*core.Reply, error) {
	switch f := r.Function(); {
	case f == "uploadFile":
		return c.upload(ctx)
	case f == "retrieveFile", f == "deleteFile", f == "retrieveFileContent" && r.Sub == "content":
		s, err := c.shelf()
		if err != nil {
			return nil, err
		}
		return s.serve(ctx, r)
	case r.Operation == llm.Batches:
		return c.batches(ctx)
	case r.Operation == llm.FineTune:
		return c.tunings(ctx)
	}
	return nil, r.Unsupported(id)
}

func (r *request) option(key string) string { return r.target.Settings.Option(key) }

// object is the body as a JSON object.
func (r *request) object() (json.Object, error) {
	if r.call.Once() {
		return nil, llm.Errorf(llm.TooLarge, "the request body is larger than the limit")
	}
	ms, err := json.Members(r.call.Body)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the request body must be a JSON object")
	}
	return ms, nil
}

// required is a member that must be a text.
func required(o json.Object, name string) (string, error) {
	if v := json.Unquote(o.Get(name)); v != "" {
		return v, nil
	}
	return "", &llm.Error{Kind: llm.BadRequest, Message: name + " is required", Param: name}
}

// page is the part of a list that a client asks for.
type page struct {
	limit int
	after string
}

// pageOf reads limit and after as OpenAI has them.
func (r *request) page() (page, error) {
	q, err := url.ParseQuery(r.call.Query)
	if err != nil {
		return page{}, llm.Errorf(llm.BadRequest, "the query cannot be read")
	}
	p := page{limit: 20, after: q.Get("after")}
	if text := q.Get("limit"); text != "" {
		if p.limit, err = strconv.Atoi(text); err != nil || p.limit < 1 || p.limit > 100 {
			return p, &llm.Error{Kind: llm.BadRequest, Message: "limit must be a number from 1 to 100", Param: "limit"}
		}
	}
	return p, nil
}

// answer makes a reply of an object that is written.
func answer(body []byte) *core.Reply { return core.NewBody(llm.OpenAIChat, nil, body) }

// stream makes a reply of a file.
func stream(r io.Reader, c io.Closer) *core.Reply {
	reply := core.NewRelay(struct {
		io.Reader
		io.Closer
	}{r, c}, func() { c.Close() })
	reply.Header = http.Header{"Content-Type": {"application/octet-stream"}}
	return reply
}

// maxAnswer is how much of a job's description is read, in bytes.
const maxAnswer = 8 << 20

// read reads a provider's answer, which must be an object with a good status.
func read(resp *http.Response, provider string) (json.Object, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, &llm.Error{Kind: llm.Truncated, Provider: provider, Message: "the answer broke off", Err: err}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, refused(resp, body, provider)
	}
	ms, err := json.Members(body)
	if err != nil && len(body) > 0 {
		return nil, &llm.Error{Kind: llm.Upstream, Provider: provider, Message: "its answer is not a JSON object", Err: err}
	}
	return ms, nil
}

// refused is a provider's error: Google's {"error":{"message"}}, Amazon's
// {"message"}, or plain text. What the request was sent with is taken out:
// Amazon quotes the headers of a signature that it does not like, the token of
// a session among them.
func refused(resp *http.Response, body []byte, provider string) *llm.Error {
	e := &llm.Error{Kind: llm.KindOfStatus(resp.StatusCode), Status: resp.StatusCode, Provider: provider}
	o := json.ObjectOf(body)
	if inner := json.ObjectOf(o.Get("error")); inner != nil {
		o = inner
	}
	text := string(body[:min(len(body), 500)])
	e.Message = cmp.Or(json.Unquote(o.Get("message")), json.Unquote(o.Get("Message")), text, http.StatusText(resp.StatusCode))
	e.Message = sentWith(resp).Text(e.Message)
	e.Code = cmp.Or(json.Unquote(o.Get("status")), resp.Header.Get("X-Amzn-Errortype"))
	return e
}

// sentWith are the credentials in the headers of the request that an answer is
// for. They may have been bought on the way, so that no setting has them.
func sentWith(resp *http.Response) redact.Secrets {
	if resp.Request == nil {
		return redact.Secrets{}
	}
	return redact.New(redact.OfHeader(resp.Request.Header)...)
}

// A sender makes one request to a provider's job API.
type sender func(ctx context.Context, method, path string, query url.Values, body []byte) (json.Object, error)

// unreadable is an answer that is not what it should be.
func unreadable(r *request, err error) *llm.Error {
	return &llm.Error{Kind: llm.Upstream, Provider: r.target.Spec.ID, Message: "its answer cannot be read", Err: err}
}
