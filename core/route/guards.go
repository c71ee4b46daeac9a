package route

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A guardList is a list of hooks as a config has it.
type guardList struct {
	key  string   // in snake case
	path []string // in the config, as the client writes it
	list json.Value
}

// hooks reads the hooks of an event that a node has; parent are those from
// above, which count if it names none.
func (b *builder) hooks(c *Config, e guard.Event, parent []*guard.Hook) []*guard.Hook {
	own, named := []*guard.Hook(nil), false
	p := b.env.hookParser(func(path []string, message string) {
		b.faults = append(b.faults, "path: "+strings.Join(path, ",")+", message: "+message)
	})
	for _, key := range guard.Keys {
		for _, g := range c.Guards {
			if g.key == key && guard.EventOf(key) == e {
				own, named = append(own, p.Hooks(key, g.list, g.path)...), true
			}
		}
	}
	if !named {
		return parent
	}
	return own
}

func (env *Env) hookParser(fault func(path []string, message string)) *guard.Parser {
	return &guard.Parser{Library: env.Checks, Env: env.Guards, Saved: env.SavedGuard, Fault: fault}
}

// The headers by which a client, or the proxy in front of it, puts hooks behind
// those of every target.
const (
	defaultInput  = "X-Portkey-Default-Input-Guardrails"
	defaultOutput = "X-Portkey-Default-Output-Guardrails"
)

// maxDefaults is how many texts of such headers are kept in their read form.
const maxDefaults = 256

// defaultHooks reads the hooks of headers, each text once.
type defaultHooks struct {
	env   Env
	mu    sync.Mutex
	known map[string][]*guard.Hook
}

// CheckGuards reads the hooks that headers bring. Its error is an
// [*InvalidError].
func (r *Router) CheckGuards(h http.Header) error {
	_, _, err := r.env.guardDefaults.of(h)
	return err
}

// of are the input and the output hooks that headers bring.
func (d *defaultHooks) of(h http.Header) (input, output []*guard.Hook, err error) {
	if d == nil {
		return nil, nil, nil
	}
	if input, err = d.read(defaultInput, "input_guardrails", h); err == nil {
		output, err = d.read(defaultOutput, "output_guardrails", h)
	}
	return input, output, err
}

func (d *defaultHooks) read(header, key string, h http.Header) ([]*guard.Hook, error) {
	text := h.Get(header)
	if text == "" {
		return nil, nil
	}
	at := key + " " + text
	d.mu.Lock()
	hooks, ok := d.known[at]
	d.mu.Unlock()
	if ok {
		return hooks, nil
	}
	var faults []string
	p := d.env.hookParser(func(path []string, message string) {
		faults = append(faults, "path: "+strings.Join(path, ",")+", message: "+message)
	})
	if name := strings.ToLower(header); json.Valid([]byte(text)) {
		hooks = p.Hooks(key, json.Value(text), []string{name})
	} else {
		p.Fault([]string{name}, "Expected a JSON array")
	}
	if len(faults) > 0 {
		return nil, &InvalidError{Faults: faults}
	}
	if len(text) <= maxKept {
		d.keep(at, hooks)
	}
	return hooks, nil
}

func (d *defaultHooks) keep(at string, hooks []*guard.Hook) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxDefaults {
		clear(d.known)
	}
	d.known[at] = hooks
}

// hooksFor are all hooks of a target for a request: its own, then those of the
// headers.
func (l *leaf) hooksFor(h http.Header) (input, output []*guard.Hook, err error) {
	input, output, err = l.env.guardDefaults.of(h)
	if bad, ok := errors.AsType[*InvalidError](err); ok {
		return nil, nil, &llm.Error{Kind: llm.Invalid, Message: "Invalid config passed", Details: bad.Faults}
	}
	return slices.Concat(l.settings.input, input), slices.Concat(l.settings.output, output), nil
}
