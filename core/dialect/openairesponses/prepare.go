package openairesponses

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request. It refuses, with an *llm.Error of kind
// Unsupported, what would leave the model without something that it was
// shown, and tools that only another provider has. What else the dialect has
// no word for is named in [dialect.Exchange.Dropped], with the indexes of
// canonical turns and parts. Stop sequences, which the API lacks, are done
// here: the answer is cut at the first.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	e := encoder{r: r, target: t, same: r.Native.Dialect == llm.OpenAIResponses, top: own(r.Native)}
	e.B = make([]byte, 0, 8<<10)
	e.request()
	if e.err != nil {
		return nil, e.err
	}
	return &exchange{body: e.B, dropped: e.dropped, provider: t.Provider, names: e.names, stops: e.stops}, nil
}

// Raw is the exchange for a body that is in the dialect already.
func (Codec) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }

type exchange struct {
	body     []byte
	dropped  []string
	provider string // id, if known
	names    dialect.Names
	stops    []string // to be looked for in the answer
}

func (x *exchange) Body() []byte        { return x.body }
func (x *exchange) Header() http.Header { return nil }
func (x *exchange) Dropped() []string   { return x.dropped }

func (x *exchange) DecodeStream() core.StreamDecoder {
	d := &streamDecoder{provider: x.provider, names: x.names}
	if x.stops != nil {
		return &stopDecoder{in: d, cut: stopper{stops: x.stops}}
	}
	return d
}

func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	r, err := decodeResponse(body, x.provider)
	if err == nil {
		x.names.Restore(r)
		cutResponse(r, x.stops)
	}
	return r, err
}

func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return errorsOf(x.provider).Decode(status, h, body)
}

// encoder writes one request.
type encoder struct {
	writer
	r       *llm.Request
	target  dialect.Target
	same    bool        // the request came from this dialect: it is written as it was
	top     json.Object // its residue
	dropped []string
	names   dialect.Names
	custom  map[string]bool // ids of calls of freeform tools
	stops   []string
	err     error
}

func (e *encoder) drop(format string, args ...any) {
	e.dropped = append(e.dropped, fmt.Sprintf(format, args...))
}

// refuse keeps the first reason why the request cannot be made.
func (e *encoder) refuse(param, format string, args ...any) {
	if e.err == nil {
		e.err = &llm.Error{Kind: llm.Unsupported, Status: 400, Param: param, Message: param + ": " + fmt.Sprintf(format, args...)}
	}
}

func (e *encoder) who() string { return cmp.Or(e.target.Provider, "the target") }

// lost reports what another dialect left over. p is where it stood, with a
// dot at its end, or empty for the request itself.
func (e *encoder) lost(p string, n llm.Native, except ...string) {
	for _, name := range n.ForeignTo(llm.OpenAIResponses) {
		if !slices.Contains(except, name) {
			e.drop("%s%s", p, name)
		}
	}
}

func (e *encoder) cache(p string, c *llm.CacheMark) {
	if c != nil {
		e.drop("%scache_control", p)
	}
}

func (e *encoder) request() {
	e.B = append(e.B, '{')
	e.StrIf("model", cmp.Or(e.target.Model, e.r.Model))
	e.input()
	e.tools()
	e.toolChoice()
	e.params()
	e.reasoning()
	e.text()
	if e.r.Stream {
		e.Bool("stream", true)
	}
	e.cache("", e.r.Cache)
	if e.same {
		e.Rest(e.top, "input", "text", "reasoning")
	} else {
		e.shared()
	}
	e.Close('}')
}

// relatives are members that mean the same in chat, whose residue they are.
// The key of the prompt cache is worth most of a bill.
//
// https://platform.openai.com/docs/guides/migrate-to-responses
var relatives = []string{"prompt_cache_key", "prompt_cache_retention", "safety_identifier", "metadata", "store"}

// shared writes what a request of another dialect gets beside. Chat does not
// keep answers unless it is told to, others cannot, so neither does this.
func (e *encoder) shared() {
	var taken json.Object
	if e.r.Native.Dialect == llm.OpenAIChat {
		taken = json.ObjectOf(e.r.Native.Members)
	}
	for _, name := range relatives {
		e.Raw(name, openaiwire.NotNull(taken.Get(name)))
	}
	if openaiwire.NotNull(taken.Get("store")) == nil {
		e.Bool("store", false)
	}
	except := append([]string{"verbosity"}, relatives...)
	if taken == nil {
		except = nil
	}
	e.lost("", e.r.Native, except...)
}

