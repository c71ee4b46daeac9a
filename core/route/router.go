package route

import (
	"container/list"
	"crypto/sha256"
	"sync"

	"sluice/core"
)

// maxCompiled is how many compiled configs are kept.
const maxCompiled = 1024

// maxKept is the longest config whose compiled form is kept, in bytes: 1024 of
// them must fit into a small function.
const maxKept = 64 << 10

// A Router compiles configs, each once. It is safe for concurrent use.
type Router struct {
	env   Env
	mu    sync.Mutex
	known map[[32]byte]*list.Element
	order list.List // least recently used last
}

type compiled struct {
	key     [32]byte
	handler core.Handler
}

// NewRouter makes a router.
func NewRouter(env Env) *Router {
	return &Router{env: env, known: map[[32]byte]*list.Element{}}
}

// Handler returns the handler for a config's text and for the provider that
// the client's header names; either may be empty.
func (r *Router) Handler(config, provider string) (core.Handler, error) {
	key := sha256.Sum256([]byte(provider + "\x00" + config))
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
	h, err := Compile(c, provider, env)
	if err != nil {
		return nil, err
	}
	if len(config) <= maxKept {
		r.keep(key, h)
	}
	return h, nil
}

func (r *Router) find(key [32]byte) core.Handler {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.known[key]
	if !ok {
		return nil
	}
	r.order.MoveToFront(e)
	return e.Value.(*compiled).handler
}

func (r *Router) keep(key [32]byte, h core.Handler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.known[key]; ok {
		return
	}
	r.known[key] = r.order.PushFront(&compiled{key, h})
	if r.order.Len() > maxCompiled {
		last := r.order.Back()
		delete(r.known, last.Value.(*compiled).key)
		r.order.Remove(last)
	}
}
