package losses

import (
	"strings"

	"sluice/core/llm"
)

// AnswerFields are the rows of the second table.
var AnswerFields = append(append(append([]AnswerField{}, spoken...), ends...), counts...)

var spoken = []AnswerField{
	{"text", func(*llm.Response) {}, func(r *llm.Response) any { return said(r) }},
	{"refusal", parts(&llm.Refusal{Text: "I will not"}), func(r *llm.Response) any { return refusal(r) + said(r) }},
	{"reasoning", add(&llm.Reasoning{Text: "Let me see"}), func(r *llm.Response) any { return thoughts(r) }},
	{"call of a tool", asksTool(call("call_1")), func(r *llm.Response) any { return asked(r) }},
	{"calls side by side", asksTool(call("call_1"), call("call_2")), func(r *llm.Response) any { return asked(r) }},
	{"id of a call", asksTool(call("call_1")), func(r *llm.Response) any { return ids(r) }},
	{"text before a call", asksTool(call("call_1")), func(r *llm.Response) any { return said(r) }},
	{"citation of a page", func(r *llm.Response) {
		r.Choices[0].Parts = []llm.Part{&llm.Text{Text: "So it is", Citations: []llm.Citation{{URL: "https://example.com/a", Title: "A"}}}}
	}, func(r *llm.Response) any { return pages(r) }},
	{"several answers", func(r *llm.Response) {
		c := r.Choices[0]
		c.Index = 1
		r.Choices = append(r.Choices, c)
	}, func(r *llm.Response) any { return len(r.Choices) }},
}

var ends = []AnswerField{
	end("stopped by itself", llm.FinishStop), end("stopped by its length", llm.FinishLength),
	{"stopped for a tool", asksTool(call("call_1")), func(r *llm.Response) any { return string(reason(r)) + strings.Join(asked(r), "") }},
	end("stopped by a filter", llm.FinishContentFilter), end("refused", llm.FinishRefusal), end("pause of a turn", llm.FinishPause),
	{"stop sequence that was met", func(r *llm.Response) {
		c := &r.Choices[0]
		c.Finish.Reason, c.StopSequence = llm.FinishStopSequence, "END"
	}, func(r *llm.Response) any { return string(reason(r)) + r.Choices[0].StopSequence }},
}

var counts = []AnswerField{
	count("tokens read", func(*llm.Usage) {}, func(u *llm.Usage) int64 { return u.Prompt() }),
	count("tokens written", func(*llm.Usage) {}, func(u *llm.Usage) int64 { return u.Output }),
	count("tokens from the cache", func(u *llm.Usage) { u.CacheRead = 3 }, func(u *llm.Usage) int64 { return u.CacheRead }),
	count("tokens to the cache", func(u *llm.Usage) { u.CacheWrite = 3 }, func(u *llm.Usage) int64 { return u.CacheWrite }),
	count("tokens to the cache for an hour", func(u *llm.Usage) { u.CacheWrite1h = 3 }, func(u *llm.Usage) int64 { return u.CacheWrite1h }),
	count("tokens of reasoning", func(u *llm.Usage) { u.Reasoning = 3 }, func(u *llm.Usage) int64 { return u.Reasoning }),
	count("tokens of sound read", func(u *llm.Usage) { u.AudioInput = 3 }, func(u *llm.Usage) int64 { return u.AudioInput }),
	{"service tier", func(r *llm.Response) { r.Usage.ServiceTier = "priority" }, func(r *llm.Response) any {
		if r.Usage == nil {
			return nil
		}
		return r.Usage.ServiceTier
	}},
}

func add(p llm.Part) func(*llm.Response) {
	return func(r *llm.Response) { r.Choices[0].Parts = append([]llm.Part{p}, r.Choices[0].Parts...) }
}

func parts(p ...llm.Part) func(*llm.Response) {
	return func(r *llm.Response) { r.Choices[0].Parts = p }
}

func asksTool(calls ...llm.Part) func(*llm.Response) {
	return func(r *llm.Response) {
		c := &r.Choices[0]
		c.Parts, c.Finish.Reason = append(c.Parts, calls...), llm.FinishToolCalls
	}
}

func end(name string, why llm.FinishReason) AnswerField {
	return AnswerField{name, func(r *llm.Response) { r.Choices[0].Finish.Reason = why }, func(r *llm.Response) any { return reason(r) }}
}

// reason is why the first answer ended. Refused by the model or by a filter is
// the same to dialects that have one word for both.
func reason(r *llm.Response) llm.FinishReason {
	if len(r.Choices) == 0 {
		return ""
	}
	if why := r.Choices[0].Finish.Reason; why != llm.FinishRefusal {
		return why
	}
	return llm.FinishContentFilter
}

func count(name string, put func(*llm.Usage), see func(*llm.Usage) int64) AnswerField {
	return AnswerField{name, func(r *llm.Response) { put(r.Usage) }, func(r *llm.Response) any {
		if r.Usage == nil {
			return nil
		}
		return see(r.Usage)
	}}
}

func refusal(r *llm.Response) string {
	all := ""
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			if t, ok := p.(*llm.Refusal); ok {
				all += t.Text
			}
		}
	}
	return all
}

func thoughts(r *llm.Response) string {
	all := ""
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			if t, ok := p.(*llm.Reasoning); ok {
				all += t.Text
			}
		}
	}
	return all
}

func asked(r *llm.Response) []string {
	var all []string
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			if t, ok := p.(*llm.ToolCall); ok {
				all = append(all, t.Name, canonical([]byte(t.Arguments)))
			}
		}
	}
	return all
}

func ids(r *llm.Response) []string {
	var all []string
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			if t, ok := p.(*llm.ToolCall); ok {
				all = append(all, t.ID)
			}
		}
	}
	return all
}

func pages(r *llm.Response) []string {
	var all []string
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			if t, ok := p.(*llm.Text); ok {
				for _, x := range t.Citations {
					all = append(all, x.URL)
				}
			}
		}
	}
	return all
}
