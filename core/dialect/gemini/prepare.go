package gemini

import (
	"net/http"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request for generateContent and streamGenerateContent,
// whose bodies are the same.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := newPreparation(r, t)
	for _, step := range []func() error{p.turns, p.tools, p.choose, p.config, p.rest} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(&p.out)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the request cannot be written as JSON: %v", err)
	}
	return &exchange{body: body, dropped: p.dropped, names: p.names, provider: t.Provider}, nil
}

// Raw returns the exchange for a body that is a Gemini request already.
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
	r       *llm.Request
	same    bool // the request came in this dialect: it is written as it was
	vertex  bool // for Vertex AI, which has no ids
	model   model
	names   dialect.Names
	top     json.Object // the request's own residue
	dropped []string

	out      request
	contents []written
	calls    map[string]string // :: id of a call → name that it was sent with
	order    map[string]int    // :: id of a call → its place among all
	open     map[string]bool   // calls without a result so far
	held     []part            // for the next content that is not results

	retrieval json.Value // toolConfig.retrievalConfig
}

// written is a content that is being put together.
type written struct {
	content
	results bool
	ids     []string // of the calls that the parts answer
}

func newPreparation(r *llm.Request, t dialect.Target) *preparation {
	return &preparation{
		r: r, same: r.Native.Dialect == llm.Gemini, vertex: t.Provider == "vertex-ai", model: modelOf(t.Model, r.Model), top: own(r.Native),
		calls: map[string]string{}, order: map[string]int{}, open: map[string]bool{},
	}
}

// drop notes what the target has no word for, each once.
func (p *preparation) drop(names ...string) {
	for _, n := range names {
		if !slices.Contains(p.dropped, n) {
			p.dropped = append(p.dropped, n)
		}
	}
}

// foreignLoss notes the residue of another dialect.
func (p *preparation) foreignLoss(prefix string, n llm.Native, except ...string) {
	for _, name := range n.ForeignTo(llm.Gemini) {
		if name != "type" && !slices.Contains(except, name) {
			p.drop(prefix + name)
		}
	}
}

// cacheLoss notes a cache mark: the API caches prefixes by itself.
func (p *preparation) cacheLoss(c *llm.CacheMark) {
	if c != nil {
		p.drop("cache_control")
	}
}

// rest writes the other members of the request, and reports those that have
// no word here.
func (p *preparation) rest() error {
	r := p.r
	p.cacheLoss(r.Cache)
	if r.User != "" {
		p.drop("user")
	}
	if r.ServiceTier != "" && r.ServiceTier != "auto" && r.ServiceTier != "default" {
		p.drop("service_tier")
	}
	if p.same {
		p.top.Remove("toolConfig")
		p.out.Rest = p.top.Value()
		return nil
	}
	var rest json.Object
	if r.Native.Dialect == llm.OpenAIChat {
		chat := json.ObjectOf(r.Native.Members)
		for _, m := range []struct{ name, as string }{
			{"safety_settings", "safetySettings"}, {"safetySettings", "safetySettings"},
			{"cached_content", "cachedContent"}, {"cachedContent", "cachedContent"}, {"labels", "labels"},
		} {
			if v := chat.Get(m.name); !absent(v) {
				rest.Add(m.as, v)
			}
		}
		p.foreignLoss("", r.Native, chatMembers...)
	} else {
		p.foreignLoss("", r.Native)
	}
	if !p.vertex && rest.Remove("labels") != nil { // the Gemini API has none
		p.drop("labels")
	}
	p.out.Rest = rest.Value()
	return nil
}
