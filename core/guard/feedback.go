package guard

import (
	"strings"

	"sluice/core/internal/json"
)

// feedback is what is noted with the outcome, null if nothing is.
func (h *Hook) feedback(checks []CheckResult) json.Value {
	var good, bad, broken []string
	for _, c := range checks {
		switch {
		case c.Error != nil:
			broken = append(broken, c.ID)
		case c.Verdict:
			good = append(good, c.ID)
		default:
			bad = append(bad, c.ID)
		}
	}
	f := h.OnSuccess
	if len(bad) > 0 {
		f = h.OnFail
	}
	if f == nil {
		return nil
	}
	metadata := json.Object{}
	for _, m := range f.Metadata {
		metadata = append(metadata, json.Named(m.Name, m.Value))
	}
	for _, list := range []struct {
		name string
		ids  []string
	}{{"successfulChecks", good}, {"failedChecks", bad}, {"erroredChecks", broken}} {
		metadata = append(metadata, json.Named(list.name, json.Quote(strings.Join(list.ids, ", "))))
	}
	object := json.Object{}
	if f.Value != nil {
		object = append(object, json.Named("value", f.Value))
	}
	if f.Weight != nil {
		object = append(object, json.Named("weight", f.Weight))
	}
	return append(object, json.Named("metadata", metadata.Value())).Value()
}
