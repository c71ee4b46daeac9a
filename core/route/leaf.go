package route

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"sluice/core"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/retry"
	"sluice/core/secret"
	"sluice/core/upstream"
)

// leaf is one target with everything that stands around it. It is the only
// place that builds that chain.
type leaf struct {
	spec     *provider.Spec
	at       string // its path in the config
	apiKey   secret.Value
	options  map[string]json.Value
	byHeader bool // the provider came from a header, and so do its options
	ownKey   bool // its credential stands in the config
	settings settings
	can      Capabilities
	override string // the model that is asked whatever the client asks for, if any
	fallback string // … if the client asks for none
	aliases  []Alias
	most     int64     // tokens of an answer, whatever the client allows; 0: as it says
	usual    int64     // … if the client does not say
	prices   priceList // of models that were asked for
	recall   recall
	last     atomic.Pointer[knownModel] // the model that it was asked for last
	env      Env
	chain    core.Handler // attempts with their retries
	handler  core.Handler // the chain, with what goes around every target
}

func newLeaf(spec *provider.Spec, c *Config, s settings, env Env) *leaf {
	l := &leaf{
		spec: spec, at: c.Path, apiKey: c.APIKey, options: c.Options,
		byHeader: c.Provider == "", settings: s, can: c.Capabilities, env: env,
		override: modelIn(s.overrides), fallback: modelIn(s.defaults), aliases: s.aliases,
		most: core.AnswerLimit(s.overrides), usual: core.AnswerLimit(s.defaults),
	}
	if l.override != "" {
		l.aliases = nil // nobody asks for another model
	}
	l.ownKey = l.brings(provider.Settings{APIKey: l.apiKey, Options: spec.OptionsFromConfig(l.options, nil)})
	var p retry.Policy
	if r := s.retry; r != nil {
		p = retry.Policy{Attempts: r.Attempts, OnStatus: r.OnStatusCodes, UseRetryAfter: r.UseRetryAfter}
	}
	l.recall = s.recall.with(p)
	l.chain = l.guardsBefore(l.cached(retry.Wrap(l.spends(l.guardsAfter(l.learns(l.attempt))), p, env.Random)))
	l.handler = core.HandlerFunc(l.name)
	if env.Around != nil {
		l.handler = env.Around(l.handler)
	}
	return l
}

// Handle answers the call.
func (l *leaf) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	return l.handler.Handle(ctx, c)
}

func (l *leaf) path() string { return l.at }

// name says which target answered, or failed.
func (l *leaf) name(ctx context.Context, c *core.Call) (*core.Reply, error) {
	reply, err := l.chain.Handle(ctx, c)
	if err == nil {
		reply.Option = l.at
		reply.Dropped = append(slices.Clip(reply.Dropped), l.settings.unknown...)
		return reply, nil
	}
	f := &core.Failure{Err: err}
	if inner, ok := errors.AsType[*core.Failure](err); ok {
		*f = *inner
	}
	f.Option, f.Provider = l.at, l.spec.ID
	return nil, f
}

// spends counts attempts, and ends those that the request may not make any
// more, before anybody learns something from them.
func (l *leaf) spends(next core.HandlerFunc) core.HandlerFunc {
	return func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		if !c.Spend(l.at) {
			return nil, core.ErrSpent
		}
		return next(ctx, c)
	}
}

func (l *leaf) attempt(ctx context.Context, c *core.Call) (*core.Reply, error) {
	c = c.Attempt()
	started := time.Now()
	reply, err := l.call(ctx, c)
	a := core.Attempt{
		Option: l.at, Provider: l.spec.ID, Model: l.model(c), Span: c.Span, Err: err,
		Began: started, Took: time.Since(started), Waited: c.Waited, Once: c.Once(),
	}
	if reply != nil {
		a.Status, a.Model = reply.Status, reply.Model
	} else if e, ok := errors.AsType[*llm.Error](err); ok {
		a.Status = e.Status
	}
	if e, ok := errors.AsType[*llm.Error](err); ok && e.Kind == llm.Canceled && core.Lost(ctx) {
		a.Lost, a.Err, a.Bill = true, nil, sent(c)
	}
	c.Trace.Add(a)
	return reply, err
}

// sent is what a provider will bill for a call that was given up before it
// answered: it has read the prompt. Nil: nothing, or nobody knows.
func sent(c *core.Call) *core.Bill {
	if c.Operation != llm.Generate && c.Operation != llm.Compact && c.Operation != llm.Embed {
		return nil
	}
	return &core.Bill{Usage: used(c, 0)}
}

// used is an estimate for a call whose provider has not reported what it used.
func used(c *core.Call, written int64) *llm.Usage {
	u := llm.Estimate(0, written)
	u.Input, _ = c.Expected()
	return u
}

