package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/form"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/uploads"
)

// A request is one request being served.
type request struct {
	*api
	w       http.ResponseWriter
	r       *http.Request
	route   routeSpec
	at      place       // what the path says
	header  http.Header // without the gateway's credential
	began   time.Time
	first   time.Time       // when the response began; zero before that
	status  int             // that it began with
	log     string          // id of the record
	id      string          // that, if the client has chosen none
	who     *core.Principal // nil until that is known
	seen    *capture        // of what goes over the line; nil: nothing is kept
	noted   bool            // there is a record
	tracing tracing
	call    *core.Call
	upload  io.Reader     // a body that is too large to hold
	form    *uploads.Form // whose file waits here
	tier    string        // of service that the client asks for
	user    string        // that a body of OpenAI's names
	billed  billed
	echo    func() json.Value // what the answer repeats of the request; nil: nothing
}

// begin notes that the response goes out from here on.
func (q *request) begin(status int) {
	if q.first.IsZero() {
		q.first, q.status = time.Now(), status
	}
}

func (q *request) opened() bool { return !q.first.IsZero() }

func (q *request) serve() {
	defer q.closeForm()
	defer q.recover()
	q.capture()
	q.announce()
	q.label(nil)
	handler, err := q.admit()
	if err != nil {
		q.refuse(err)
		return
	}
	q.answer(handler)
}

// announce writes the headers that every answer has, errors among them: SDKs
// of the reference leave retries to us when they see one.
func (q *request) announce() {
	q.tracing = tracingOf(q.r.Header, q.id)
	header.Set(q.w.Header(), "X-Sluice-Request-Id", q.id)
	header.Set(q.w.Header(), "X-Portkey-Trace-Id", q.tracing.trace)
}

// closeForm ends the reading of a file that waits here, whatever became of the
// request.
func (q *request) closeForm() {
	if q.form != nil {
		_ = q.form.Close()
	}
}

// errAborted is why an answer ends that nobody has given a reason for.
var errAborted = errors.New("the answer was broken off")

// recover makes the best of a bug: the client gets an error in its dialect,
// the log gets the stack, and the process lives on.
func (q *request) recover() {
	p := recover()
	switch p {
	case nil:
		return
	case http.ErrAbortHandler: // asked for: the connection must not end as if all were said
		q.record(nil, q.status, errAborted)
		panic(p)
	}
	err := core.Panicked(p)
	if q.opened() {
		q.fault(err)
		q.record(nil, q.status, err)
		return
	}
	q.refuse(err)
}

// admit checks everything that can be checked before a target is called, the
// cheap things first.
func (q *request) admit() (core.Handler, error) {
	principal, err := q.authenticate()
	if err != nil {
		return nil, err
	}
	target, refusal := q.choose()
	if refusal != nil && !target.needsModel {
		return nil, refusal
	}
	if err := q.read(principal); err != nil {
		return nil, err
	}
	h, err := q.handler(target, refusal)
	if err == nil && generates(q.route.operation) && q.call.Dialect == llm.OpenAIResponses {
		h, err = q.goOn(h)
	}
	if err != nil {
		return nil, err
	}
	return q.softly(h), nil
}

// authenticate finds out who asks, and whether the headers are sound.
func (q *request) authenticate() (core.Principal, error) {
	q.takeKey()
	principal, rest, err := q.Auth.Authenticate(q.r.Context(), q.r.Header)
	if err != nil {
		return core.Principal{}, err
	}
	q.header, q.who = rest, &principal
	if err := checkDuplicates(q.r.Header); err != nil {
		return core.Principal{}, err
	}
	if q.route.relay || q.route.anyType {
		return principal, nil
	}
	return principal, checkContentType(header.Get(rest, "Content-Type"), q.route.form)
}

// maxModel is the longest name of a model, in bytes. Names are remembered,
// compared with patterns and logged; the longest ARNs have 2,048.
const maxModel = 2048

