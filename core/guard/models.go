package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sluice/core/internal/json"
)

func init() {
	add(Spec{ID: "default.modelWhitelist", Aliases: []string{"default.modelwhitelist"}, Events: []Event{Before}, New: newModelWhitelist})
	add(Spec{ID: "default.modelRules", Events: []Event{Before}, New: newModelRules})
}

var errNoModel error = &Error{"Error", "the request names no model"}

// newModelWhitelist passes requests for certain models.
func newModelWhitelist(p *Params, _ Env) Check {
	models, not := wordList(p, "models"), p.Bool("not", false)
	return inputCheck(func(_ context.Context, in *Input) (Verdict, error) {
		if in.Model == "" {
			return Verdict{}, errNoModel
		}
		listed := slices.Contains(models, in.Model)
		return found(listed != not, struct {
			Verdict        bool     `json:"verdict"`
			Not            bool     `json:"not"`
			Explanation    string   `json:"explanation"`
			RequestedModel string   `json:"requestedModel"`
			AllowedModels  []string `json:"allowedModels"`
		}{listed != not, not, fmt.Sprintf("Model %q is %s the allowed list%s.", in.Model, choose(listed, "in", "not in"),
			choose(listed && not, " when it should not be", "")), in.Model, models}), nil
	})
}

// modelRules are the models that a request may ask for, by its metadata.
type modelRules struct {
	defaults []string // without a rule that applies
	rules    []modelRule
	not      bool
}

// A modelRule applies to requests whose metadata has the value, or a list
// with it.
type modelRule struct {
	key, value string
	models     []string
}

func newModelRules(p *Params, _ Env) Check {
	p.Required("rules")
	rules := p.Object("rules")
	r := &modelRules{defaults: rules.Texts("defaults"), not: p.Bool("not", false)}
	for _, key := range json.ObjectOf(rules.kind("metadata", "{", "object")) {
		r.read(rules, key)
	}
	p.Within("rules", rules)
	if p.Value("rules").Kind() == '{' && len(rules.Faults()) == 0 && len(r.defaults)+len(r.rules) == 0 {
		p.Fail("rules", "Must have defaults, or rules by metadata")
	}
	return r
}

// read reads the rules by one key of the metadata.
func (r *modelRules) read(p *Params, key json.Member) {
	if key.Value.Kind() != '{' {
		p.Fail("metadata."+key.Name, "Expected object")
	}
	for _, v := range json.ObjectOf(key.Value) {
		models, err := textList(v.Value)
		if err != nil {
			p.Fail("metadata."+key.Name+"."+v.Name, "Expected array of strings")
		}
		r.rules = append(r.rules, modelRule{key.Name, v.Name, models})
	}
}

// textList reads an array of strings.
func textList(v json.Value) ([]string, error) {
	list := []string{}
	elements, err := json.Elements(v)
	if err != nil || slices.ContainsFunc(elements, func(e json.Value) bool { return e.Kind() != '"' }) {
		return nil, errors.New("expected array of strings")
	}
	for _, e := range elements {
		list = append(list, json.Unquote(e))
	}
	return list, nil
}

func (r *modelRules) Check(_ context.Context, in *Input) (Verdict, error) {
	allowed := r.allowed(in.Metadata)
	switch {
	case in.Model == "":
		return Verdict{}, errNoModel
	case len(allowed) == 0:
		return Verdict{}, &Error{"Error", "no models are listed for this request"}
	}
	listed := slices.Contains(allowed, in.Model)
	return found(listed != r.not, struct {
		Explanation string `json:"explanation"`
	}{fmt.Sprintf("Model %q is %s by rules.", in.Model, choose(listed, "allowed", "not allowed"))}), nil
}

// allowed is the union of the lists that apply.
func (r *modelRules) allowed(metadata map[string]string) (models []string) {
	applies := false
	for _, rule := range r.rules {
		if value, ok := metadata[rule.key]; ok && hasValue(value, rule.value) {
			applies = true
			models = append(models, rule.models...)
		}
	}
	return choose(applies, models, r.defaults)
}

// hasValue reports whether a value of metadata is one, or a list with it:
// numbers and booleans in a list count as written.
func hasValue(metadata, value string) bool {
	if metadata == value {
		return true
	}
	list := json.Value(metadata)
	if list.Kind() != '[' || !json.Valid(list) {
		return false
	}
	elements, _ := json.Elements(list)
	return slices.ContainsFunc(elements, func(e json.Value) bool {
		return json.Unquote(e) == value || string(e) == value
	})
}
