package anthropic

import (
	"net/http"
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/claude"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request for an upstream that speaks Messages. What the API
// refuses is mended where the meaning stays, and every member that does not
// get through is named in [dialect.Exchange.Dropped], by its name in the
// canonical request: "thinking", "seed", "tools.strict".
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p, err := prepare(r, t)
	if err != nil {
		return nil, err
	}
	return p.exchange()
}

// Raw returns the exchange for a body that is already a Messages request.
func (Codec) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }

// exchange is one request and the reading of its answer.
type exchange struct {
	body    []byte
	header  http.Header
	dropped []string
	names   dialect.Names
}

func (x *exchange) Body() []byte        { return x.body }
func (x *exchange) Header() http.Header { return x.header }
func (x *exchange) Dropped() []string   { return x.dropped }

// tool returns the client's name of a tool, and whether it takes free text.
func (x *exchange) tool(sent string) (name string, custom bool) {
	name = x.names.Client(sent)
	return name, x.names.IsFree(name)
}

// preparer is the state of one Prepare.
type preparer struct {
	r      *llm.Request
	target dialect.Target
	model  claude.Model
	native bool // the request came in this dialect
	thinks bool // the model is asked to think
	out    outgoing
	x      exchange
	betas  []string
	skip   int // cache marks that are too many, counted from the front
	err    error
}

func prepare(r *llm.Request, t dialect.Target) (*preparer, error) {
	p := &preparer{r: r, target: t, native: r.Native.Dialect == llm.Anthropic}
	p.out.Model = t.Model
	if p.out.Model == "" {
		p.out.Model = r.Model
	}
	p.model = claude.Find(p.out.Model)
	if r.N != nil && *r.N > 1 {
		return nil, llm.Errorf(llm.BadRequest, "n: %s gives one answer, not %d", nameOf(t), *r.N)
	}
	p.skip = max(0, countMarks(r)-maxMarks)
	p.out.Rest = p.residue("", r.Native)
	p.bodyBetas()
	p.tools()
	p.turns()
	p.choice()
	p.think()
	p.sampling()
	p.format()
	p.members()
	return p, p.err
}

// nameOf is what error texts call the target.
func nameOf(t dialect.Target) string {
	if t.Provider == "" {
		return string(llm.Anthropic)
	}
	return t.Provider
}

func (p *preparer) exchange() (*exchange, error) {
	body, err := json.Marshal(&p.out)
	if err != nil {
		return nil, &llm.Error{Kind: llm.Internal, Message: "write a Messages request", Err: err}
	}
	p.x.body = body
	if len(p.betas) > 0 {
		p.x.header = http.Header{"Anthropic-Beta": {strings.Join(p.betas, ",")}}
	}
	return &p.x, nil
}

// drop reports members that do not get through, each once.
func (p *preparer) drop(names ...string) {
	for _, n := range names {
		if n != "" && !slices.Contains(p.x.dropped, n) {
			p.x.dropped = append(p.x.dropped, n)
		}
	}
}

// residue returns the members that this dialect may write back, and reports
// the others below a prefix such as "tools.".
func (p *preparer) residue(prefix string, n llm.Native) json.Value {
	for _, name := range n.ForeignTo(llm.Anthropic) {
		p.drop(prefix + name)
	}
	return n.For(llm.Anthropic)
}

func (p *preparer) beta(name string) {
	if !p.native && !slices.Contains(p.betas, name) { // a client of this dialect sends its own
		p.betas = append(p.betas, name)
	}
}

// bodyBetas moves flags from the body, where clients of Bedrock and Vertex AI
// have them, to the header, where this API has them.
func (p *preparer) bodyBetas() {
	list := json.Lookup(p.out.Rest, "anthropic_beta")
	if list == nil {
		return
	}
	flags, err := json.Elements(list)
	if err != nil { // a text, with commas
		flags = []json.Value{list}
	}
	for _, f := range flags {
		p.betas = append(p.betas, json.Unquote(f))
	}
	p.out.Rest, _ = json.Splice(p.out.Rest, json.Edit{Name: "anthropic_beta"})
}

func (p *preparer) fail(kind llm.ErrorKind, format string, args ...any) {
	if p.err == nil {
		p.err = llm.Errorf(kind, format, args...)
	}
}

// members writes what needs no thought.
func (p *preparer) members() {
	r := p.r
	p.out.Stream = r.Stream
	p.out.StopSequences = p.stop()
	p.out.ServiceTier = p.tier()
	p.out.CacheControl = p.cache(r.Cache)
	p.user()
	if r.FrequencyPenalty != "" {
		p.drop("frequency_penalty")
	}
	if r.PresencePenalty != "" {
		p.drop("presence_penalty")
	}
	if r.Seed != nil {
		p.drop("seed")
	}
}

// user writes metadata, which may have residue of its own.
func (p *preparer) user() {
	rest := p.nested("metadata")
	if p.r.User == "" && rest == nil {
		return
	}
	p.out.Metadata = &metadata{Rest: rest}
	if p.r.User != "" {
		p.out.Metadata.UserID = json.Quote(p.r.User)
	}
}

// nested takes an object out of the residue that is about to be written: the
// rest of one that has canonical members too.
func (p *preparer) nested(name string) json.Value {
	object := json.Lookup(p.out.Rest, name)
	if object.Kind() != '{' {
		return nil
	}
	without, err := json.Splice(p.out.Rest, json.Edit{Name: name})
	if err != nil {
		return nil
	}
	p.out.Rest = without
	return object
}

// stop leaves out what the API refuses: sequences of white space.
func (p *preparer) stop() []string {
	if !slices.ContainsFunc(p.r.Stop, blank) {
		return p.r.Stop
	}
	p.drop("stop")
	kept := slices.DeleteFunc(slices.Clone(p.r.Stop), blank)
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// tiers says what OpenAI's service tiers mean here. Priority capacity is used
// by "auto" if the account has it.
var tiers = map[string]string{"auto": "auto", "priority": "auto", "default": "standard_only", "standard_only": "standard_only"}

func (p *preparer) tier() string {
	if p.native || p.r.ServiceTier == "" {
		return p.r.ServiceTier
	}
	tier, ok := tiers[p.r.ServiceTier]
	if !ok {
		p.drop("service_tier")
	}
	return tier
}
