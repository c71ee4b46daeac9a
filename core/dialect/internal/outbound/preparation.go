// Package outbound has what those dialects share that face upstreams only:
// the taking apart of a canonical request into messages of a role, texts and
// media, calls and results; the report of what they have no word for; and the
// parts of an answer.
package outbound

import (
	"net/http"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Preparation is a request being written for one target.
type Preparation struct {
	json.Writer
	R       *llm.Request
	Target  dialect.Target
	Names   dialect.Names // of tools that are sent under other names
	Dialect llm.Dialect   // that is written

	dropped []string
}

// Prepare begins to write a request.
func Prepare(d llm.Dialect, r *llm.Request, t dialect.Target) *Preparation {
	return &Preparation{R: r, Target: t, Dialect: d}
}

// Model is the name of the model that is called.
func (p *Preparation) Model() string {
	if p.R.Model != "" {
		return p.R.Model
	}
	return p.Target.Model
}

// Drop reports what the dialect has no word for, each once.
func (p *Preparation) Drop(names ...string) {
	for _, n := range names {
		if !slices.Contains(p.dropped, n) {
			p.dropped = append(p.dropped, n)
		}
	}
}

// DropIf reports a member if it was set.
func (p *Preparation) DropIf(set bool, name string) {
	if set {
		p.Drop(name)
	}
}

// lost reports the residue of another dialect.
func (p *Preparation) lost(prefix string, n llm.Native) {
	for _, name := range n.ForeignTo(p.Dialect) {
		if name != "type" {
			p.Drop(prefix + name)
		}
	}
}

// Residue writes the members of a request of chat, or of the older
// Completions, that these do not know and the dialect does: clients of such a provider add them to chat's.
// known gives for each its name in the dialect, or nothing if it was written
// before. All others are reported.
func (p *Preparation) Residue(known map[string]string) {
	native := p.R.Native
	if !native.Dialect.Completes() {
		p.lost("", native)
		return
	}
	for _, m := range json.ObjectOf(native.Members) {
		if name := known[m.Name]; name != "" && m.Value.Kind() != 'n' {
			p.Raw(name, m.Value)
		}
	}
	for _, name := range native.ForeignTo(p.Dialect) {
		if _, ok := known[name]; !ok && name != "stream_options" {
			p.Drop(name)
		}
	}
}

// One refuses a request for several answers.
func (p *Preparation) One() error {
	if p.R.N != nil && *p.R.N > 1 {
		return p.Refuse("n", "gives one answer to a request")
	}
	return nil
}

// Refuse is the error for what a provider cannot do and must not be left out.
func (p *Preparation) Refuse(param, why string) *llm.Error {
	return &llm.Error{Kind: llm.BadRequest, Message: param + ": " + p.who() + " " + why, Param: param}
}

func (p *Preparation) who() string {
	if p.Target.Provider != "" {
		return p.Target.Provider
	}
	return string(p.Dialect)
}

// Exchange is the request as it was written.
func (p *Preparation) Exchange() Exchange {
	return Exchange{Sent: p.B, Left: p.dropped, Names: p.Names, Model: p.Model()}
}

// An Exchange is what exchanges have in common.
type Exchange struct {
	Sent  []byte
	Left  []string // was dropped
	Names dialect.Names
	Model string // that was called, for answers that do not name it
}

// Body is the request.
func (x *Exchange) Body() []byte { return x.Sent }

// Header is nil: everything is in the body.
func (x *Exchange) Header() http.Header { return nil }

// Dropped lists what the request has lost.
func (x *Exchange) Dropped() []string { return x.Left }

// DropAccounting reports what says nothing about the answer, and none of these
// dialects has a word for: the client's user, the tier of service, the cache.
func (p *Preparation) DropAccounting() {
	r := p.R
	p.DropIf(r.User != "", "user")
	p.DropIf(r.ServiceTier != "" && r.ServiceTier != "auto" && r.ServiceTier != "default", "service_tier")
	p.DropIf(r.Cache != nil, "cache_control")
}
