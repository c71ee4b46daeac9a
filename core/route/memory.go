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
	return e.Board.Scope(board.Place{Config: e.hash, Workspace: c.Principal.Workspace, Host: c.Header.Get("X-Portkey-Custom-Host")})
}

// guarded makes an attempt through the circuits of the target and its
// credential, if the config asks for them, and learns from it.
func (l *leaf) guarded(ctx context.Context, c *core.Call) (*core.Reply, error) {
	scope, began := l.env.remembered(c), time.Now()
	var pass *board.Attempt
	if l.breaks() {
		pass = scope.Begin(l.circuit(c))
	}
	reply, err := l.attempt(ctx, c)
	if err == nil {
		scope.Took(ctx, l.at, kind(c), time.Since(began))
	}
	switch {
	case pass == nil:
	case impatient(c, err):
		pass.Void(ctx)
	default:
		pass.End(ctx, err)
	}
	return reply, err
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

// impatient reports whether a call failed because the client's own header let
// it wait for so long only: that says nothing of the target, and other clients
// have more time.
func impatient(c *core.Call, err error) bool {
	e, ok := errors.AsType[*llm.Error](err)
	return ok && e.Kind == llm.Timeout && headerTimeout(c.Header) > 0
}

func (l *leaf) benched(c *core.Call) bool {
	return l.breaks() && l.env.remembered(c).Benched(l.circuit(c))
}

func (l *leaf) pace(c *core.Call) (time.Duration, bool) {
	return l.env.remembered(c).Pace(l.at, kind(c))
}

func (l *leaf) circuit(c *core.Call) board.Target {
	return board.Target{Path: l.at, Credential: l.credential(c), Policy: *l.settings.breaker}
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
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:9])
}

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

// benched is that of a group, but for a strategy that chooses whom the request
// is for and not who is well: it is asked in any case.
func (s *strategy) benched(c *core.Call) bool {
	return (!s.fixed || len(s.children) == 1) && s.group.benched(c)
}
