package upstream

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openairesponses"
	"sluice/core/dialect/openaitext"
	"sluice/core/internal/claude"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/provider"
)

// An exchange is one call on its way.
type exchange struct {
	client      *Client
	target      Target
	watch       *watchdog
	call        *core.Call // with overrides applied
	endpoint    provider.Endpoint
	codec       dialect.Exchange
	task        dialect.TaskExchange // of an operation that has a codec of its own
	body        []byte
	contentType string // of body; empty means JSON
	plain       []byte // body before the provider's quirks
	dropped     []string
	model       string
	native      bool             // the target speaks the client's dialect
	ended       bool             // the answer has been read to its end
	bare        bool             // handed on as it is, see relayed
	quiet       bool             // usage was asked for by us, not by the client
	prefill     provider.Prefill // of a call that continues an answer
	sent        http.Header
	secrets     redact.Secrets // that the target was sent, or was to be
}

func (x *exchange) prepare(ctx context.Context) error {
	if err := x.override(); err != nil {
		return err
	}
	x.model = x.call.Model
	if !x.relayed() {
		if err := x.choose(); err != nil {
			return err
		}
	} else if err := x.lacking(); err != nil {
		return err
	}
	switch {
	case x.relayed():
		x.body = x.call.Body
		if x.call.Operation == llm.ListModels || x.bare { // its errors are read, as the route has a dialect
			x.codec = openaichat.Codec{}.Raw(nil)
		}
		return nil
	case x.endpoint.Codec == nil:
		err := x.prepareTask()
		x.plain = x.body
		return err
	}
	if x.target.Spec.BodyModel(x.target.Settings, x.model) == "" && !x.target.Spec.Modelless {
		return &llm.Error{Kind: llm.Invalid, Message: "Model is required", Param: "model"}
	}
	var err error
	switch {
	case x.native:
		err = x.splice()
	case x.call.Operation == llm.CountTokens:
		err = x.count(ctx)
	default:
		err = x.translate(ctx, x.endpoint.Codec.Prepare)
	}
	if err != nil {
		return err
	}
	return x.adapt()
}

// adapt brings the body into the provider's own form of the dialect.
func (x *exchange) adapt() error {
	spec := x.target.Spec
	x.plain = x.body
	body, dropped, err := spec.Apply(x.endpoint.Codec.Dialect(), x.body)
	if err == nil && spec.Adapt != nil {
		var more []string
		body, more, err = spec.Adapt(x.target.Settings, x.endpoint, x.model, body)
		dropped = append(dropped, more...)
	}
	if err == nil && x.call.Continues() {
		body, err = x.prefill.Ask(x.endpoint.Codec.Dialect(), body)
	}
	x.body, x.dropped = body, append(slices.Clip(x.dropped), dropped...)
	return err
}

// choose takes the endpoint that speaks the client's dialect, else the first
// one for the operation.
func (x *exchange) choose() error {
	spec, client := x.target.Spec, x.call.Dialect
	if x.call.Continues() {
		client = "" // its body is not sent as it is, whoever speaks its dialect
	}
	e, ok := spec.Endpoint(x.call.Operation, client, x.target.Settings, x.call.Model)
	if !ok && x.call.Operation == llm.Compact { // then a summary has to do
		e, ok = spec.Endpoint(llm.Generate, "", x.target.Settings, x.call.Model)
	}
	if !ok && anyoneMay(x.call.Operation) && spec.Transport == "" {
		x.bare = true
		return nil
	}
	if !ok {
		e := &llm.Error{Kind: llm.Unsupported, Message: string(x.call.Operation) + " is not supported by " + spec.ID}
		if x.call.Operation == llm.CountTokens {
			e.Status = 404 // what makes Claude Code count by itself
		}
		return e
	}
	x.endpoint, x.native = e, e.Codec != nil && e.Codec.Dialect() == client
	return x.goOn()
}

