package metrics

import (
	"strings"

	"sluice/core/usage"
)

// countRequest counts a request as a whole.
func (p *Prometheus) countRequest(r *usage.Record) {
	op, provider, model := OperationOf(r.Operation, r.Dialect), ProviderOf(r.Provider), p.model(r.Model, answered(r))
	p.requests.add(1, op, provider, classOf(r.Status))
	if r.Provider != "" && !r.Cache.Hit() {
		p.duration.add(int64(r.Total), op, provider, model, r.Error)
	}
	if r.Stream && r.First > 0 && answered(r) {
		p.first.add(int64(r.First), op, provider, model)
	}
	if r.Broken {
		p.broken.add(1, provider)
	}
	if r.Left {
		p.left.add(1)
	}
	if r.Cache != "" {
		p.lookups.add(1, cacheResult(r))
	}
	if r.Saved != nil {
		p.saved.add(int64(r.Saved.Nano), provider, model)
	}
	if t := warm(r); t != nil {
		dialect := string(r.Dialect)
		p.warm.add(t.CacheRead, dialect, provider, model, "cache_read")
		p.warm.add(cacheWrite(t), dialect, provider, model, "cache_write")
		p.warm.add(t.Input, dialect, provider, model, "input")
	}
}

// countCalls counts what providers used and what they cost.
func (p *Prometheus) countCalls(r *usage.Record) {
	op := OperationOf(r.Operation, r.Dialect)
	for _, c := range callsOf(r) {
		model := p.model(c.model, true)
		if t := c.tokens; t != nil && !t.Estimated {
			p.tokens.add(input(t), op, c.provider, model, "input")
			p.tokens.add(t.Output, op, c.provider, model, "output")
		}
		if c.cost == nil {
			continue
		}
		p.cost.add(int64(c.cost.Nano), c.provider, model)
		if c.cost.Gap != "" {
			p.unpriced.add(1, c.provider, model)
		}
	}
}

// countRouting counts what retries, other targets and guardrails did.
func (p *Prometheus) countRouting(r *usage.Record) {
	for provider, n := range retriesOf(r) {
		p.retries.add(n, provider)
	}
	if fellBack(r) {
		p.fallbacks.add(1, fallbackResult(r))
	}
	for _, g := range r.Guards {
		if g.Deny {
			p.denials.add(1, g.Event)
		}
	}
}

func fallbackResult(r *usage.Record) string {
	if r.Status < 400 && r.Error == "" {
		return "rescued"
	}
	return "failed"
}

// model is a model's label. Clients choose the names, so that only those of
// models that answer have one: else a client that makes names up would leave
// none to the others.
func (p *Prometheus) model(name string, answers bool) string {
	switch {
	case name == "" || p.models[name]:
		return name
	case !answers || len(p.models) >= maxModels || len(name) > maxModelName:
		return other
	}
	p.models[name] = true
	return name
}

var promNames = strings.NewReplacer(".", "_")

// promName is a name of the conventions as Prometheus has it.
//
// https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
func promName(name string) string { return promNames.Replace(name) }
