package route

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"sync/atomic"
	"time"

	"sluice/core"
	"sluice/core/board"
	"sluice/core/breaker"
	"sluice/core/cache"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/provider"
	"sluice/core/upstream"
)

// Env is what compiled handlers work with.
type Env struct {
	Upstream  *upstream.Client
	CheckHost func(url string) error // refuses custom hosts that must not be reached
	Random    func() float64         // in [0, 1)
	Keyring   *provider.Keyring      // the operator's credentials; nil has none
	OwnHost   func(url string) bool  // whether an administrator lets stored credentials go there; nil: nowhere
	Ambient   *provider.Ambient      // what the process lends to targets; nil lends nothing
	Prices    *price.Table           // what models cost; nil: the built-in ones, read when first needed
	Board     *board.Board           // what was learnt from earlier requests; nil: one of the config's own
	Checks    guard.Library          // that guardrails may use; nil has none
	Guards    guard.Env              // what checks work with
	Cache     *cache.Cache           // nil: there is none
	// SavedGuard finds a guardrail that is kept under an id, in any form of a
	// hook. What it finds is kept with the configs that name it, until
	// [Router.Forget]. Nil: there are none.
	SavedGuard func(id string) (json.Value, bool)
	// DefaultConfig is the config whose credentials are the operator's. Empty:
	// there is none, and all configs are their clients'.
	DefaultConfig string
	guardDefaults *defaultHooks                // those that headers bring; nil reads none
	lends         bool                         // the config that is compiled is that one
	hash          [sha256.Size]byte            // of the config that is compiled, and the provider beside it
	last          *atomic.Pointer[placedScope] // of it
	// Around is put around every target, between it and the strategies. Nil
	// puts nothing there.
	Around func(core.Handler) core.Handler
}

// settings flow down from the root to the leaves.
type settings struct {
	defaults       json.Value
	overrides      json.Value
	drops          []json.Path
	aliases        []Alias
	retry          *Retry
	breaker        *breaker.Policy
	paced          bool // somebody chooses by how long the target takes
	timeout        time.Duration
	timeouts       upstream.Timeouts
	customHost     string
	forwardHeaders []string
	strict         *bool
	input, output  hookList
	recall         recall // of answers that hooks have judged
	cache          cache.Settings
	unknown        []string // members of the levels above that nobody reads
}

// Compile turns a config into a handler. headerProvider is the id that the
// provider header names, for a root that names no provider itself.
func Compile(c *Config, headerProvider string, env Env) (core.Handler, error) {
	h, _, err := compile(c, headerProvider, env)
	return h, err
}

// compile also says how much memory the handler takes, in bytes, roughly.
func compile(c *Config, headerProvider string, env Env) (core.Handler, int, error) {
	env.last = new(atomic.Pointer[placedScope])
	if env.Board == nil {
		env.Board = board.New(nil, nil)
	}
	b := &builder{env: env, headerProvider: headerProvider, size: c.steps * stepSize}
	h := b.node(c, settings{})
	if b.size > maxSize {
		b.fault(c, "targets", "what targets inherit takes too much memory")
	}
	if len(b.faults) > 0 {
		return nil, 0, &InvalidError{Faults: b.faults}
	}
	if b.err != nil {
		return nil, 0, b.err
	}
	return h, b.size, nil
}

// maxSize is how much memory a compiled config may take beside its own text, in
// bytes: what targets inherit is there once for each that changes it.
const maxSize = 4 << 20

// What takes memory, in bytes: a target by itself, a string beside its text, a
// step of a regular expression.
const (
	nodeSize   = 2 << 10
	stringSize = 16
	stepSize   = 100
)

type builder struct {
	env            Env
	headerProvider string
	faults         []string
	err            error
	size           int // of what was built so far, in bytes, roughly
}

func (b *builder) node(c *Config, s settings) child {
	if b.size += nodeSize; b.size > maxSize {
		return &leaf{at: c.Path} // the config is refused
	}
	s = b.inherit(s, c)
	if c.Strategy == nil || len(c.Targets) == 0 {
		return within(c.Total, b.leaf(c, s))
	}
	children := make([]child, len(c.Targets))
	for i, t := range c.Targets {
		children[i] = b.node(t, s)
	}
	return within(c.Total, b.strategy(withoutOpen(c, group{c.Path, children})))
}

