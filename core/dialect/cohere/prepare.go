package cohere

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request. It refuses, with an *llm.Error of kind BadRequest
// or Unsupported, more than one answer, media other than images and texts,
// and a tool that only another provider has. What else has no word is named in
// [dialect.Exchange.Dropped], with the indexes of canonical turns and parts.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := outbound.Prepare(llm.Cohere, r, t)
	if s, ok := prompt(p); ok {
		return generate(p, s), nil
	}
	e := encoder{r: r, target: t, same: r.Native.Dialect == llm.Cohere, top: own(r.Native)}
	e.B = make([]byte, 0, 8<<10)
	if r.N != nil && *r.N > 1 {
		return nil, llm.Errorf(llm.BadRequest, "n: %s gives one answer, not %d", e.who(), *r.N)
	}
	e.request()
	if e.err != nil {
		return nil, e.err
	}
	return &exchange{body: e.B, dropped: e.dropped, provider: t.Provider, names: e.names}, nil
}

// Raw is the exchange for a body that is in the dialect already.
func (Codec) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }

type exchange struct {
	body     []byte
	dropped  []string
	provider string        // id, if known
	names    dialect.Names // of tools that are sent under other names, or take free text
}

func (x *exchange) Body() []byte        { return x.body }
func (x *exchange) Header() http.Header { return nil }
func (x *exchange) Dropped() []string   { return x.dropped }

func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }

// writer appends the JSON of this dialect.
type writer struct{ json.Writer }

// encoder writes one request.
type encoder struct {
	writer
	r       *llm.Request
	target  dialect.Target
	same    bool        // the request came in this dialect: it is written as it was
	top     json.Object // its residue
	dropped []string
	names   dialect.Names
	docs    []*llm.Media // texts that stand beside the messages
	later   []*llm.Media // images of tool results, for the next user message
	err     error        // the first that was found
}

func (e *encoder) drop(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(e.dropped, s) {
		e.dropped = append(e.dropped, s)
	}
}

func (e *encoder) fail(kind llm.ErrorKind, param, what string) {
	if e.err == nil {
		e.err = &llm.Error{Kind: kind, Status: http.StatusBadRequest, Param: param, Message: param + ": " + what}
	}
}

// lost reports what another dialect left over, below a place such as
// "tools[0].".
func (e *encoder) lost(place string, n llm.Native, except ...string) {
	for _, name := range n.ForeignTo(llm.Cohere) {
		if !slices.Contains(except, name) {
			e.drop("%s%s", place, name)
		}
	}
}

// uncached reports a cache mark: Cohere caches by itself.
func (e *encoder) uncached(place string, c *llm.CacheMark) {
	if c != nil {
		e.drop("%scache_control", place)
	}
}

func (e *encoder) who() string { return cmp.Or(e.target.Provider, string(llm.Cohere)) }

func (e *encoder) request() {
	e.B = append(e.B, '{')
	e.StrIf("model", cmp.Or(e.target.Model, e.r.Model))
	e.messages()
	e.documents()
	e.tools()
	e.params()
	e.output()
	e.reasoning()
	if e.r.Stream {
		e.Bool("stream", true)
	} else if e.top.Has("stream") {
		e.Bool("stream", false)
	}
	e.extensions()
	e.Rest(e.top, "stream", "thinking")
	e.Close('}')
}

func (e *encoder) params() {
	r := e.r
	e.IntIf("max_tokens", r.MaxTokens)
	if r.Stop != nil {
		e.Open("stop_sequences", '[')
		for _, s := range r.Stop {
			e.Element(json.Quote(s))
		}
		e.Close(']')
	}
	e.Raw("temperature", r.Temperature.Value())
	e.Raw("p", r.TopP.Value())
	e.IntIf("k", r.TopK)
	e.Raw("frequency_penalty", r.FrequencyPenalty.Value())
	e.Raw("presence_penalty", r.PresencePenalty.Value())
	e.IntIf("seed", r.Seed)
	if r.User != "" {
		e.drop("user")
	}
	if t := r.ServiceTier; t != "" && t != "auto" && t != "default" {
		e.drop("service_tier")
	}
	e.uncached("", r.Cache)
}

