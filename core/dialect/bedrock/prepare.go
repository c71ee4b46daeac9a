package bedrock

import (
	"net/http"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request for Converse or ConverseStream, whose bodies are
// the same.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := newPreparation(r, t)
	for _, step := range []func() error{
		p.refuse, p.adopt, p.turns, p.tools, p.inference, p.think, p.output, p.additional, p.limitCache,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(p.request())
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the request cannot be written as JSON: %v", err)
	}
	return &exchange{body: body, dropped: p.dropped, names: p.names, provider: t.Provider}, nil
}

// Raw returns the exchange for a body that is a Converse request already.
func (Codec) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }

// An exchange is one request and the reading of its answer.
type exchange struct {
	body     []byte
	dropped  []string
	names    dialect.Names
	provider string
}

func (x *exchange) Body() []byte        { return x.body }
func (x *exchange) Header() http.Header { return nil }
func (x *exchange) Dropped() []string   { return x.dropped }

// A preparation is a request being written.
type preparation struct {
	r       llm.Request // a copy, to which adopt adds
	model   model
	names   dialect.Names
	docs    documentNames
	dropped []string

	out     request
	system  []piece
	history []written
	top     json.Object // top-level members without a field in out
	extra   json.Object // additionalModelRequestFields
	betas   []string
	version json.Value            // anthropic_version
	rest    map[string]json.Value // unknown members of objects that have a field in out
}

// A piece is a block and the cache point behind it.
type piece struct {
	block block
	cache *cachePoint
}

// written is a message of which the blocks are not laid out yet.
type written struct {
	role   string
	pieces []piece
	rest   json.Value
}

func newPreparation(r *llm.Request, t dialect.Target) *preparation {
	return &preparation{r: *r, model: modelOf(t.Model, r.Model)}
}

// drop notes members that the target has no word for, each once.
func (p *preparation) drop(names ...string) {
	for _, n := range names {
		if !slices.Contains(p.dropped, n) {
			p.dropped = append(p.dropped, n)
		}
	}
}

// dropForeign notes the residue of another dialect. A type, and what is
// empty, only marks how something was written.
func (p *preparation) dropForeign(prefix string, n llm.Native) {
	if n.Dialect == llm.Converse {
		return
	}
	for _, m := range json.ObjectOf(n.Members) {
		if m.Name != "type" && !marker(m.Value) {
			p.drop(prefix + m.Name)
		}
	}
}

func marker(v json.Value) bool {
	switch string(v) {
	case "{}", "[]", `""`, "null":
		return true
	}
	return false
}

func (p *preparation) refuse() error {
	if n := p.r.N; n != nil && *n > 1 {
		return llm.Errorf(llm.BadRequest, "bedrock gives one answer to a request: n must be 1, not %d", *n)
	}
	return nil
}

// inference writes the parameters that all models share.
func (p *preparation) inference() error {
	p.out.Inference = &inference{
		MaxTokens: p.r.MaxTokens, Temperature: p.r.Temperature.Value(), TopP: p.r.TopP.Value(), Stop: p.stop(), Rest: p.rest["inferenceConfig"],
	}
	k := p.model.knobs()
	p.knob("top_k", k.topK, number(p.r.TopK))
	p.knob("seed", k.seed, number(p.r.Seed))
	p.knob("frequency_penalty", k.frequency, p.r.FrequencyPenalty.Value())
	p.knob("presence_penalty", k.presence, p.r.PresencePenalty.Value())
	return nil
}

// sample leaves out what Claude refuses of temperature, topP and top_k.
func (p *preparation) sample(thinking bool) {
	c, m := p.out.Inference, &p.model.claude
	if t, ok := float(c.Temperature); ok {
		nearest, taken := m.Temperature(t, thinking)
		switch {
		case !taken:
			p.drop("temperature")
			c.Temperature = nil
		case nearest != t:
			p.drop("temperature")
			c.Temperature = json.ValueOf(nearest)
		}
	}
	if n, ok := float(c.TopP); ok && !m.TopP(n, thinking, c.Temperature != nil) {
		p.drop("top_p")
		c.TopP = nil
	}
	if p.r.TopK != nil && !m.TopK(thinking) {
		p.drop("top_k")
		p.extra.Remove("top_k")
	}
}

// knob writes a parameter where the family of models has it.
func (p *preparation) knob(name, path string, v json.Value) {
	switch {
	case v == nil:
	case path == "":
		p.drop(name)
	default:
		addPath(&p.extra, path, v)
	}
}

// stop leaves out what no model takes: an empty sequence, and for Claude one
// of white space only.
func (p *preparation) stop() []string {
	kept := slices.DeleteFunc(slices.Clone(p.r.Stop), func(s string) bool {
		return s == "" || p.model.isClaude() && blank(s)
	})
	if len(kept) < len(p.r.Stop) {
		p.drop("stop")
		if len(kept) == 0 {
			return nil
		}
	}
	return kept
}

// request puts the parts together.
func (p *preparation) request() *request {
	p.out.System = lay(p.system)
	for _, w := range p.history {
		p.out.Messages = append(p.out.Messages, message{Role: w.role, Content: lay(w.pieces), Rest: w.rest})
	}
	if c := p.out.Inference; c.MaxTokens == nil && c.Temperature == nil && c.TopP == nil && c.Stop == nil && c.Rest == nil {
		p.out.Inference = nil
	}
	p.out.Additional = p.extra.Value()
	p.out.Rest = p.top.Value()
	return &p.out
}

// lay writes pieces in a row.
func lay(pieces []piece) []block {
	var blocks []block
	for _, p := range pieces {
		blocks = append(blocks, p.block)
		if p.cache != nil {
			blocks = append(blocks, block{CachePoint: p.cache})
		}
	}
	return blocks
}

func number(n *int64) json.Value {
	if n == nil {
		return nil
	}
	return json.ValueOf(n)
}