// splice sends the client's own bytes; only what must change is changed.
func (x *exchange) splice() error {
	body := x.call.Body
	if x.call.Dialect.Completes() && x.call.Stream && !x.endpoint.NoStreamUsage {
		options := json.Lookup(body, "stream_options")
		if asked := json.Lookup(options, "include_usage"); asked.Kind() != 't' {
			x.quiet = true
			with, err := askForUsage(options)
			if err == nil {
				body, err = json.Splice(body, json.Edit{Name: "stream_options", Value: with})
			}
			if err != nil {
				return &llm.Error{Kind: llm.BadRequest, Message: "stream_options must be an object", Err: err}
			}
		}
	}
	if x.call.Dialect == llm.OpenAIResponses {
		var err error
		if body, x.dropped, err = openairesponses.WithoutForeign(body); err != nil {
			return err
		}
	}
	if m := x.target.Spec.BodyModel(x.target.Settings, x.call.Model); m != x.call.Model && x.call.Dialect.NamesModel() {
		var err error
		if body, err = json.Splice(body, json.Edit{Name: "model", Value: json.Quote(m)}); err != nil {
			return err
		}
	}
	x.codec = x.endpoint.Codec.Raw(body)
	x.body = x.codec.Body()
	return nil
}

func askForUsage(options json.Value) (json.Value, error) {
	if options.Kind() != '{' {
		return json.Value(`{"include_usage":true}`), nil
	}
	return json.Splice(options, json.Edit{Name: "include_usage", Value: json.Value("true")})
}

func (x *exchange) translate(ctx context.Context, prepare func(*llm.Request, dialect.Target) (dialect.Exchange, error)) error {
	r, err := x.call.Request()
	if err != nil {
		return err
	}
	if err := dialect.CheckToolPairs(r.Turns); err != nil {
		return err
	}
	if x.call.Operation == llm.Generate && !x.call.Continues() && !claude.Find(x.call.Model).Prefill() {
		if err := dialect.CheckPrefill(r.Turns, x.call.Model); err != nil {
			return err
		}
	}
	own := *r // others share the decoded request
	own.Model, own.Stream = x.target.Spec.BodyModel(x.target.Settings, x.call.Model), x.call.Stream
	if x.call.Operation == llm.Compact {
		own.Turns = openairesponses.Trigger(own.Turns)
	}
	ready, left, err := Leave(&own, x.call.Dialect)
	if err != nil {
		return err
	}
	to := dialect.Target{Provider: x.target.Spec.ID, Model: x.call.Model}
	if ready, err = Inline(ready, x.endpoint.Codec, to, x.fetcher(ctx)); err != nil {
		return err
	}
	x.codec, err = prepare(ready, to)
	if err != nil {
		return err
	}
	x.body, x.dropped = x.codec.Body(), append(left, x.codec.Dropped()...)
	x.dropHeaders()
	return nil
}

// Leave readies a client's request for another dialect: what is only for the
// client's own provider goes, is named, or is refused.
func Leave(r *llm.Request, client llm.Dialect) (ready *llm.Request, dropped []string, err error) {
	own := *r
	if client == llm.Anthropic {
		own.Turns = anthropic.StripBilling(r.Turns)
	}
	own.Turns = dialect.MapMedia(dialect.MapMedia(own.Turns, openaichat.PlainForm), dialect.TypeMedia)
	ready, dropped, err = openairesponses.Leave(&own)
	if err == nil {
		ready, err = openaitext.Leave(ready)
	}
	return ready, dropped, err
}

// headers are those of the request, and the place of the attempt in the
// client's trace.
func (x *exchange) headers() http.Header {
	h := x.untraced()
	x.call.Parent.Set(h, x.call.Span)
	return h
}

// untraced headers are an allow-list: nothing of the client's travels on but
// what a target's settings name.
func (x *exchange) untraced() http.Header {
	if x.call.Operation == llm.Proxy || x.call.Operation.Kept() || x.bare {
		return relayHeaders(x.call.Header)
	}
	h := http.Header{}
	if len(x.body) > 0 || x.call.Upload != nil {
		header.Set(h, "Content-Type", cmp.Or(x.contentType, "application/json"))
	}
	header.Set(h, "Accept", "application/json")
	if x.endpoint.Operation != "" && x.endpoint.Codec == nil && x.task == nil {
		header.Set(h, "Accept", "*/*") // images, sounds and texts
	}
	if x.call.Stream {
		header.Set(h, "Accept", x.endpoint.Format.ContentType())
	}
	header.Set(h, "User-Agent", "sluice")
	if x.codec != nil {
		for k, vs := range x.codec.Header() {
			h[k] = vs
		}
	}
	if x.native {
		maps.Copy(h, x.amznHeaders())
	}
	if x.native && x.target.Settings.CustomHost == "" {
		x.target.Spec.CopyClients(h, x.call.Header)
	}
	return h
}
