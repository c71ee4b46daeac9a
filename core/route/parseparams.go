package route

import (
	"fmt"
	"slices"
	"strconv"

	"sluice/core/internal/json"
)

// params reads what a node changes in the parameters of a request. Nothing
// inside is converted from one spelling to the other: the names are those of
// the request.
func (p *parser) params(c *Config, key string, v json.Value, path []string) {
	switch key {
	case "override_params":
		c.OverrideParams = p.free(v, path)
	case "default_params":
		c.DefaultParams = p.free(v, path)
	case "drop_params":
		c.DropParams = p.drops(v, path)
	case "model_aliases":
		c.ModelAliases = p.aliases(v, path)
	}
}

// maxParams is how many parameters a node may set, and how many it may drop:
// each is looked for at every member of a body.
const maxParams = 256

// free reads an object whose members are somebody else's.
func (p *parser) free(v json.Value, path []string) json.Value {
	if len(p.object(v, path)) > maxParams {
		p.fault(path, fmt.Sprintf("more than %d parameters", maxParams))
	}
	return v.Clone()
}

// drops reads paths in a request. An empty list is one.
func (p *parser) drops(v json.Value, path []string) []json.Path {
	elements, err := json.Elements(v)
	if err != nil {
		p.fault(path, "Expected array, received "+json.KindName(v))
	}
	if len(elements) > maxParams {
		p.fault(path, fmt.Sprintf("more than %d parameters", maxParams))
		return nil
	}
	if len(elements) > maxParams {
		p.fault(path, fmt.Sprintf("more than %d parameters", maxParams))
		return nil
	}
	paths := []json.Path{}
	for i, e := range elements {
		at := append(slices.Clip(path), strconv.Itoa(i))
		text := p.text(e, at)
		drop, err := json.ParsePath(text)
		if err != nil && e.Kind() == '"' {
			p.fault(at, "not a path of a parameter: "+err.Error())
		}
		paths = append(paths, drop)
	}
	return paths
}

func (p *parser) aliases(v json.Value, path []string) []Alias {
	aliases := []Alias{}
	for _, m := range p.object(v, path) {
		at := append(slices.Clip(path), m.Name)
		a := Alias{Pattern: m.Name, Model: p.text(m.Value, at)}
		if a.Model == "" && m.Value.Kind() == '"' {
			p.fault(at, "a model is missing")
		}
		aliases = append(aliases, a)
	}
	return aliases
}
