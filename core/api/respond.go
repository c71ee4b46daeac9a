package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/usage"
)

// answer calls the handler and writes what it says.
func (q *request) answer(h core.Handler) {
	if q.call.Stream {
		q.answerStream(h)
		return
	}
	reply, err := h.Handle(q.context(), q.call)
	if err != nil {
		q.refuse(err)
		return
	}
	defer reply.Close()
	body := reply.Relay()
	switch {
	case body != nil:
		q.relayed(reply, body)
	case reply.Stream(): // a config's overrides made it one
		s := q.newStream()
		defer s.stop()
		s.run(reply)
	default:
		q.whole(reply)
	}
}

// relayed hands an answer on as it comes, each piece at once.
func (q *request) relayed(reply *core.Reply, body io.Reader) {
	q.head(reply)
	q.explain(reply, nil)
	q.begin(reply.Status)
	q.w.WriteHeader(reply.Status)
	_, err := io.Copy(flushing{q.w, http.NewResponseController(q.w)}, body)
	q.record(reply, reply.Status, err)
	if _, told := errors.AsType[*core.Told](err); err != nil && !told {
		reply.Close()
		panic(http.ErrAbortHandler) // a cut body must not look like a whole one
	}
}

// flushing sends each piece on its way.
type flushing struct {
	w  io.Writer
	rc *http.ResponseController
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = f.rc.Flush()
	}
	if err != nil {
		err = gone(err)
	}
	return n, err
}

// whole writes an answer in one piece.
func (q *request) whole(reply *core.Reply) {
	body, err := q.encode(reply)
	if err != nil {
		q.refuse(&core.Failure{Option: reply.Option, Provider: reply.Provider, Retries: reply.Retries, Err: err})
		return
	}
	body = withHooks(body, reply.Hooks)
	q.head(reply)
	q.tellCost(reply)
	q.begin(reply.Status)
	writeJSON(q.w, q.r, reply.Status, body)
	if reply.Denied != nil {
		q.record(reply, asError(reply.Denied).HTTPStatus(), reply.Denied)
		return
	}
	q.record(reply, reply.Status, nil)
}

// tellCost writes the headers of what an answer costs, together with the
// attempts that cost something beside it.
func (q *request) tellCost(reply *core.Reply) {
	cost := q.bill(reply)
	if reply.Cache.Hit() {
		cost, _ = usage.Free(cost)
	}
	q.explain(reply, cost)
	if cost == nil {
		return
	}
	if sum := usage.Sum(cost, usage.AttemptsOf(q.call.Trace, q.billOf)); sum != nil {
		cost = sum
	}
	header.Set(q.w.Header(), "X-Sluice-Cost", cost.String())
}

// encode forwards the provider's own bytes when they are in the client's
// dialect and still say what the reply says.
func (q *request) encode(reply *core.Reply) ([]byte, error) {
	if reply.Dialect == q.call.Dialect && !reply.Stream() && reply.Raw() {
		return reply.Body(), nil
	}
	resp, err := reply.Response()
	if err != nil {
		return nil, err
	}
	if c, ok := q.route.dialect.(dialect.Counter); ok && q.call.Operation == llm.CountTokens {
		return c.EncodeCountTokens(counted(resp)), nil
	}
	o := q.options(reply)
	reply.Dropped = append(slices.Clip(reply.Dropped), dialect.LeftOut(resp, q.call.Dialect, o.Strict)...)
	return q.route.dialect.EncodeResponse(resp, o)
}

func counted(resp *llm.Response) int64 {
	if resp.Usage == nil {
		return 0
	}
	return resp.Usage.Prompt()
}

// head writes the headers that describe a reply.
func (q *request) head(reply *core.Reply) {
	h := q.w.Header()
	for k, vs := range reply.Header {
		h[k] = vs
	}
	q.target(reply.Option, reply.Provider, reply.Retries, reply.Cache)
	if len(reply.Dropped) > 0 {
		header.Set(h, "X-Sluice-Dropped", headerList(reply.Dropped))
	}
}

// target writes the headers that name the target, as the reference has them.
func (q *request) target(option, provider string, retries int, cache core.CacheStatus) {
	h := q.w.Header()
	if option == "" {
		return
	}
	header.Set(h, "X-Portkey-Last-Used-Option-Index", option)
	header.Set(h, "X-Portkey-Provider", provider)
	header.Set(h, "X-Portkey-Retry-Attempt-Count", strconv.Itoa(retries))
	header.Set(h, "X-Portkey-Cache-Status", string(cmp.Or(cache, core.CacheDisabled)))
}

