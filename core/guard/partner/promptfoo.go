package partner

import (
	"context"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

var promptfoo = service{
	name: "Promptfoo", base: "https://api.promptfoo.dev",
	checks: []kind{
		{id: "promptfoo.guard", events: input, open: true, path: "/v1/guard", ask: func(_ *guard.Params, l *line) asker {
			return about(l, "input", nil, promptfooJudge("categories", "jailbreak"))
		}},
		{id: "promptfoo.harm", open: true, path: "/v1/harm", ask: func(_ *guard.Params, l *line) asker {
			return about(l, "input", nil, promptfooJudge("flagged"))
		}},
		{id: "promptfoo.pii", open: true, path: "/v1/pii", ask: promptfooPII},
	},
}

// promptfooJudge reads the member that must not be true.
func promptfooJudge(path ...string) judgement {
	return func(answer json.Value) (bool, json.Value, error) {
		result := json.Lookup(answer, "results", "0")
		found, err := truth(result, path...)
		return !found, picked(result, "categories", "category_scores", "flagged"), err
	}
}

func promptfooPII(p *guard.Params, l *line) asker {
	redact := l.redacts(p)
	return each(redact, 0, func(ctx context.Context, _ guard.Event, text string) (finding, error) {
		answer, err := l.post(ctx, json.Object{json.Named("input", json.Quote(text))}.Value())
		if err != nil {
			return finding{}, err
		}
		result := json.Lookup(answer, "results", "0")
		f := finding{data: picked(result, "categories", "category_scores", "flagged")}
		if f.bad, err = truth(result, "flagged"); err != nil || !f.bad || !redact {
			return f, err
		}
		spans, err := list(result, "payload", "pii")
		if err != nil {
			return f, err
		}
		f.redacted = masked(text, spans)
		return f, nil
	})
}

// masked puts the kind of each span in its place; nil if one of them is not in
// the text. Spans say where they are and what they hold; what they hold
// decides, for ends and units of positions are not the same everywhere.
func masked(text string, spans []json.Value) *string {
	found := make([]span, len(spans))
	for i, s := range spans {
		found[i] = span{json.Unquote(json.Lookup(s, "pii")), "[" + json.Unquote(json.Lookup(s, "entity_type")) + "]"}
	}
	return without(text, found)
}

var f5 = service{
	name: "F5", base: "https://us1.calypsoai.app", custom: "calypsoUrl", key: "Authorization",
	checks: []kind{{id: "f5-guardrails.scan", open: true, path: "/backend/v1/scans", ask: f5Scan}},
}

// f5Scan asks about every text. The project is in its parameters, or among
// its credentials.
func f5Scan(p *guard.Params, l *line) asker {
	redact := l.redacts(p)
	project := p.Text("projectId", json.Unquote(json.Lookup(p.Value("credentials"), "projectId")))
	return each(redact, 0, func(ctx context.Context, _ guard.Event, text string) (finding, error) {
		body := json.Object{json.Named("input", json.Quote(text))}
		if project != "" {
			body.Add("project", json.Quote(project))
		}
		answer, err := l.post(ctx, body.Value())
		if err != nil {
			return finding{}, err
		}
		outcome, err := word(answer, "result", "outcome")
		f := finding{bad: outcome != "cleared", data: json.Object{json.Named("outcome", json.Quote(outcome))}.Value()}
		if redacted, missing := word(answer, "redactedInput"); missing == nil {
			f.redacted = &redacted
		}
		return f, err
	})
}