func (e *encoder) params() {
	r := e.r
	e.IntIf("max_output_tokens", r.MaxTokens)
	e.Raw("temperature", r.Temperature.Value())
	e.Raw("top_p", r.TopP.Value())
	e.StrIf("user", r.User)
	e.StrIf("service_tier", openaiwire.ServiceTier(e.r.ServiceTier, e.same))
	for _, p := range []struct {
		name string
		said bool
	}{{"top_k", r.TopK != nil}, {"frequency_penalty", r.FrequencyPenalty != ""}, {"presence_penalty", r.PresencePenalty != ""}, {"seed", r.Seed != nil}} {
		if p.said {
			e.drop("%s", p.name)
		}
	}
	if r.N != nil && *r.N > 1 {
		e.refuse("n", "there is one answer to a request in this API, not %d", *r.N)
	}
	for _, s := range r.Stop {
		if s == "" {
			e.drop("stop")
			continue
		}
		e.stops = append(e.stops, s)
	}
}

// reasoning writes the effort. A token budget becomes one by a table, and the
// budget is reported: up to 4096 tokens are low, up to 16384 medium, more
// high.
func (e *encoder) reasoning() {
	t := &e.r.Reasoning
	effort := dialect.EffortOf(t)
	if t.Budget != nil && (t.Mode != llm.ThinkingOff || t.Effort != "") {
		e.drop("thinking.budget_tokens")
	}
	summary := e.summary()
	if effort != "" || summary != nil || e.top.Has("reasoning") || own(t.Native) != nil {
		e.Open("reasoning", '{')
		e.StrIf("effort", effort)
		e.Raw("summary", summary)
		e.Rest(own(t.Native), "summary")
		e.Close('}')
	}
	if !e.same && effort != "" && effort != "none" {
		// Without it a thought cannot be sent back, since nothing is stored.
		e.Raw("include", json.Value(`["reasoning.encrypted_content"]`))
	}
	if t.Mode == llm.ThinkingAdaptive && effort == "" {
		e.drop("thinking")
	}
	e.lost("thinking.", t.Native)
}

// summary is what the client sees of thoughts.
func (e *encoder) summary() json.Value {
	t := &e.r.Reasoning
	if v := own(t.Native).Get("summary"); v != nil {
		return v
	}
	switch t.Summary {
	case "", "omitted":
		return nil
	case "auto", "concise", "detailed":
		return json.Quote(t.Summary)
	}
	return json.Value(`"auto"`)
}

// text writes the form that the answer must have.
func (e *encoder) text() {
	o := &e.r.Output
	left := json.ObjectOf(e.top.Get("text"))
	var verbosity json.Value
	if e.r.Native.Dialect == llm.OpenAIChat {
		verbosity = openaiwire.NotNull(json.Lookup(e.r.Native.Members, "verbosity"))
	}
	if o.Kind == "" && own(o.Native) == nil && verbosity == nil && !e.top.Has("text") {
		e.lost("response_format.", o.Native)
		return
	}
	e.Open("text", '{')
	e.format(o)
	e.Raw("verbosity", verbosity)
	e.Rest(left)
	e.Close('}')
}

func (e *encoder) format(o *llm.Output) {
	e.lost("response_format.", o.Native)
	if o.Kind == "" && own(o.Native) == nil {
		return
	}
	e.Open("format", '{')
	switch o.Kind {
	case llm.OutputText:
		e.Str("type", "text")
	case llm.OutputJSON:
		e.Str("type", "json_object")
	case llm.OutputSchema:
		e.Str("type", "json_schema")
		name := o.Name
		if !e.same {
			name = legal(cmp.Or(name, "output")) // the API requires one
		}
		e.StrIf("name", name)
		e.StrIf("description", o.Description)
		e.Raw("schema", o.Schema)
		e.BoolIf("strict", o.Strict)
	}
	e.Rest(own(o.Native))
	e.Close('}')
}