// headerList joins names within the 1 KB that every proxy lets through.
func headerList(names []string) string {
	const limit = 1024
	var b strings.Builder
	for i, n := range names {
		n = strings.ReplaceAll(printable(n), ",", "?")
		if b.Len()+len(n) > limit {
			b.WriteString(", and " + strconv.Itoa(len(names)-i) + " more")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n)
	}
	return b.String()
}

// refuse writes an error, in the dialect of the route.
func (q *request) refuse(err error) {
	e := asError(err)
	q.fault(err)
	h := q.w.Header()
	for k, vs := range e.Header {
		h[k] = vs
	}
	if f, ok := errors.AsType[*core.Failure](err); ok && e.Kind != llm.Unsupported && e.Kind != llm.Invalid {
		q.target(f.Option, f.Provider, f.Retries, f.Cache)
	}
	if e.Kind == llm.Denied && (e.Hooks == nil || e.Hooks.After == nil) {
		h.Del("X-Portkey-Cache-Status") // nobody has got as far as that
	}
	header.Set(h, "X-Portkey-Request-Id", q.id)
	if e.Provider == "" && (e.Kind == llm.Unsupported || e.Kind == llm.Internal) {
		header.Set(h, "X-Portkey-Gateway-Exception", "true")
	}
	if e.RetryAfter > 0 && header.Get(h, "Retry-After") == "" {
		header.Set(h, "Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	q.label(e)
	q.explainFailure()
	status := e.HTTPStatus()
	if e.Kind == llm.Overloaded && e.Status == 0 && e.Provider != "" && q.route.overloaded != 0 {
		status = q.route.overloaded
	}
	q.begin(status)
	if q.route.relay && e.Raw != nil {
		header.Set(q.w.Header(), "Content-Type", e.RawType) // the provider's own words, as of everything that is relayed
		q.w.WriteHeader(status)
		_, _ = q.w.Write(e.Raw)
	} else {
		writeJSON(q.w, q.r, status, withHooks(q.errorBody(e), e.Hooks))
	}
	q.record(nil, status, err)
}

// label sets the headers that clients of the route's dialect read.
func (q *request) label(e *llm.Error) {
	if l, ok := q.route.dialect.(dialect.Labeller); ok {
		l.Label(q.w.Header(), q.id, e)
	}
}

// errorBody gives the validator's refusals the reference's own form on the
// routes of OpenAI. SDKs read the error member, which that form lacks, so clients
// that show to be one get it as well.
func (q *request) errorBody(e *llm.Error) []byte {
	codec := q.route.dialect
	if e.Kind != llm.Invalid && e.Kind != llm.Unsupported || e.Provider != "" || !codec.Dialect().OpenAI() {
		return codec.EncodeError(e, q.options(nil))
	}
	body := appendMembers(nil, "status", "failure", "message", e.Message)
	var edits []json.Edit
	if len(e.Details) > 0 {
		list, _ := json.Marshal(e.Details)
		edits = append(edits, json.Edit{Name: "errors", Value: list})
	}
	if isSDK(q.r.Header) {
		edits = append(edits, json.Edit{Name: "error", Value: json.Lookup(codec.EncodeError(e, q.options(nil)), "error")})
	}
	body, _ = json.Splice(body, edits...)
	return body
}

// isSDK reports whether a client reads errors as OpenAI's SDKs do.
func isSDK(h http.Header) bool {
	agent := strings.ToLower(header.Get(h, "User-Agent"))
	return header.Get(h, "X-Stainless-Lang") != "" || strings.Contains(agent, "openai") || strings.Contains(agent, "ai-sdk")
}

// asError gives every error a kind. What has none is a fault of ours, and its
// text is nobody else's business.
func asError(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	if errors.Is(err, context.Canceled) {
		return &llm.Error{Kind: llm.Canceled, Message: "the client has gone", Err: err}
	}
	return &llm.Error{Kind: llm.Internal, Message: "internal error", Err: err}
}

// writeJSON writes a whole answer; with the query key "pretty" it is indented.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if r.URL.RawQuery != "" && r.URL.Query().Has("pretty") {
		body = json.Indent(body)
	}
	header.Set(w.Header(), "Content-Type", "application/json")
	header.Set(w.Header(), "Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// appendMembers writes an object of strings, names and values in turn.
func appendMembers(dst []byte, pairs ...string) []byte {
	for i := 0; i+1 < len(pairs); i += 2 {
		dst = append(dst, "{,"[min(i, 1)])
		dst = append(json.AppendQuote(dst, pairs[i]), ':')
		dst = json.AppendQuote(dst, pairs[i+1])
	}
	return append(dst, '}')
}
