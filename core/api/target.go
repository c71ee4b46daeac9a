package api

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"strings"

	"sluice/core"
	"sluice/core/internal/form"
	"sluice/core/internal/header"
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
	c := choice{config: header.Get(h, "X-Portkey-Config"), provider: strings.TrimPrefix(header.Get(h, "X-Portkey-Provider"), "@")}
	if err := q.Router.CheckGuards(h); err != nil {
		bad, _ := errors.AsType[*route.InvalidError](err)
		return c, invalidConfig(bad)
	}
	if c.config == "" && c.provider == "" {
		c.needsModel = true
		return c, invalid("Either x-portkey-config or x-portkey-provider header is required")
	}
	return c, q.checkChoice(&c)
}

// checkChoice checks the headers beside the config and the provider.
func (q *request) checkChoice(c *choice) error {
	h := q.header
	if c.provider != "" && !provider.Known(c.provider) {
		return invalid("Invalid provider passed")
	}
	if host := header.Get(h, "X-Portkey-Custom-Host"); host != "" && q.CheckHost(host) != nil {
		return invalid("Invalid custom host")
	}
	switch {
	case c.config == "":
	case q.Router.Knows(c.config, ""):
		c.provider = ""
	case !q.Router.Knows(c.config, c.provider):
		if err := c.checkConfig(); err != nil {
			return err
		}
	}
	for name := range strings.SplitSeq(header.Get(h, "X-Portkey-Forward-Headers"), ",") {
		if strings.EqualFold(strings.TrimSpace(name), "x-portkey-forward-headers") {
			return invalid("forward_headers must not contain the 'x-portkey-forward-headers' header")
		}
	}
	return nil
}

func (c *choice) checkConfig() error {
	if strings.HasPrefix(c.config, "pc-") {
		return invalid("This version of the gateway has no saved configs")
	}
	ms, err := json.Pick([]byte(c.config), "provider", "targets", "options")
	named := err == nil && (ms[0] != nil || ms[1] != nil || route.NamesProvider([]byte(c.config)))
	switch {
	case err != nil:
		return invalid("Invalid config passed. You need to pass a valid json")
	case c.provider == "" && !named:
		return invalid("Either x-portkey-provider needs to be passed. Or the x-portkey-config header should have a valid config with provider details in it.")
	case ms[2] != nil:
		return invalid("This version of config is not supported in this route. Please migrate to the latest version")
	case named:
		c.provider = "" // the config's own targets count
	}
	return nil
}

// handler finds who answers. refusal is what to say when nobody was named,
// not even by the model.
func (q *request) handler(c choice, refusal error) (core.Handler, error) {
	if q.route.operation == llm.KeptResponse {
		return core.HandlerFunc(q.Responses.Serve), nil
	}
	if c.needsModel {
		if q.route.operation == llm.ListModels {
			return core.HandlerFunc(q.listModels), nil
		}
		if err := q.unnamed(&c, refusal); err != nil {
			return nil, err
		}
	}
	h, err := q.Router.Handler(c.config, c.provider)
	if bad, ok := errors.AsType[*route.InvalidError](err); ok {
		return nil, invalidConfig(bad)
	}
	return h, err
}

// invalidConfig lists the faults of a config. A fault of a conditional
// strategy alone is told in the reference's words, which its users' tools
// match, and with nothing else, as there.
func invalidConfig(bad *route.InvalidError) *llm.Error {
	if bad.Router != "" && len(bad.Faults) == 1 {
		return invalid(bad.Router)
	}
	return &llm.Error{Kind: llm.Invalid, Message: cmp.Or(bad.Router, "Invalid config passed"), Details: bad.Faults}
}

// unnamed finds the target of a request whose headers name none: the model's
// own name, else the default config, else the route's own provider when there
// is a credential for it.
func (q *request) unnamed(c *choice, refusal error) error {
	id, model, slash := strings.Cut(strings.TrimPrefix(q.call.Model, "@"), "/")
	switch {
	case slash && strings.HasPrefix(q.call.Model, "@"):
		if err := q.rename(model); err != nil {
			return err
		}
		c.provider = id
	case q.DefaultConfig != "":
		// The operator's own credentials are in it: no client says where they go.
		if host := header.Get(q.header, "X-Portkey-Custom-Host"); host != "" && (q.OwnHost == nil || !q.OwnHost(host)) {
			return invalid("Invalid custom host")
		}
		c.config = q.DefaultConfig
	case q.route.provider != "" && q.hasCredential(q.route.provider):
		c.provider = q.route.provider
	default:
		return refusal
	}
	return q.checkChoice(c)
}

// rename gives the request another model, where its dialect has the name.
func (q *request) rename(model string) error {
	c, err := q.call.Renamed(model)
	if err == nil {
		q.call = c
	}
	return err
}

func (q *request) hasCredential(provider string) bool {
	if !route.Credential(q.header).IsZero() {
		return true
	}
	return q.Stored != nil && q.Stored(q.context(), provider)
}

func invalid(message string) *llm.Error { return &llm.Error{Kind: llm.Invalid, Message: message} }

// checkContentType takes a missing type as JSON: several clients leave it out.
func checkContentType(v string, forms bool) error {
	if v == "" || v == "application/json" {
		return nil
	}
	if forms && form.Is(v) {
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
	"X-Portkey-Strict-Open-Ai-Compliance", "X-Portkey-Virtual-Key", "X-Portkey-Metadata", "X-Portkey-Forward-Headers", "X-Sluice-Fallback", denialHeader,
	"X-Portkey-Default-Input-Guardrails", "X-Portkey-Default-Output-Guardrails",
	"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Content-Type", "Content-Encoding",
}

func checkDuplicates(h http.Header) error {
	for _, name := range controls {
		if len(h[name]) > 1 {
			return llm.Errorf(llm.BadRequest, "header %s was sent more than once", strings.ToLower(name))
		}
	}
	return nil
}