// strategy builds what the parser has found to be one.
func (b *builder) strategy(c *Config, g group) child {
	s := &strategy{group: g, moves: c.Strategy.rule(), continues: c.Strategy.Continue}
	switch c.Strategy.Mode {
	case "conditional":
		return newConditional(c.Strategy, g, c.targetNames())
	case "single":
		s.choose, s.children = inOrder(1), g.children[:1]
	case "fallback":
		s.choose = inOrder(len(g.children))
	case "loadbalance":
		weights := s.weigh(c.Targets)
		s.choose = newBalanced(weights, b.env.Random)
		if st := c.Strategy.Sticky; st != nil {
			return newSticky(s, weights, st, b.env)
		}
	case "latency":
		s.choose = newFastest(g, b.env.Random)
	case "cost":
		s.choose = &cheapest{g}
	case "hedge":
		s.choose = inOrder(len(g.children))
		return &hedge{s, c.Strategy.Delay}
	}
	return s
}

// weigh returns the weights of the targets that can be drawn, and leaves out
// the others: nobody waits for them to be well. If none can be, all stay.
func (s *strategy) weigh(targets []*Config) (weights []float64) {
	var drawn []child
	for i, t := range targets {
		if t.Weight > 0 {
			drawn, weights = append(drawn, s.children[i]), append(weights, t.Weight)
		}
	}
	if len(drawn) == 0 {
		return make([]float64, len(targets))
	}
	s.children = drawn
	return weights
}

// inherit applies one level of a config to what comes from above.
func (b *builder) inherit(s settings, c *Config) settings {
	if c.CustomHost != "" && b.env.CheckHost(c.CustomHost) != nil {
		b.faults = append(b.faults, "path: "+faultPath(c.Path, "custom_host")+", message: Invalid custom host")
	}
	s.defaults, s.overrides = b.merged(s.defaults, c.DefaultParams), b.merged(s.overrides, c.OverrideParams)
	if c.DropParams != nil {
		s.drops = c.DropParams
	}
	if c.ModelAliases != nil {
		s.aliases = c.ModelAliases
	}
	s.input = b.hooks(c, guard.Before, s.input)
	s.output = b.hooks(c, guard.After, s.output)
	s.recall = s.recall.below(c)
	s.retry = cmp.Or(c.Retry, s.retry)
	s.cache = cmp.Or(b.alike(c), s.cache)
	s.breaker = c.policy(s.breaker)
	s.paced = s.paced || c.Strategy != nil && c.Strategy.Mode == "latency"
	s.timeout = cmp.Or(c.RequestTimeout, s.timeout)
	s.timeouts = c.Timeouts.Or(s.timeouts)
	s.customHost = cmp.Or(c.CustomHost, s.customHost)
	s.strict = cmp.Or(c.Strict, s.strict)
	if len(c.Unknown) > 0 {
		s.unknown = append(slices.Clip(s.unknown), c.Unknown...)
		b.size += len(s.unknown) * stringSize
	}
	if c.ForwardHeaders != nil {
		s.forwardHeaders = c.ForwardHeaders
	}
	return s
}

func (b *builder) merged(parent, child json.Value) json.Value {
	v, err := merge(parent, child)
	b.err = cmp.Or(b.err, err)
	if len(child) > 0 {
		b.size += len(v)
	}
	return v
}

// merge sets the child's members over the parent's, one level deep.
func merge(parent, child json.Value) (json.Value, error) {
	if len(parent) == 0 || len(child) == 0 {
		if len(child) > 0 {
			return child, nil
		}
		return parent, nil
	}
	members, err := json.Members(child)
	if err != nil {
		return nil, err
	}
	edits := make([]json.Edit, len(members))
	for i, m := range members {
		edits[i] = json.Edit{Name: m.Name, Value: m.Value}
	}
	return json.Splice(parent, edits...)
}

func (b *builder) leaf(c *Config, s settings) child {
	c, s = b.provided(c, s)
	if c.Passthrough && c.Provider == "" {
		return &passthrough{config: c, settings: s, env: b.env}
	}
	id := cmp.Or(c.Provider, b.headerProvider)
	spec, ok := provider.Find(trimAt(id))
	if !ok {
		b.err = cmp.Or(b.err, error(&llm.Error{Kind: llm.Invalid, Message: "Provider " + id + " not found"}))
		return &leaf{at: c.Path}
	}
	return newLeaf(spec, c, s, b.env)
}

// faultPath turns config.targets[0] into the reference's targets,0.
func faultPath(at, key string) string {
	var out []byte
	for i := len("config"); i < len(at); i++ {
		switch at[i] {
		case '.', '[':
			if len(out) > 0 {
				out = append(out, ',')
			}
		case ']':
		default:
			out = append(out, at[i])
		}
	}
	if len(out) > 0 {
		out = append(out, ',')
	}
	return string(out) + key
}
