package openaichat

import (
	"sluice/core/llm"
)

func (e *encoder) params() {
	r := e.r
	e.intIf(e.maxTokensName(), r.MaxTokens)
	e.raw("temperature", r.Temperature.Value())
	e.raw("top_p", r.TopP.Value())
	if r.TopK != nil {
		if e.top.has("top_k") {
			e.int("top_k", *r.TopK)
		} else {
			e.drop("top_k")
		}
	}
	e.raw("frequency_penalty", r.FrequencyPenalty.Value())
	e.raw("presence_penalty", r.PresencePenalty.Value())
	e.intIf("seed", r.Seed)
	if r.Stop != nil {
		e.open("stop", '[')
		for _, s := range r.Stop {
			e.element(quoted(&s))
		}
		e.close(']')
	}
	e.intIf("n", r.N)
	e.strIf("user", r.User)
	e.strIf("service_tier", e.serviceTier())
}

// maxTokensName is the name that the client used. A translated request says
// max_completion_tokens to OpenAI, whose reasoning models refuse the old name
// and whose others take both, and max_tokens to everybody else, of whom many
// know nothing newer.
func (e *encoder) maxTokensName() string {
	const was, is = "max_tokens", "max_completion_tokens"
	switch {
	case e.top.marked(was):
		return was
	case e.same, e.target.Provider == "", e.target.Provider == "openai", e.target.Provider == "azure-openai":
		return is
	}
	return was
}

// serviceTier translates Anthropic's words for capacity that is not paid
// extra.
func (e *encoder) serviceTier() string {
	switch t := e.r.ServiceTier; {
	case !e.same && (t == "standard_only" || t == "standard"):
		return "default"
	default:
		return t
	}
}

func (e *encoder) output() {
	o := &e.r.Output
	n := own(o.Native)
	switch o.Kind {
	case llm.OutputText:
		e.open("response_format", '{')
		e.str("type", "text")
	case llm.OutputJSON:
		e.open("response_format", '{')
		e.str("type", "json_object")
	case llm.OutputSchema:
		e.open("response_format", '{')
		e.str("type", "json_schema")
		e.open("json_schema", '{')
		name := o.Name
		if name == "" && !e.same {
			name = "output" // OpenAI requires one
		}
		e.strIf("name", name)
		e.strIf("description", o.Description)
		e.raw("schema", o.Schema)
		e.boolIf("strict", o.Strict)
		e.rest(parse(n.get("json_schema")))
		e.close('}')
	default:
		if n == nil {
			e.native(inMember("response_format"), o.Native)
			return
		}
		e.open("response_format", '{') // a form that has no word
	}
	e.native(inMember("response_format"), o.Native, "json_schema")
	e.close('}')
}

// reasoning writes the effort. A token budget becomes one by a table, and the
// budget is reported: up to 4096 tokens are low, up to 16384 medium, more
// high. The thinking object is written only if it came from chat.
func (e *encoder) reasoning() {
	t := &e.r.Reasoning
	if e.top.marked("thinking") {
		e.strIf("reasoning_effort", t.Effort)
		e.thinking(t)
		return
	}
	effort := t.Effort
	if effort == "" {
		effort = effortOf(t)
		if t.Budget != nil && t.Mode != llm.ThinkingOff {
			e.drop("thinking.budget_tokens")
		}
	} else if t.Budget != nil {
		e.drop("thinking.budget_tokens")
	}
	e.strIf("reasoning_effort", effort)
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

func effortOf(t *llm.Thinking) string {
	switch {
	case t.Mode == llm.ThinkingOff:
		return "none"
	case t.Budget == nil:
		return ""
	case *t.Budget <= 0:
		return "none"
	case *t.Budget <= 4096:
		return "low"
	case *t.Budget <= 16384:
		return "medium"
	}
	return "high"
}

func (e *encoder) thinking(t *llm.Thinking) {
	e.open("thinking", '{')
	e.strIf("type", string(t.Mode))
	e.intIf("budget_tokens", t.Budget)
	e.strIf("display", t.Summary)
	e.rest(own(t.Native))
	e.close('}')
}

// stream asks for usage in every case: whether the client sees it is decided
// when the answer is written for the client.
func (e *encoder) stream() {
	if !e.r.Stream {
		return
	}
	e.key("stream")
	e.b = append(e.b, "true"...)
	e.open("stream_options", '{')
	e.rest(parse(e.top.get("stream_options")))
	e.key("include_usage")
	e.b = append(e.b, "true"...)
	e.close('}')
}
