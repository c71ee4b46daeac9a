package guard

import "context"

func init() {
	add(Spec{ID: "default.requiredMetadataKeys", Events: []Event{Before}, Open: true, New: newMetadataKeys})
}

// newMetadataKeys passes requests whose metadata has certain keys.
func newMetadataKeys(p *Params, _ Env) Check {
	keys, operator := wordList(p, "metadataKeys"), p.OneOf("operator", "all", "any", "none")
	return inputCheck(func(_ context.Context, in *Input) (Verdict, error) {
		present, missing := divide(keys, func(k string) bool { _, ok := in.Metadata[k]; return ok })
		pass := satisfies(operator, present, missing)
		return found(pass, struct {
			Explanation string   `json:"explanation"`
			Missing     []string `json:"missing_metadata_keys"`
			Found       []string `json:"found_metadata_keys"`
			Operator    string   `json:"operator"`
		}{explainSets(operator, pass, "metadata keys"), missing, present, operator}), nil
	})
}
