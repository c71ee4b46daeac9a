package route

import (
	"cmp"
	"fmt"
	"sync"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
)

// usualAnswer is how many tokens an answer is taken to have if the request
// does not bound it.
const usualAnswer = 500

// cheapest chooses the target that is expected to cost least. Those without a
// price come after all others; equal ones are in the order of the config.
type cheapest struct{ group }

func (p *cheapest) next(c *core.Call, out *marks) int {
	best, least, known := -1, price.Nano(0), false
	for i, t := range p.children {
		if out.has(i) {
			continue
		}
		n, ok := t.price(c)
		if best < 0 || ok && (!known || n < least) {
			best, least, known = i, n, ok
		}
	}
	if best >= 0 && *out == (marks{}) {
		c.Trace.Note(p.at, p.reason(c, best, least, known))
	}
	return best
}

func (p *cheapest) reason(c *core.Call, i int, n price.Nano, known bool) string {
	if !known {
		return "no target has a price that is known"
	}
	prompt, answer := c.Expected()
	return fmt.Sprintf("%s is the cheapest: about $%s for %d tokens in and %d out", p.children[i].path(), n, prompt, cmp.Or(answer, usualAnswer))
}

// price is what a call is expected to cost at the target: its prompt by the
// size of its texts, and as long an answer as it allows.
func (l *leaf) price(c *core.Call) (price.Nano, bool) {
	p := l.prices.of(l.env.table(), l.spec.ID, l.model(c))
	if !p.Known() {
		return 0, false
	}
	prompt, answer := c.Expected()
	amount, _ := price.Cost(p, expectedUnits(c.Operation, prompt, cmp.Or(l.most, answer, l.usual, usualAnswer)))
	return amount.Nano, amount.Known()
}

func (e *Env) table() *price.Table {
	if e.Prices == nil {
		return price.Default()
	}
	return e.Prices
}

// What an operation that is not priced by its tokens uses at least: enough to
// tell which target costs less. Tokens beside them would hide them: providers
// charge the one or the other.
var (
	oneImage  = []price.Item{{Unit: price.Image, Count: 1}}
	oneMinute = []price.Item{{Unit: price.Minute, Count: 60_000}}
	oneSearch = []price.Item{{Unit: price.Search, Count: 1}}
)

func expectedUnits(op llm.Operation, prompt, answer int64) price.Units {
	switch op {
	case llm.Embed, llm.Moderate, llm.CountTokens:
		return price.Units{Input: prompt}
	case llm.GenerateImage, llm.EditImage, llm.VaryImage:
		return price.Units{Items: oneImage}
	case llm.Transcribe, llm.TranslateSound:
		return price.Units{Items: oneMinute}
	case llm.Rerank:
		return price.Units{Input: prompt, Items: oneSearch}
	case llm.Speak:
		return price.Units{Items: []price.Item{{Unit: price.Character, Count: 4 * prompt}}}
	}
	return price.Units{Input: prompt, Output: answer}
}

// maxPrices is how many models' prices a target remembers: clients name them.
const maxPrices = 64

// A priceList keeps what a table was asked for, so that no request pays for
// the search.
type priceList struct {
	mu    sync.RWMutex
	table *price.Table // that was asked
	known map[string]price.Price
}

func (l *priceList) of(t *price.Table, provider, model string) price.Price {
	l.mu.RLock()
	p, ok := l.known[model]
	ok = ok && l.table == t
	l.mu.RUnlock()
	if ok {
		return p
	}
	p, _ = t.Lookup(provider, model)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.table != t || len(l.known) >= maxPrices {
		l.table, l.known = t, map[string]price.Price{}
	}
	l.known[model] = p
	return p
}