// model is the one that the target is asked for.
func (l *leaf) model(c *core.Call) string {
	if l.override != "" {
		return l.override
	}
	if a := l.alias(c); a != nil {
		return a.Model
	}
	return cmp.Or(c.Model, l.fallback)
}

// alias is the one for the model that the client asks for, nil if there is
// none.
func (l *leaf) alias(c *core.Call) *Alias {
	for i := range l.aliases {
		if a := &l.aliases[i]; a.matches(cmp.Or(c.Model, l.fallback)) {
			return a
		}
	}
	return nil
}

func (l *leaf) call(ctx context.Context, c *core.Call) (*core.Reply, error) {
	t := l.target(c)
	stored, err := l.lend(ctx, &t)
	if err != nil {
		return nil, err
	}
	reply, err := l.env.Upstream.Do(ctx, c, t)
	if e, ok := errors.AsType[*llm.Error](err); ok && e.Kind == llm.Credential && !stored.IsZero() && !c.Once() {
		if renewed, changed := l.env.Keyring.Renew(ctx, l.spec.ID, stored); changed && c.Spend(l.at) {
			return l.env.Upstream.Do(ctx, c, with(t, renewed))
		}
	}
	return reply, err
}

func (l *leaf) prefills(c *core.Call) bool {
	_, ok := l.spec.Prefill(l.model(c), l.can.Prefill)
	return ok
}

// target joins the config's settings with those that the client's headers
// bring. A header wins over the config for the host, the timeout and the
// headers to forward.
func (l *leaf) target(c *core.Call) upstream.Target {
	h := c.Header
	host := cmp.Or(header.Get(h, "X-Portkey-Custom-Host"), l.settings.customHost)
	t := upstream.Target{
		Spec: l.spec, Defaults: l.settings.defaults, Overrides: l.settings.overrides, Drops: l.settings.drops, Prefill: l.can.Prefill,
		Timeout:  cmp.Or(headerTimeout(h), l.settings.timeout),
		Timeouts: l.settings.timeouts,
		Strict:   c.Strict && (l.settings.strict == nil || *l.settings.strict),
		Settings: provider.Settings{APIKey: l.apiKey, CustomHost: strings.TrimSuffix(host, "/"), Options: l.optionsFor(h), Ambient: l.env.Ambient},
	}
	if a := l.alias(c); a != nil {
		t.Overrides = a.over(l.settings.overrides)
	}
	t.Lent = l.env.lends && (l.brings(t.Settings) || !t.Settings.Options["aws_role_arn"].IsZero())
	if t.Settings.APIKey.IsZero() {
		t.Settings.APIKey = Credential(h)
	}
	names := l.settings.forwardHeaders
	if v := header.Get(h, "X-Portkey-Forward-Headers"); v != "" {
		names = strings.Split(v, ",")
	}
	t.ForwardHeaders = forwarded(h, names)
	return t
}

// optionsFor reads the provider's options: from headers when the provider
// itself came from one, with the config's own on top.
func (l *leaf) optionsFor(h http.Header) map[string]secret.Value {
	fromConfig := l.spec.OptionsFromConfig(l.options, h)
	if !l.byHeader {
		return fromConfig
	}
	out := l.spec.OptionsFromHeader(h)
	if out == nil {
		return fromConfig
	}
	for key := range l.options {
		if v, ok := fromConfig[key]; ok {
			out[key] = v
		}
	}
	return out
}

func headerTimeout(h http.Header) time.Duration {
	text := header.Get(h, "X-Portkey-Request-Timeout")
	if text == "" {
		return 0
	}
	ms, err := strconv.ParseFloat(text, 64)
	if err != nil || !(ms > 0) || ms > 1e9 { // NaN is not above 0
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// Credential returns the provider credential that a client's headers carry,
// in whichever of the usual places.
func Credential(h http.Header) secret.Value {
	if auth := header.Get(h, "Authorization"); auth != "" {
		if scheme, token, ok := strings.Cut(auth, " "); ok && strings.EqualFold(scheme, "Bearer") {
			return secret.New(strings.TrimSpace(token))
		}
		return secret.New(auth)
	}
	return secret.New(cmp.Or(header.Get(h, "X-Api-Key"), header.Get(h, "X-Goog-Api-Key"), header.Get(h, "Api-Key")))
}

// forwarded picks the client's headers that a config or a header names. What
// carries credentials or steers the connection cannot be had sent on.
func forwarded(h http.Header, names []string) http.Header {
	out := http.Header{}
	for _, n := range names {
		n = http.CanonicalHeaderKey(strings.TrimSpace(n))
		if !upstream.Forwardable(n) || strings.HasPrefix(n, "Content-") {
			continue
		}
		if vs := h.Values(n); len(vs) > 0 {
			out[n] = vs
		}
	}
	return out
}

func trimAt(id string) string { return strings.TrimPrefix(id, "@") }
