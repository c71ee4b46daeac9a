package guard

import (
	"context"
	"fmt"
	"strings"

	"sluice/core/internal/json"
)

func init() { add(Spec{ID: "default.jsonKeys", Form: true, New: newJSONKeys}) }

// newJSONKeys passes texts with a JSON object that has certain members, not
// counting nested ones; the objects of a list count. Members of which there is
// to be none are in none of the objects: the reference is content with one that
// has none. Without JSON it fails, whatever the operator.
func newJSONKeys(p *Params, _ Env) Check {
	keys, operator := wordList(p, "keys"), p.OneOf("operator", "any", "all", "none")
	return textCheck(func(_ context.Context, text string) (Verdict, error) {
		best, present, missing := bestObject(objectsOf(findJSON(text)), keys, operator)
		pass := best != nil && satisfies(operator, present, missing)
		return found(pass, struct {
			MatchedJSON json.Value `json:"matchedJson"`
			Verdict     bool       `json:"verdict"`
			Explanation string     `json:"explanation"`
			PresentKeys []string   `json:"presentKeys"`
			MissingKeys []string   `json:"missingKeys"`
			Operator    string     `json:"operator"`
			TextExcerpt string     `json:"textExcerpt"`
		}{best, pass, explainKeys(best, operator, pass, present, missing), present, missing, operator, excerpt(text)}), nil
	})
}

// objectsOf takes lists apart. What is no object is left out.
func objectsOf(pieces []jsonPiece) (objects []jsonPiece) {
	for _, piece := range pieces {
		switch v := piece.value.(type) {
		case map[string]any:
			objects = append(objects, piece)
		case []any:
			raw, _ := json.Elements(piece.raw)
			for i := range min(len(raw), len(v)) {
				if _, ok := v[i].(map[string]any); ok {
					objects = append(objects, jsonPiece{raw[i], v[i]})
				}
			}
		}
	}
	return objects
}

// bestObject chooses the first object that satisfies the operator, or the one
// that has most of the keys; it is the latter if none of them may be there.
// Without any, raw is nil.
func bestObject(pieces []jsonPiece, keys []string, operator string) (raw json.Value, present, missing []string) {
	missing = keys
	for _, piece := range pieces {
		object := piece.value.(map[string]any)
		yes, no := divide(keys, func(k string) bool { _, ok := object[k]; return ok })
		if operator != "none" && satisfies(operator, yes, no) {
			return piece.raw, yes, no
		}
		if raw == nil || len(yes) > len(present) {
			raw, present, missing = piece.raw, yes, no
		}
	}
	return raw, present, missing
}

func explainKeys(best json.Value, operator string, pass bool, present, missing []string) string {
	if best == nil {
		return "No valid JSON found in the text."
	}
	return fmt.Sprintf("The JSON %s the keys that were asked for (%s). Found keys: [%s]. Missing keys: [%s].",
		choose(pass, "satisfies", "does not satisfy"), operator, strings.Join(present, ", "), strings.Join(missing, ", "))
}
