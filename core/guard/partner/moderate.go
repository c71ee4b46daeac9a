package partner

import (
	"context"
	"slices"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

var mistral = service{
	name: "Mistral", base: "https://api.mistral.ai", key: "Authorization",
	checks: []kind{{id: "mistral.moderateContent", path: "/v1", ask: moderated}},
}

// mistralCategories are those of the models of 2024 and 2026.
//
// https://docs.mistral.ai/studio/safety-moderation
var mistralCategories = []string{
	"sexual", "hate_and_discrimination", "violence_and_threats", dangerousAndCriminal,
	"selfharm", "health", "financial", "law", "pii", "dangerous", "criminal", "jailbreaking",
}

// dangerousAndCriminal is one category of the model of 2024 and two of its
// successor's.
const dangerousAndCriminal = "dangerous_and_criminal_content"

// moderated asks about the chat on the way in, about the text else.
func moderated(p *guard.Params, l *line) asker {
	p.Required("categories")
	categories := choices(p, "categories", mistralCategories)
	model := json.Named("model", json.Quote(p.Text("model", "mistral-moderation-latest")))
	judge := func(answer json.Value) (bool, json.Value, error) {
		return flagged(json.Lookup(answer, "results", "0", "categories"), categories, false)
	}
	chat := *l
	chat.url, l.url = l.url+"/chat/moderations", l.url+"/moderations"
	ofChat := once(&chat, func(in *guard.Input) json.Object {
		return json.Object{model, json.Named("input", messages(in))}
	}, judge)
	ofText := once(l, func(in *guard.Input) json.Object {
		return json.Object{model, json.Named("input", strs([]string{in.Text()}))}
	}, judge)
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		if in.Event == guard.Before && len(in.Question) > 0 && (in.Operation == "chatComplete" || in.Operation == "messages") {
			return ofChat(ctx, in)
		}
		return ofText(ctx, in)
	}
}

// choices reads a list of known words.
func choices(p *guard.Params, name string, known []string) []string {
	words := p.Texts(name)
	for _, w := range words {
		if !slices.Contains(known, w) {
			p.Fail(name, "Unknown value")
		}
	}
	return words
}

// flagged reports whether none of the categories is flagged in an object of
// truth values. One that the service says nothing about has not been judged.
func flagged(found json.Value, categories []string, not bool) (bool, json.Value, error) {
	hit := []string{}
	judged := found.Kind() == '{'
	for _, c := range categories {
		names := []string{c}
		if c == dangerousAndCriminal && json.Lookup(found, c) == nil {
			names = []string{"dangerous", "criminal"}
		}
		if slices.ContainsFunc(names, func(name string) bool { return isTrue(found, name) }) {
			hit = append(hit, c)
		}
		judged = judged && !slices.ContainsFunc(names, func(name string) bool { return !json.Present(json.Lookup(found, name)) })
	}
	if !judged && len(hit) == 0 {
		return false, nil, errUnreadable
	}
	pass := (len(hit) == 0) != not
	return pass, json.Object{
		json.Named("verdict", json.Bool(pass)), json.Named("not", json.Bool(not)),
		json.Named("flaggedCategories", strs(hit)), json.Named("restrictedCategories", strs(categories)),
	}.Value(), nil
}

var pangea = service{
	name: "Pangea", base: "https://", host: "domain", key: "Authorization",
	checks: []kind{
		{id: "pangea.textGuard", open: true, path: "ai-guard.{domain}/v1/text/guard", ask: textGuard},
		{id: "pangea.pii", open: true, path: "redact.{domain}/v1/redact_structured", ask: pangeaPII},
	},
}

var detectors = []string{
	"prompt_injection", "pii_entity", "malicious_entity", "custom_entity", "secrets_detection", "profanity_and_toxicity",
}

// maxPangeaText is how many characters AI Guard takes at a time: 20 KiB in
// UTF-8.
//
// https://pangea.cloud/docs/api/ai-guard
const maxPangeaText = 20 << 10 / 3

func textGuard(p *guard.Params, l *line) asker {
	var more json.Object
	if recipe := p.Text("recipe", ""); recipe != "" {
		more.Add("recipe", json.Quote(recipe))
	}
	if p.Value("debug") != nil {
		more.Add("debug", json.Bool(p.Bool("debug", false)))
	}
	p.Object("overrides")
	more.Add("overrides", p.Value("overrides"))
	return inPieces(l, "text", maxPangeaText, more, func(answer json.Value) (bool, json.Value, error) {
		if err := pangeaAnswered(answer); err != nil {
			return false, nil, err
		}
		found := json.Lookup(answer, "result", "detectors")
		if found == nil {
			found = json.Lookup(answer, "detectors")
		}
		if found.Kind() != '{' {
			return false, nil, errUnreadable
		}
		detected := []string{}
		for _, name := range detectors {
			if isTrue(found, name, "detected") {
				detected = append(detected, name)
			}
		}
		blocked := isTrue(answer, "result", "blocked") // by the recipe, whatever the detector is called
		return len(detected) == 0 && !blocked, json.Object{json.Named("detected", strs(detected))}.Value(), nil
	})
}

func pangeaAnswered(answer json.Value) error {
	status, err := word(answer, "status")
	if err == nil && status != "Success" {
		err = errRefused
	}
	return err
}

// pangeaPII asks about all texts in one request, which gives them back in
// their order.
func pangeaPII(p *guard.Params, l *line) asker {
	redact := l.redacts(p)
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		asked := partsOf(in, 0)
		answer, err := l.post(ctx, json.Object{json.Named("data", strs(asked.texts))}.Value())
		if err != nil {
			return guard.Verdict{}, err
		}
		if err := pangeaAnswered(answer); err != nil {
			return guard.Verdict{}, err
		}
		count, ok := number(json.Lookup(answer, "result", "count"))
		if !ok {
			return guard.Verdict{}, errUnreadable
		}
		v := guard.Verdict{Pass: count == 0, Data: picked(json.Lookup(answer, "result"), "count")}
		if count > 0 && redact {
			v.Texts, err = replaced(in, asked, json.Lookup(answer, "result", "redacted_data"))
			v.Pass = v.Texts != nil
		}
		return v, err
	}
}

// replaced reads a list of texts that take the places of those that were asked
// about. Nil: they are the same.
func replaced(in *guard.Input, asked parts, given json.Value) ([]string, error) {
	elements, err := list(given)
	if err != nil || len(elements) != len(asked.texts) {
		return nil, errUnreadable
	}
	out, changed := make([]string, len(in.Texts)), false
	for i, e := range elements {
		if e.Kind() != '"' {
			return nil, errUnreadable
		}
		out[asked.of[i]] = json.Unquote(e)
		changed = changed || out[asked.of[i]] != asked.texts[i]
	}
	if !changed {
		return nil, nil
	}
	return out, nil
}
