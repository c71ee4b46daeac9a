package route

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"sluice/core"
	"sluice/core/board"
	"sluice/core/breaker"
	"sluice/core/llm"
	"sluice/core/provider"
)

// remembered is what earlier requests have taught. What a client's own host
// has done is not held against the target of the config.
func (e *Env) remembered(c *core.Call) *board.Scope {
	workspace, host := c.Principal.Workspace, ""
	if named := c.Header["X-Portkey-Custom-Host"]; len(named) > 0 { // Get would bring the name in form, for every target
		host = named[0]
	}
	if last := e.last.Load(); last != nil && !last.scope.Dropped() && last.workspace == workspace && last.host == host {
		return last.scope
	}
	s := e.Board.Scope(board.Place{Config: e.hash, Workspace: workspace, Host: host})
	e.last.Store(&placedScope{workspace, host, s})
	return s
}

// A placedScope is what was remembered for the last call through a config: all
// its targets are asked for every call, and most calls are alike.
type placedScope struct {
	workspace, host string
	scope           *board.Scope
}

// learns puts what the target has to learn from each attempt around it.
func (l *leaf) learns(next core.HandlerFunc) core.HandlerFunc {
	if l.settings.paced {
		next = l.timed(next)
	}
	if l.breaks() {
		next = l.guarded(next)
	}
	return next
}

// timed notes how long answers take, for a strategy that chooses by it. One
// that breaks off is a failure, however soon it began.
func (l *leaf) timed(next core.HandlerFunc) core.HandlerFunc {
	return func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		began := time.Now()
		reply, err := next(ctx, c)
		learn := func(err error) {
			if took, counts := countedPace(ctx, c, err, time.Since(began)); counts {
				l.env.remembered(c).Took(ctx, l.place(c), kind(c), took)
			}
		}
		learn(err)
		if err == nil {
			onBreak(ctx, reply, learn)
		}
		return reply, err
	}
}

// guarded sends attempts through the circuits of the target and its
// credential.
func (l *leaf) guarded(next core.HandlerFunc) core.HandlerFunc {
	return func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		pass, began := l.env.remembered(c).Begin(l.circuit(c)), time.Now()
		reply, err := next(ctx, c)
		if impatient(ctx, c, err, time.Since(began)) {
			pass.Void(ctx)
			return reply, err
		}
		pass.End(ctx, err)
		if err == nil {
			onBreak(ctx, reply, func(err error) { pass.Break(ctx, err) })
		}
		return reply, err
	}
}

// onBreak tells f of an answer that breaks off while somebody waits for it. One
// that was coming when the time for it was up may be long for good reasons.
func onBreak(ctx context.Context, reply *core.Reply, f func(error)) {
	reply.OnBreak(func(err error) {
		if ctx.Err() == nil {
			f(err)
		}
	})
}

// place is what the target is remembered by: its path, and where requests of
// this client go, if the client says that.
func (l *leaf) place(c *core.Call) string {
	if !l.byHeader {
		return l.at
	}
	h, set := sha256.New(), l.optionsFor(c.Header)
	for _, o := range l.spec.Options {
		if o.Host {
			h.Write([]byte(set[o.Key].Reveal() + "\x00"))
		}
	}
	return l.at + "@" + l.spec.ID + "/" + short(h.Sum(nil))
}

// kind is what calls are alike in that take equally long.
func kind(c *core.Call) string {
	if c.Stream {
		return "stream"
	}
	return string(c.Operation)
}

func (l *leaf) breaks() bool {
	p := l.settings.breaker
	return p != nil && (p.Failures > 0 || p.Percentage > 0)
}

// patience is how long a target must have had for a timeout that is not its
// own to say something of it.
const patience = 30 * time.Second

// impatient reports whether a call that took so long failed because the
// client's own header, or what was left of the time for the whole request, was
// shorter than that: other calls have more time.
func impatient(ctx context.Context, c *core.Call, err error, took time.Duration) bool {
	e, ok := errors.AsType[*llm.Error](err)
	return ok && e.Kind == llm.Timeout && took < patience && (headerTimeout(c.Header) > 0 || ctx.Err() != nil)
}

func (l *leaf) benched(c *core.Call) bool {
	return l.breaks() && l.env.remembered(c).Benched(l.circuit(c))
}

func (l *leaf) pace(c *core.Call) (time.Duration, bool) {
	return l.env.remembered(c).Pace(l.place(c), kind(c))
}

func (l *leaf) circuit(c *core.Call) board.Target {
	return board.Target{Path: l.place(c), Credential: l.credential(c), Policy: *l.settings.breaker}
}

// What stands for a credential that is the same for all calls under a config.
const (
	ownCredential  = "own"  // it stands in the config
	lentCredential = "lent" // the operator's
)

// credential stands for the one with which the target is called. A client's
// own appears as a digest, which another config has not.
func (l *leaf) credential(c *core.Call) string {
	if l.ownKey {
		return ownCredential
	}
	s := provider.Settings{APIKey: Credential(c.Header), Options: l.optionsFor(c.Header)}
	if !l.brings(s) {
		return lentCredential
	}
	h := sha256.New()
	h.Write(l.env.hash[:])
	h.Write([]byte(s.APIKey.Reveal()))
	for _, key := range credentials {
		h.Write([]byte("\x00" + s.Options[key].Reveal()))
	}
	return short(h.Sum(nil))
}

func short(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:9]) }

// policy is the circuit breaker of a node: its own, its strategy's, or what
// comes from above.
func (c *Config) policy(above *breaker.Policy) *breaker.Policy {
	switch {
	case c.Breaker != nil:
		return c.Breaker
	case c.Strategy != nil && c.Strategy.Breaker != nil:
		return c.Strategy.Breaker
	}
	return above
}
