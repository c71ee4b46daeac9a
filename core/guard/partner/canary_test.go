package partner_test

import (
	"strings"
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// TestServicesThatRepeatTheKeyShowItToNobody runs every check in a hook, whose
// results go to clients and logs.
func TestServicesThatRepeatTheKeyShowItToNobody(t *testing.T) {
	t.Parallel()
	left := map[string]bool{}
	for id := range library {
		left[id] = true
	}
	for _, r := range rows {
		for _, id := range append([]string{r.id}, library[r.id].Aliases...) {
			delete(left, id)
		}
		for _, answer := range []string{r.pass, r.fail, `[[{"label":"$KEY","score":1}]]`, `{"status":"failed","error":"$KEY"}`} {
			if answer == "" {
				continue
			}
			secret := key
			if r.id == "acuvity.scan" {
				secret = jwt("https://apex.acuvity.ai")
			}
			in := inputOf(r.id, text)
			// A member of every object repeats the key, and whatever repeats the text.
			answer = strings.ReplaceAll(strings.ReplaceAll(answer, "TEXT", string(json.Quote("see "+secret))), "$KEY", secret)
			answer = strings.ReplaceAll(answer, `{"`, `{"echo":`+string(json.Quote("Bearer "+secret))+`,"`)
			o := guard.Run(t.Context(), []*guard.Hook{hookOf(t, newServices(t, answer).env(), in.Event, r.id, full(r.params))}, in)
			shown := string(json.Unescape(json.ValueOf(o.Results))) + strings.Join(o.Texts, " ")
			if strings.Contains(shown, key) && !strings.HasPrefix(r.id, "promptfoo.") { // who has no key
				t.Errorf("%s: %s shows the key: %s", r.id, answer, shown)
			}
			if len(o.Results) != 1 || len(o.Results[0].Checks) != 1 {
				t.Errorf("%s was not run: %s", r.id, shown)
			}
		}
	}
	for id := range left {
		if !strings.HasPrefix(id, "default.") {
			t.Errorf("no row for %s", id)
		}
	}
}

func hookOf(t *testing.T, e guard.Env, event guard.Event, id, params string) *guard.Hook {
	t.Helper()
	p := guard.Parser{Library: library, Env: e, Fault: func(path []string, message string) { t.Fatalf("%s: %q: %s", id, path, message) }}
	list := "input_guardrails"
	if event == guard.After {
		list = "output_guardrails"
	}
	return p.Hooks(list, json.Value(`[{"`+id+`":`+params+`}]`), nil)[0]
}
