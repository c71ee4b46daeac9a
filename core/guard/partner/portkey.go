package partner

import (
	"context"
	"slices"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

var portkey = service{
	name: "Portkey", base: "https://api.portkey.ai/v1/execute-guardrails", custom: "baseURL", key: "x-portkey-api-key",
	checks: []kind{
		{id: "portkey.moderateContent", events: input, path: "/moderations", ask: portkeyModeration},
		{id: "portkey.language", events: input, path: "/language", ask: portkeyLanguage},
		{id: "portkey.gibberish", path: "/gibberish", ask: gibberish},
		{id: "portkey.pii", path: "/pii", ask: portkeyPII},
	},
}

var (
	portkeyCategories = []string{
		"hate", "hate/threatening", "harassment", "harassment/threatening", "self-harm", "self-harm/intent",
		"self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
	}
	portkeyEntities = []string{"EMAIL_ADDRESS", "PHONE_NUMBER", "LOCATION_ADDRESS", "NAME", "IP_ADDRESS", "CREDIT_CARD", "SSN"}
)

func portkeyModeration(p *guard.Params, l *line) asker {
	p.Required("categories")
	categories, not := choices(p, "categories", portkeyCategories), p.Bool("not", false)
	return about(l, "input", nil, func(answer json.Value) (bool, json.Value, error) {
		return flagged(json.Lookup(answer, "results", "0", "categories"), categories, not)
	})
}

func portkeyLanguage(p *guard.Params, l *line) asker {
	p.Required("language")
	allowed := p.Texts("language")
	return labelled(p, l, func(label string) bool { return slices.Contains(allowed, label) })
}

func gibberish(p *guard.Params, l *line) asker {
	return labelled(p, l, func(label string) bool { return label == "clean" })
}

// labelled asks for the label of the text.
func labelled(p *guard.Params, l *line, good func(label string) bool) asker {
	not := p.Bool("not", false)
	return about(l, "input", nil, func(answer json.Value) (bool, json.Value, error) {
		label, err := word(answer, "0", "0", "label")
		pass := good(label) != not
		return pass, json.Object{
			json.Named("verdict", json.Bool(pass)), json.Named("not", json.Bool(not)), json.Named("label", json.Quote(label)),
		}.Value(), err
	})
}

// portkeyPII asks about all texts in one request.
func portkeyPII(p *guard.Params, l *line) asker {
	p.Required("categories")
	categories := choices(p, "categories", portkeyEntities)
	redact, not := l.redacts(p), p.Bool("not", false)
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		asked := partsOf(in, 0)
		answer, err := l.post(ctx, json.Object{json.Named("input", strs(asked.texts)), json.Named("categories", strs(categories))}.Value())
		if err != nil {
			return guard.Verdict{}, err
		}
		results, err := list(answer)
		if err != nil || len(results) != len(asked.texts) {
			return guard.Verdict{}, errUnreadable
		}
		findings, labels := make([]finding, len(results)), []string{}
		for i, r := range results {
			f, found, err := entities(r, categories)
			if err != nil {
				return guard.Verdict{}, err
			}
			findings[i], labels = f, append(labels, found...)
		}
		v := sum(in, asked.findings(in, findings), redact)
		if not {
			v.Pass = len(labels) > 0
		}
		slices.Sort(labels)
		v.Data = json.Object{
			json.Named("verdict", json.Bool(v.Pass)), json.Named("not", json.Bool(not)),
			json.Named("detectedCategories", strs(slices.Compact(labels))), json.Named("restrictedCategories", strs(categories)),
		}.Value()
		return v, nil
	}
}

// entities are what was found in one text, as far as it is among the
// categories.
func entities(result json.Value, categories []string) (f finding, labels []string, err error) {
	found, err := list(result, "entities")
	for _, e := range found {
		for _, m := range json.ObjectOf(json.Lookup(e, "labels")) {
			if slices.Contains(categories, m.Name) {
				f.bad, labels = true, append(labels, m.Name)
			}
		}
	}
	if text, missing := word(result, "processed_text"); missing == nil {
		f.redacted = &text
	}
	return f, labels, err
}
