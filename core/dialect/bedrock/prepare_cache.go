package bedrock

import (
	"slices"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// maxCachePoints is how many cache points a request may have.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
const maxCachePoints = 4

// cachePoint writes a mark, for models that know cache points.
func (p *preparation) cachePoint(c *llm.CacheMark) *cachePoint {
	if c == nil {
		return nil
	}
	if !p.model.caches() {
		p.drop("cache_control")
		return nil
	}
	p.dropForeign("cache_control.", c.Native)
	native := json.ObjectOf(c.Native.For(llm.Converse))
	out := &cachePoint{Type: "default"}
	if typ, ok := text(native.Remove("type")); ok {
		out.Type = typ
	}
	out.Rest = native.Value()
	switch {
	case p.model.ttl():
		out.TTL = c.TTL
	case c.TTL != "" && c.TTL != "5m": // five minutes is what it lasts anyway
		p.drop("cache_control.ttl")
	}
	return out
}

// cacheAll marks the end of the conversation when the client wants all of it
// cached.
func (p *preparation) cacheAll() {
	if p.r.Cache == nil || len(p.history) == 0 {
		return
	}
	pieces := p.history[len(p.history)-1].pieces
	if last := &pieces[len(pieces)-1]; last.cache == nil {
		last.cache = p.cachePoint(p.r.Cache)
	}
}

// limitCache keeps the last cache points: each covers all that stands before
// it, so the earliest ones are missed least. Tools come first in a prompt,
// then the system prompt, then messages.
func (p *preparation) limitCache() error {
	excess := p.cachePoints() - maxCachePoints
	if excess <= 0 {
		return nil
	}
	p.drop("cache_control")
	if c := p.out.ToolConfig; c != nil {
		c.Tools = slices.DeleteFunc(c.Tools, func(t tool) bool {
			if t.CachePoint == nil || excess == 0 {
				return false
			}
			excess--
			return true
		})
	}
	for _, pieces := range p.prompt() {
		for i := range pieces {
			if pieces[i].cache != nil && excess > 0 {
				pieces[i].cache = nil
				excess--
			}
		}
	}
	return nil
}

func (p *preparation) cachePoints() int {
	n := 0
	if c := p.out.ToolConfig; c != nil {
		for _, t := range c.Tools {
			if t.CachePoint != nil {
				n++
			}
		}
	}
	for _, pieces := range p.prompt() {
		for _, x := range pieces {
			if x.cache != nil {
				n++
			}
		}
	}
	return n
}

// prompt lists the pieces of the system prompt and of all messages.
func (p *preparation) prompt() [][]piece {
	all := [][]piece{p.system}
	for _, w := range p.history {
		all = append(all, w.pieces)
	}
	return all
}
