package route

import (
	"container/list"
	"crypto/sha256"
	"math/rand/v2"
	"sync"

	"sluice/core"
	"sluice/core/board"
)

// How many compiled configs are kept, and how much memory they may take
// together, in bytes: they must fit into a small function.
const (
	maxCompiled = 1024
	maxKept     = 64 << 20
)

// A Router compiles configs, each once. It is safe for concurrent use.
type Router struct {
	env   Env
	mu    sync.Mutex
	known map[configKey]*list.Element
	order list.List // least recently used last
	size  int       // of all, in bytes, roughly
}

// A configKey is what a compiled config is made of. Its text is the key, not
// a digest of it: hashing a map's key costs a tenth, and texts may be long.
type configKey struct{ provider, config string }

type compiled struct {
	key     configKey
	handler core.Handler
	size    int
}

// NewRouter makes a router.
func NewRouter(env Env) *Router {
	if env.Board == nil {
		env.Board = board.New(nil, nil)
	}
	if env.Random == nil {
		env.Random = rand.Float64
	}
	env.guardDefaults = &defaultHooks{env: env, known: map[string]hookList{}}
	return &Router{env: env, known: map[configKey]*list.Element{}}
}

// Handler returns the handler for a config's text and for the provider that
// the client's header names; either may be empty.
func (r *Router) Handler(config, provider string) (core.Handler, error) {
	key := configKey{provider, config}
	if h := r.find(key); h != nil {
		return h, nil
	}
	c := &Config{Path: "config"}
	if config != "" {
		var err error
		if c, err = Parse([]byte(config)); err != nil {
			return nil, err
		}
	}
	env := r.env
	env.lends = config != "" && config == env.DefaultConfig
	env.hash = sha256.Sum256([]byte(provider + "\x00" + config))
	h, size, err := compile(c, provider, env)
	if err != nil {
		return nil, err
	}
	h = &restoring{h}
	r.keep(&compiled{key, h, size + 4*len(config)})
	return h, nil
}

// Knows reports whether a config has been compiled before, for a provider that
// the client's header names, if that is not empty: then it is sound.
func (r *Router) Knows(config, provider string) bool {
	return r.find(configKey{provider, config}) != nil
}

func (r *Router) find(key configKey) core.Handler {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.known[key]
	if !ok {
		return nil
	}
	r.order.MoveToFront(e)
	return e.Value.(*compiled).handler
}

func (r *Router) keep(c *compiled) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.known[c.key]; ok {
		return
	}
	r.known[c.key] = r.order.PushFront(c)
	r.size += c.size
	for r.order.Len() > maxCompiled || r.size > maxKept {
		last := r.order.Remove(r.order.Back()).(*compiled)
		delete(r.known, last.key)
		r.size -= last.size
	}
}
