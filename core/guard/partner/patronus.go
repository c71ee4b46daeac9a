package partner

import (
	"context"
	"strings"
	"time"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

const patronusTime = 15 * time.Second

var patronus = service{
	name: "Patronus", base: "https://api.patronus.ai/v1/evaluate", key: "x-api-key",
	checks: []kind{
		{id: "patronus.isConcise", events: output, timeout: patronusTime, ask: judged("judge", "patronus:is-concise")},
		{id: "patronus.isHelpful", events: output, timeout: patronusTime, ask: judged("judge", "patronus:is-helpful")},
		{id: "patronus.isPolite", events: output, timeout: patronusTime, ask: judged("judge", "patronus:is-polite")},
		{id: "patronus.noApologies", events: output, timeout: patronusTime, ask: judged("judge", "patronus:no-apologies")},
		{id: "patronus.noGenderBias", events: output, timeout: patronusTime, ask: judged("judge", "patronus:no-gender-bias")},
		{id: "patronus.noRacialBias", events: output, timeout: patronusTime, ask: judged("judge", "patronus:no-racial-bias")},
		{id: "patronus.retrievalAnswerRelevance", events: output, timeout: patronusTime, ask: judged("answer-relevance", "")},
		{id: "patronus.retrievalHallucination", events: output, timeout: patronusTime, ask: judged("lynx", "")},
		{id: "patronus.toxicity", events: output, ask: judged("toxicity", "")},
		{id: "patronus.custom", events: output, timeout: patronusTime, ask: customJudged},
		{id: "patronus.pii", ask: patronusEntities("pii")},
		{id: "patronus.phi", ask: patronusEntities("phi")},
	},
}

// judged asks an evaluator about the answer. What tools gave is the context
// that an answer has to keep to.
func judged(evaluator, criteria string) func(*guard.Params, *line) asker {
	return func(_ *guard.Params, l *line) asker {
		return once(l, func(in *guard.Input) json.Object {
			body := evaluation(evaluator, criteria, question(in), in.Text())
			if given := retrieved(in); evaluator == "lynx" && len(given) > 0 {
				body.Add("evaluated_model_retrieved_context", strs(given))
			}
			return body
		}, func(answer json.Value) (bool, json.Value, error) {
			return evaluationResult(answer)
		})
	}
}

func customJudged(p *guard.Params, l *line) asker {
	profile := p.Text("profile", p.Text("criteria", ""))
	if profile == "" {
		p.Fail("profile", "Required")
	}
	evaluator, criteria, both := strings.Cut(profile, ":")
	if !both {
		evaluator, criteria = "judge", profile
	}
	return judged(evaluator, criteria)(p, l)
}

func retrieved(in *guard.Input) []string {
	var given []string
	for _, t := range in.Question {
		if t.Place == guard.ToolResult && t.Text != "" {
			given = append(given, t.Text)
		}
	}
	return given
}

func evaluation(evaluator, criteria, question, answer string) json.Object {
	e := json.Object{json.Named("evaluator", json.Quote(evaluator)), json.Named("explain_strategy", json.Quote("always"))}
	if criteria != "" {
		e.Add("criteria", json.Quote(criteria))
	}
	return json.Object{
		json.Named("evaluators", json.ValueOf([]json.Value{e.Value()})),
		json.Named("evaluated_model_input", json.Quote(question)), json.Named("evaluated_model_output", json.Quote(answer)),
	}
}

func evaluationResult(answer json.Value) (pass bool, data json.Value, err error) {
	result := json.Lookup(answer, "results", "0")
	if json.Unquote(json.Lookup(result, "error_message")) != "" {
		return false, nil, errRefused
	}
	pass, err = truth(result, "evaluation_result", "pass")
	return pass, json.Lookup(result, "evaluation_result", "additional_info"), err
}

// patronusEntities asks about every text by itself.
func patronusEntities(evaluator string) func(*guard.Params, *line) asker {
	return func(p *guard.Params, l *line) asker {
		redact := l.redacts(p)
		return each(redact, 0, func(ctx context.Context, _ guard.Event, text string) (finding, error) {
			answer, err := l.post(ctx, evaluation(evaluator, "", "", text).Value())
			if err != nil {
				return finding{}, err
			}
			pass, data, err := evaluationResult(answer)
			f := finding{bad: !pass, data: data}
			if f.bad && redact && err == nil {
				f.redacted = starred(text, json.Lookup(data, "positions"))
			}
			return f, err
		})
	}
}

// starred puts stars over spans of characters, [[first, behind the last]].
// Spans longer than four keep their ends, as with the reference. Nil if there
// are no spans, or one is not in the text.
func starred(text string, positions json.Value) *string {
	spans, err := list(positions)
	if err != nil || len(spans) == 0 {
		return nil
	}
	runes := []rune(text)
	out := []rune(text)
	for _, s := range spans {
		first, ok1 := number(json.Lookup(s, "0"))
		end, ok2 := number(json.Lookup(s, "1"))
		from, to := int(first), int(end)
		if !ok1 || !ok2 || from < 0 || from >= to || to > len(runes) {
			return nil
		}
		if to-from > 4 {
			from, to = from+1, to-1
		}
		for i := from; i < to; i++ {
			out[i] = '*'
		}
	}
	starred := string(out)
	return &starred
}
