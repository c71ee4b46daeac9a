package jobs

import (
	"sluice/core/internal/json"
)

// A tuningOrder is what a client asks for when it creates a fine-tuning job.
type tuningOrder struct {
	object             json.Object // all of it
	model, training    string
	validation, suffix string // may be empty
	hyper              json.Value
}

func (r *request) tuningOrder() (t tuningOrder, err error) {
	if t.object, err = r.object(); err != nil {
		return t, err
	}
	if t.model, err = required(t.object, "model"); err != nil {
		return t, err
	}
	if t.training, err = required(t.object, "training_file"); err != nil {
		return t, err
	}
	t.validation, t.suffix = json.Unquote(t.object.Get("validation_file")), json.Unquote(t.object.Get("suffix"))
	t.hyper = hyperOf(t.object)
	return t, nil
}

// dropped are the members that no provider here has a word for.
func (t *tuningOrder) dropped() []string { return given(t.object, "seed", "metadata", "integrations") }

// hyperOf finds hyperparameters where OpenAI has them: behind the method, or
// where they were before.
func hyperOf(o json.Object) json.Value {
	if h := json.Lookup(o.Get("method"), json.Unquote(json.Lookup(o.Get("method"), "type")), "hyperparameters"); h != nil {
		return h
	}
	return o.Get("hyperparameters")
}