// read makes the call of what the client sends.
func (q *request) read(principal core.Principal) error {
	labels, err := metadata(q.header)
	if err != nil {
		return err
	}
	body, err := q.body()
	if err != nil {
		return err
	}
	if q.upload == nil {
		q.seen.request(body, q.route.anyType)
	}
	if body, err = q.withUploads(principal.Workspace, body); err != nil {
		return err
	}
	in := core.Incoming{
		Method: method(q.r), Path: q.r.URL.EscapedPath(), Rest: cmp.Or(q.at.rest, q.route.rest), Query: q.r.URL.RawQuery, Header: q.header, Body: body,
		Model: q.at.model, Stream: q.at.stream, Upload: q.upload, Length: q.length(),
	}
	if c, ok := q.route.dialect.(dialect.Chooser); ok {
		q.route.dialect = c.Choose(in)
	}
	q.call = (&core.Call{
		Incoming: in,
		ID:       q.id, Operation: q.route.operation, Dialect: q.route.dialect.Dialect(), Decoder: q.route.dialect,
		Principal: principal, Strict: header.Get(q.header, "X-Portkey-Strict-Open-Ai-Compliance") != "false",
		Metadata: labels, Parent: q.tracing.parent,
		Only: strings.EqualFold(header.Get(q.header, "X-Sluice-Fallback"), "false"), Private: wantsPrivacy(q.header),
	}).Prepare()
	if err := q.peek(); err != nil {
		return err
	}
	if len(q.call.Model) > maxModel {
		return &llm.Error{Kind: llm.BadRequest, Message: fmt.Sprintf("model must not be longer than %d bytes", maxModel), Param: "model"}
	}
	if q.call.Model == "" && q.at.deployment != "" {
		return q.rename(q.at.deployment)
	}
	return nil
}

// goOn gives a request for a response what it goes on from.
func (q *request) goOn(h core.Handler) (core.Handler, error) {
	x, err := q.Responses.Open(q.context(), q.call)
	if err != nil {
		return nil, err
	}
	c, err := q.Compaction.Expand(q.context(), x.Call)
	if err != nil {
		return nil, err
	}
	q.call, q.echo, h = c, x.Echo, q.Compaction.Around(h)
	if q.route.operation == llm.Compact { // is kept by nobody
		return h, nil
	}
	return x.Around(h), nil
}

// peek is the one pass over the body that validates it and finds out what
// routing needs.
func (q *request) peek() error {
	if q.route.noBody || q.route.relay {
		return nil
	}
	if t := header.Get(q.header, "Content-Type"); form.Is(t) {
		q.call.Model, _ = form.Value(t, q.call.Body, "model") // what is wrong with a form, the provider says
		return nil
	}
	members, err := json.Pick(q.call.Body, "model", "stream", "messages", "input", "service_tier", "user")
	if err == nil {
		q.tier, q.user = json.Unquote(members[4]), json.Unquote(members[5])
	}
	switch {
	case errors.Is(err, json.ErrNotObject):
		return llm.Errorf(llm.BadRequest, "the request body must be a JSON object")
	case err != nil:
		return llm.Errorf(llm.BadRequest, "the request body is not valid JSON: %v", err)
	case q.at.inPath: // the body's members of these names are its own affair
		return nil
	case members[0] != nil && members[0].Kind() != '"' && members[0].Kind() != 'n':
		return &llm.Error{Kind: llm.BadRequest, Message: "model must be a string", Param: "model"}
	}
	if k := members[1].Kind(); members[1] != nil && k != 't' && k != 'f' && k != 'n' {
		return &llm.Error{Kind: llm.BadRequest, Message: "stream must be true or false", Param: "stream"}
	}
	if q.route.dialect == chat && q.route.operation == llm.Generate && members[2] == nil && members[3] != nil {
		q.route.dialect = mixed{}
		q.call.Dialect, q.call.Decoder = llm.OpenAIMixed, mixed{}
	}
	q.call.Model = json.Unquote(members[0])
	q.call.Stream = members[1].Kind() == 't' && q.route.operation == llm.Generate
	return nil
}

// options are what the client's encoder has to know. reply is nil for errors.
func (q *request) options(reply *core.Reply) dialect.Options {
	o := dialect.Options{RequestID: q.id}
	if q.call != nil {
		o.Model, o.Strict = q.call.Model, q.call.Strict
		asked := json.Lookup(q.call.Body, "stream_options", "include_usage")
		o.IncludeUsage = !q.call.Stream || asked.Kind() == 't'
	}
	if reply != nil {
		o.Provider, o.Strict, o.Upstream = reply.Provider, reply.Strict, reply.Dialect
		if reply.Dialect == q.call.Dialect && reply.Dialect.Completes() && !reply.Joined {
			o.Provider = "" // it was edited, and names nobody as it came
		}
		if q.echo != nil && (reply.Dialect != q.call.Dialect || !reply.Raw()) {
			o.Request = q.echo()
		}
		if reply.Stream() && reply.Dialect != q.call.Dialect {
			o.Estimate = q.prompt()
		}
	}
	return o
}

// prompt guesses how long the prompt is, for dialects whose streams begin
// with it. Images and files do not count: their bytes say nothing.
func (q *request) prompt() *llm.Usage {
	n := len(json.Lookup(q.call.Body, "tools"))
	for s := range q.route.dialect.Texts(q.call.Incoming) {
		n += s.End - s.Start
	}
	return llm.Estimate(int64(n), 0)
}

// context returns the request's context. The client's going away ends it.
func (q *request) context() context.Context { return q.r.Context() }
