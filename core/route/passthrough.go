package route

import (
	"cmp"
	"context"
	"sync"
	"time"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/provider"
)

// passthrough is a target that leaves it to the request which provider is
// asked, and with which credential: to the header x-portkey-provider, else to
// a model of the form @provider/model. It has a leaf for each provider.
//
// https://portkey.ai/docs/product/ai-gateway/configs#passthrough-targets
type passthrough struct {
	config   *Config
	settings settings
	env      Env
	mu       sync.Mutex
	leaves   map[string]*leaf // by provider's id, at most maxLeaves of them
}

// maxLeaves is how many providers a target remembers: clients name them.
const maxLeaves = 16

const namesNobody = "the request names no provider"

func (t *passthrough) path() string { return t.config.Path }

// Handle asks the provider that the request names.
func (t *passthrough) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	l, named := t.asked(c)
	if l == nil {
		return nil, &core.Failure{Option: t.config.Path, Err: llm.Errorf(llm.BadRequest,
			"%s: this target takes it from x-portkey-provider, or from a model of the form @provider/model", namesNobody)}
	}
	if named.Model != c.Model {
		var err error
		if named, err = c.Renamed(named.Model); err != nil {
			return nil, err
		}
	}
	return l.Handle(ctx, named)
}

// asked finds the leaf, and the call with the model that it is asked for, to
// be looked at only. The leaf is nil if the request names nobody.
func (t *passthrough) asked(c *core.Call) (*leaf, *core.Call) {
	slug, model, ok := cutSlug(c.Model)
	id := cmp.Or(trimAt(c.Header.Get("X-Portkey-Provider")), slug)
	spec, known := provider.Find(id)
	if !known {
		return nil, c
	}
	if ok && slug == id {
		d := *c
		d.Model, c = model, &d
	}
	return t.leaf(spec), c
}

func (t *passthrough) leaf(spec *provider.Spec) *leaf {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.leaves[spec.ID]; l != nil {
		return l
	}
	if t.leaves == nil || len(t.leaves) == maxLeaves {
		t.leaves = map[string]*leaf{}
	}
	l := newLeaf(spec, t.config, t.settings, t.env)
	t.leaves[spec.ID] = l
	return l
}

func (t *passthrough) unable(c *core.Call) string {
	l, c := t.asked(c)
	if l == nil {
		return namesNobody
	}
	return l.unable(c)
}

func (t *passthrough) benched(c *core.Call) bool {
	l, c := t.asked(c)
	return l != nil && l.benched(c)
}

func (t *passthrough) pace(c *core.Call) (time.Duration, bool) {
	l, c := t.asked(c)
	if l == nil {
		return 0, false
	}
	return l.pace(c)
}

func (t *passthrough) price(c *core.Call) (price.Nano, bool) {
	l, c := t.asked(c)
	if l == nil {
		return 0, false
	}
	return l.price(c)
}

func (t *passthrough) prefills(c *core.Call) bool {
	l, c := t.asked(c)
	return l != nil && l.prefills(c)
}

func (t *passthrough) model(c *core.Call) string {
	l, c := t.asked(c)
	if l == nil {
		return ""
	}
	return l.model(c)
}
