package api

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"strings"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/route"
)

// A choice is what the client's headers say about the target.
type choice struct {
	config, provider string
	needsModel       bool // the headers say nothing: the model's name may
}

// choose reads the control headers, in the reference's order of checks and
// with its texts, which its users' tools match.
func (q *request) choose() (choice, error) {
	h := q.header
	c := choice{config: h.Get("X-Portkey-Config"), provider: strings.TrimPrefix(h.Get("X-Portkey-Provider"), "@")}
	if c.config == "" && c.provider == "" {
		switch {
		case q.DefaultConfig != "":
			c.config = q.DefaultConfig
		case q.route.provider != "" && !route.Credential(h).IsZero():
			c.provider = q.route.provider
		default:
			c.needsModel = true
			return c, invalid("Either x-portkey-config or x-portkey-provider header is required")
		}
	}
	if c.provider != "" && !provider.Known(c.provider) {
		return c, invalid("Invalid provider passed")
	}
	if host := h.Get("X-Portkey-Custom-Host"); host != "" && q.CheckHost(host) != nil {
		return c, invalid("Invalid custom host")
	}
	if c.config != "" {
		if err := c.checkConfig(); err != nil {
			return c, err
		}
	}
	for name := range strings.SplitSeq(h.Get("X-Portkey-Forward-Headers"), ",") {
		if strings.EqualFold(strings.TrimSpace(name), "x-portkey-forward-headers") {
			return c, invalid("forward_headers must not contain the 'x-portkey-forward-headers' header")
		}
	}
	return c, nil
}

func (c *choice) checkConfig() error {
	ms, err := json.Pick([]byte(c.config), "provider", "targets", "options")
	switch {
	case err != nil:
		return invalid("Invalid config passed. You need to pass a valid json")
	case c.provider == "" && ms[0] == nil && ms[1] == nil:
		return invalid("Either x-portkey-provider needs to be passed. Or the x-portkey-config header should have a valid config with provider details in it.")
	case ms[2] != nil:
		return invalid("This version of config is not supported in this route. Please migrate to the latest version")
	case ms[0] != nil || ms[1] != nil:
		c.provider = "" // the config's own targets count
	}
	return nil
}

// handler finds who answers. refusal is what to say when nobody was named,
// not even by the model.
func (q *request) handler(c choice, refusal error) (core.Handler, error) {
	if c.needsModel {
		if q.route.operation == llm.ListModels {
			return core.HandlerFunc(q.listModels), nil
		}
		id, model, ok := strings.Cut(strings.TrimPrefix(q.call.Model, "@"), "/")
		if !ok || !strings.HasPrefix(q.call.Model, "@") {
			return nil, refusal
		}
		if !provider.Known(id) {
			return nil, invalid("Invalid provider passed")
		}
		body, err := json.Splice(q.call.Body, json.Edit{Name: "model", Value: json.Quote(model)})
		if err != nil {
			return nil, err
		}
		q.call = q.call.WithBody(body)
		q.call.Model, c.provider = model, id
	}
	h, err := q.Router.Handler(c.config, c.provider)
	if bad, ok := errors.AsType[*route.InvalidError](err); ok {
		return nil, &llm.Error{Kind: llm.Invalid, Message: "Invalid config passed", Details: bad.Faults}
	}
	return h, err
}

func invalid(message string) *llm.Error { return &llm.Error{Kind: llm.Invalid, Message: message} }

// checkContentType takes a missing type as JSON: several clients leave it out.
func checkContentType(v string) error {
	if v == "" {
		return nil
	}
	t, _, err := mime.ParseMediaType(v)
	if err != nil || cmp.Or(t, "application/json") != "application/json" {
		return invalid("Invalid content type passed")
	}
	return nil
}

// controls are the headers that decide about a request. Sent twice, a check
// could read one and the use another.
var controls = []string{
	"X-Portkey-Provider", "X-Portkey-Config", "X-Portkey-Api-Key", "X-Portkey-Custom-Host", "X-Portkey-Request-Timeout",
	"X-Portkey-Strict-Open-Ai-Compliance", "X-Portkey-Virtual-Key", "X-Portkey-Metadata", "Authorization", "X-Api-Key",
}

func checkDuplicates(h http.Header) error {
	for _, name := range controls {
		if len(h.Values(name)) > 1 {
			return llm.Errorf(llm.BadRequest, "header %s was sent more than once", strings.ToLower(name))
		}
	}
	return nil
}

// metadata reads x-portkey-metadata. Values that are not text are kept as
// their JSON. Routing may depend on it, so what cannot be read is refused.
func metadata(h http.Header) (map[string]string, error) {
	text := h.Get("X-Portkey-Metadata")
	if text == "" {
		return nil, nil
	}
	ms, err := json.Members([]byte(text))
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "header x-portkey-metadata is not a JSON object")
	}
	out := make(map[string]string, len(ms))
	for _, m := range ms {
		if out[m.Name] = string(m.Value); m.Value.Kind() == '"' {
			out[m.Name] = json.Unquote(m.Value)
		}
	}
	return out, nil
}
