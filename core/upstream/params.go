package upstream

import (
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/internal/form"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// override brings the client's body into the form that the target wants:
// defaults, overrides, drops, in this order. All of them speak the client's
// dialect. Bodies that are handed on and are not JSON stay as they are.
//
// https://portkey.ai/docs/product/ai-gateway/configs#default-and-drop-params
func (x *exchange) override() error {
	t := &x.target
	if x.call.Merged {
		return nil
	}
	if !t.changes() || x.relayed() && (!isJSON(x.call.Header) || len(x.call.Body) == 0) {
		return nil
	}
	if x.call.Upload != nil && !x.relayed() {
		return llm.Errorf(llm.TooLarge, "the form is too large for default_params, override_params and drop_params")
	}
	defaults, err := membersOf("default_params", t.Defaults)
	if err != nil {
		return err
	}
	overrides, err := membersOf("override_params", t.Overrides)
	if err != nil {
		return err
	}
	p := params{defaults: defaults, overrides: overrides, drops: t.Drops, elsewhere: !x.relayed() && !x.call.Dialect.NamesModel()}
	x.call, err = p.apply(x.call)
	return err
}

// changes reports whether the target sets or drops parameters.
func (t *Target) changes() bool { return len(t.Overrides)+len(t.Defaults)+len(t.Drops) > 0 }

func membersOf(what string, object json.Value) ([]json.Member, error) {
	if len(object) == 0 {
		return nil, nil
	}
	members, err := json.Members(object)
	if err != nil {
		return nil, &llm.Error{Kind: llm.Invalid, Message: what + " must be an object", Err: err}
	}
	return members, nil
}

// params are what a target changes in a body.
type params struct {
	defaults, overrides []json.Member
	drops               []json.Path
	elsewhere           bool // the path says which model is asked, and whether for a stream; the body does not
}

// apply returns the call with its body changed, or the call itself.
func (p params) apply(c *core.Call) (*core.Call, error) {
	change, what := p.json, "a JSON object"
	if form.Is(header.Get(c.Header, "Content-Type")) {
		change, what = p.form, "the form that its content type says"
	}
	body, set, err := change(c)
	if err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the request body is not " + what, Err: err}
	}
	if len(set) == 0 && len(body) == len(c.Body) { // drops only make it shorter
		return c, nil
	}
	d := c.WithBody(body)
	for _, m := range set {
		switch m.Name {
		case "model":
			d.Model = json.Unquote(m.Value)
		case "stream":
			d.Stream = m.Value.Kind() == 't'
		}
	}
	if d.Stream && !p.elsewhere && p.drop("stream") {
		d.Stream = false
	}
	return d, nil
}

// json changes a body that is JSON. set has the members that were given a
// value, also those that the body of the dialect has no place for.
func (p params) json(c *core.Call) (body []byte, set []json.Member, err error) {
	if set, err = p.missing(c); err != nil {
		return nil, nil, err
	}
	set = append(set, p.overrides...)
	var edits []json.Edit
	for _, m := range set {
		if !p.elsewhere || m.Name != "model" && m.Name != "stream" {
			edits = append(edits, json.Edit{Name: m.Name, Value: m.Value})
		}
	}
	if body, err = json.Splice(c.Body, edits...); err == nil {
		body, err = json.Remove(body, p.drops...)
	}
	return body, set, err
}

// missing are the defaults that nothing stands against, neither in the body
// nor among the overrides.
func (p params) missing(c *core.Call) ([]json.Member, error) {
	if len(p.defaults) == 0 {
		return nil, nil
	}
	names := make([]string, len(p.defaults))
	for i, m := range p.defaults {
		names[i] = m.Name
	}
	there, err := json.Pick(c.Body, names...)
	if err != nil {
		return nil, err
	}
	var out []json.Member
	for i, m := range p.defaults {
		if !json.Present(there[i]) && !p.overridden(m.Name) && !(p.elsewhere && saidByPath(c, m.Name)) {
			out = append(out, m)
		}
	}
	return out, nil
}

func saidByPath(c *core.Call, name string) bool {
	return name == "stream" || name == "model" && c.Model != ""
}

func (p params) overridden(name string) bool {
	return slices.ContainsFunc(p.overrides, func(m json.Member) bool { return m.Name == name })
}

// drop reports whether a member of the body is taken out as a whole.
func (p params) drop(name string) bool {
	return slices.ContainsFunc(p.drops, func(path json.Path) bool {
		member, ok := path.Member()
		return ok && member == name
	})
}

// form changes the fields of a form. What lies deeper than a field cannot be
// dropped.
func (p params) form(c *core.Call) (body []byte, set []json.Member, err error) {
	contentType := header.Get(c.Header, "Content-Type")
	fields, err := form.Fields(contentType, c.Body)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range p.defaults {
		there := func(f form.Field) bool { return field(f.Name) == field(m.Name) }
		if !p.overridden(m.Name) && !slices.ContainsFunc(fields, there) {
			set = append(set, m)
		}
	}
	set, body = append(set, p.overrides...), c.Body
	for _, m := range set {
		if body, err = form.Set(contentType, body, m.Name, text(m.Value)); err != nil {
			return nil, nil, err
		}
	}
	if len(p.drops) > 0 {
		body, err = form.Remove(contentType, body, func(name string) bool { return p.drop(field(name)) })
	}
	return body, set, err
}

// text is how a form has a value. It has no word for a list or an object but
// their JSON.
func text(v json.Value) string {
	if v.Kind() == '"' {
		return json.Unquote(v)
	}
	return string(v)
}

// field is the parameter that a field of a form belongs to: lists are fields
// of one name with brackets.
func field(name string) string { return strings.TrimSuffix(name, "[]") }