// extensions are members of Cohere's that chat clients of the gateway may
// send, under the names that they have here.
var extensions = []string{"k", "p", "documents", "citation_options", "safety_mode", "strict_tools", "logprobs", "priority"}

// extensions writes what a chat client says for Cohere, and reports the rest.
func (e *encoder) extensions() {
	if e.r.Native.Dialect != llm.OpenAIChat {
		e.lost("", e.r.Native)
		return
	}
	chat := json.ObjectOf(e.r.Native.Members)
	taken := map[string]bool{"p": e.r.TopP != "", "k": e.r.TopK != nil, "documents": len(e.docs) > 0}
	var written []string
	for _, name := range extensions {
		if !taken[name] {
			e.Raw(name, notNull(chat.Get(name)))
			written = append(written, name)
		}
	}
	e.lost("", e.r.Native, written...)
}

func (e *encoder) output() {
	o := &e.r.Output
	n := own(o.Native)
	if o.Kind == "" {
		e.lost("response_format.", o.Native)
		return
	}
	if o.Kind == llm.OutputText && !e.same {
		return // that is what it does anyway
	}
	e.Open("response_format", '{')
	if o.Kind == llm.OutputText {
		e.Str("type", "text")
	} else {
		e.Str("type", "json_object")
	}
	switch {
	case n.IsNull("schema"):
		e.Raw("schema", o.Schema)
	case o.Kind == llm.OutputSchema:
		e.Raw("json_schema", o.Schema)
	}
	e.Rest(n, "schema")
	e.Close('}')
	if o.Description != "" {
		e.drop("response_format.json_schema.description")
	}
	e.lost("response_format.", o.Native)
}

// Budgets for efforts that other dialects name, in tokens. A high effort has
// no limit.
const (
	lowBudget    = 4096
	mediumBudget = 16384
)

// reasoning writes thinking. Effort becomes a budget by a table, unless there
// is one.
func (e *encoder) reasoning() {
	t := &e.r.Reasoning
	if t.Summary != "" {
		e.drop("thinking.display")
	}
	mode, budget := t.Mode, t.Budget
	if n, ok := wholeNumber(json.Lookup(t.Native.Members, "token_budget")); ok && budget == nil {
		budget = &n // of a chat client that means Cohere
		e.lost("thinking.", t.Native, "token_budget")
	} else {
		e.lost("thinking.", t.Native)
	}
	if mode == "" && !e.same {
		mode = modeOf(t)
	}
	if mode == llm.ThinkingAdaptive {
		mode = llm.ThinkingOn
	}
	if budget == nil && mode == llm.ThinkingOn {
		budget = budgetOf(t.Effort)
	}
	if mode == llm.ThinkingOff && !e.same {
		budget = nil
	}
	if mode == "" && budget == nil && t.Native.For(llm.Cohere) == nil && !e.top.Has("thinking") {
		return
	}
	e.Open("thinking", '{')
	e.StrIf("type", string(mode))
	e.IntIf("token_budget", budget)
	e.Rest(own(t.Native))
	e.Close('}')
}

func modeOf(t *llm.Thinking) llm.ThinkingMode {
	switch {
	case t.Effort == "none", t.Budget != nil && *t.Budget <= 0:
		return llm.ThinkingOff
	case t.Effort != "", t.Budget != nil:
		return llm.ThinkingOn
	}
	return ""
}

func budgetOf(effort string) *int64 {
	var n int64
	switch effort {
	case "minimal", "low":
		n = lowBudget
	case "medium":
		n = mediumBudget
	default:
		return nil
	}
	return &n
}
