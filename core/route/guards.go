package route

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"sluice/core/guard"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A guardList is a list of hooks as a config has it.
type guardList struct {
	key  string   // in snake case
	path []string // in the config, as the client writes it
	list json.Value
}

// A hookList is a list of hooks, and what lets streams past those for answers.
type hookList struct {
	hooks []*guard.Hook
	gate  *guard.Gate
}

func newHookList(hooks []*guard.Hook) hookList { return hookList{hooks, guard.NewGate(hooks)} }

// and is the list with another one behind it.
func (l hookList) and(next hookList) hookList {
	switch {
	case len(next.hooks) == 0:
		return l
	case len(l.hooks) == 0:
		return next
	}
	return hookList{slices.Concat(l.hooks, next.hooks), l.gate.And(next.gate)}
}

// hooks reads the hooks of an event that a node has; parent are those from
// above, which count if it names none.
func (b *builder) hooks(c *Config, e guard.Event, parent hookList) hookList {
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
	return newHookList(own)
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
	known map[string]hookList
}

// CheckGuards reads the hooks that headers bring. Its error is an
// [*InvalidError].
func (r *Router) CheckGuards(h http.Header) error {
	_, _, err := r.env.guardDefaults.of(h)
	return err
}

// of are the input and the output hooks that headers bring.
func (d *defaultHooks) of(h http.Header) (input, output hookList, err error) {
	if d == nil {
		return hookList{}, hookList{}, nil
	}
	if input, err = d.read(defaultInput, "input_guardrails", h); err == nil {
		output, err = d.read(defaultOutput, "output_guardrails", h)
	}
	return input, output, err
}

func (d *defaultHooks) read(field, key string, h http.Header) (hookList, error) {
	text := header.Get(h, field)
	if text == "" {
		return hookList{}, nil
	}
	at := key + " " + text
	d.mu.Lock()
	list, ok := d.known[at]
	d.mu.Unlock()
	if ok {
		return list, nil
	}
	var faults []string
	p := d.env.hookParser(func(path []string, message string) {
		faults = append(faults, "path: "+strings.Join(path, ",")+", message: "+message)
	})
	if name := strings.ToLower(field); json.Valid([]byte(text)) {
		list = newHookList(p.Hooks(key, json.Value(text), []string{name}))
	} else {
		p.Fault([]string{name}, "Expected a JSON array")
	}
	if len(faults) > 0 {
		return hookList{}, &InvalidError{Faults: faults}
	}
	if len(text) <= maxKept {
		d.keep(at, list)
	}
	return list, nil
}

func (d *defaultHooks) keep(at string, list hookList) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxDefaults {
		clear(d.known)
	}
	d.known[at] = list
}

// hooksFor are all hooks of a target for a request: its own, then those of the
// headers.
func (l *leaf) hooksFor(h http.Header) (input, output hookList, err error) {
	input, output, err = l.env.guardDefaults.of(h)
	if bad, ok := errors.AsType[*InvalidError](err); ok {
		return input, output, &llm.Error{Kind: llm.Invalid, Message: "Invalid config passed", Details: bad.Faults}
	}
	return l.settings.input.and(input), l.settings.output.and(output), nil
}
