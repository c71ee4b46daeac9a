package core

import (
	"sluice/core/internal/form"
	"sluice/core/internal/json"
)

// Renamed returns the call for another model. The name is in the body, a form
// or JSON, unless the dialect has it in the path.
func (c *Call) Renamed(model string) (*Call, error) {
	body := c.Body
	var err error
	if t := c.Header.Get("Content-Type"); form.Is(t) {
		body, err = form.Set(t, body, "model", model)
	} else if c.Dialect.NamesModel() {
		body, err = json.Splice(body, json.Edit{Name: "model", Value: json.Quote(model)})
	}
	if err != nil {
		return nil, err
	}
	d := c.WithBody(body)
	d.Model = model
	return d, nil
}
