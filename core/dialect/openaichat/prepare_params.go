package openaichat

import (
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (e *encoder) params() {
	r := e.r
	e.IntIf(e.maxTokensName(), r.MaxTokens)
	e.Raw("temperature", r.Temperature.Value())
	e.Raw("top_p", r.TopP.Value())
	if r.TopK != nil {
		if e.top.Has("top_k") {
			e.Int("top_k", *r.TopK)
		} else {
			e.drop("top_k")
		}
	}
	e.Raw("frequency_penalty", r.FrequencyPenalty.Value())
	e.Raw("presence_penalty", r.PresencePenalty.Value())
	e.IntIf("seed", r.Seed)
	e.stops()
	e.IntIf("n", r.N)
	e.StrIf("user", r.User)
	e.StrIf("service_tier", openaiwire.ServiceTier(e.r.ServiceTier, e.same))
}

// mostStops is how many stop sequences OpenAI takes. Other providers have
// limits of their own, or none.
//
// https://platform.openai.com/docs/api-reference/chat/create
const mostStops = 4

func (e *encoder) stops() {
	stops := e.r.Stop
	if stops == nil {
		return
	}
	if len(stops) > mostStops && !e.same && e.toOpenAI() {
		stops = stops[:mostStops]
		e.drop("stop")
	}
	e.Open("stop", '[')
	for _, s := range stops {
		e.Element(quoted(&s))
	}
	e.Close(']')
}

// toOpenAI reports whether the request is for OpenAI's own models.
func (e *encoder) toOpenAI() bool {
	return e.target.Provider == "" || e.target.Provider == "openai" || e.target.Provider == "azure-openai"
}

// maxTokensName is the name that the client used. A translated request says
// max_completion_tokens to OpenAI, whose reasoning models refuse the old name
// and whose others take both, and max_tokens to everybody else, of whom many
// know nothing newer.
func (e *encoder) maxTokensName() string {
	const was, is = "max_tokens", "max_completion_tokens"
	switch {
	case e.top.IsNull(was):
		return was
	case e.same, e.toOpenAI():
		return is
	}
	return was
}

func (e *encoder) output() {
	o := &e.r.Output
	n := own(o.Native)
	switch o.Kind {
	case llm.OutputText:
		e.Open("response_format", '{')
		e.Str("type", "text")
	case llm.OutputJSON:
		e.Open("response_format", '{')
		e.Str("type", "json_object")
	case llm.OutputSchema:
		e.Open("response_format", '{')
		e.Str("type", "json_schema")
		e.Open("json_schema", '{')
		name := o.Name
		if name == "" && !e.same {
			name = "output" // OpenAI requires one
		}
		e.StrIf("name", name)
		e.StrIf("description", o.Description)
		e.Raw("schema", o.Schema)
		e.BoolIf("strict", o.Strict)
		e.Rest(json.ObjectOf(n.Get("json_schema")))
		e.Close('}')
	default:
		if n == nil {
			e.native(inMember("response_format"), o.Native)
			return
		}
		e.Open("response_format", '{') // a form that has no word
	}
	e.native(inMember("response_format"), o.Native, "json_schema")
	e.Close('}')
}

// reasoning writes the effort. A token budget becomes one by a table, and the
// budget is reported: up to 4096 tokens are low, up to 16384 medium, more
// high. The thinking object is written only if it came from chat.
func (e *encoder) reasoning() {
	t := &e.r.Reasoning
	if e.top.IsNull("thinking") {
		e.StrIf("reasoning_effort", t.Effort)
		e.thinking(t)
		return
	}
	effort := dialect.EffortOf(t)
	if t.Budget != nil && (t.Effort != "" || t.Mode != llm.ThinkingOff) {
		e.drop("thinking.budget_tokens")
	}
	e.StrIf("reasoning_effort", effort)
	if t.Mode == llm.ThinkingAdaptive && effort == "" {
		e.drop("thinking")
	}
	if t.Summary != "" {
		e.drop("thinking.display")
	}
	for _, name := range t.Native.Names() {
		e.drop("thinking.%s", name)
	}
}

func (e *encoder) thinking(t *llm.Thinking) {
	e.Open("thinking", '{')
	e.StrIf("type", string(t.Mode))
	e.IntIf("budget_tokens", t.Budget)
	e.StrIf("display", t.Summary)
	e.Rest(own(t.Native))
	e.Close('}')
}

// stream asks for usage in every case: whether the client sees it is decided
// when the answer is written for the client.
func (e *encoder) stream() {
	if !e.r.Stream {
		return
	}
	e.Key("stream")
	e.B = append(e.B, "true"...)
	e.Open("stream_options", '{')
	e.Rest(json.ObjectOf(e.top.Get("stream_options")))
	e.Key("include_usage")
	e.B = append(e.B, "true"...)
	e.Close('}')
}
