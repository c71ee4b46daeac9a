package route

import (
	"slices"
	"strconv"
	"time"

	"sluice/core/internal/json"
)

// A Sticky says which requests of a load balancer belong together and stay
// with one target.
type Sticky struct {
	Fields []field       // what makes a session; the client's key always does, too
	look   *fields       // of the config
	TTL    time.Duration // how long a session stays where it had to move
}

// defaultStick is how long a session stays where it was placed.
const defaultStick = time.Hour

// sticky reads strategy.sticky; nil if it is not enabled.
func (p *parser) sticky(c *Config, v json.Value, path []string) *Sticky {
	s, enabled := &Sticky{TTL: defaultStick, look: &p.look}, (*bool)(nil)
	for _, m := range p.object(v, path) {
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "enabled":
			enabled = p.boolean(m.Value, at)
		case "hash_fields":
			s.Fields = p.fields(m.Value, at, s.look)
		case "ttl":
			s.TTL = time.Duration(p.between(m.Value, at, 1, (30*24*time.Hour).Seconds()) * float64(time.Second))
		default:
			c.Unknown = append(c.Unknown, c.Path+".strategy.sticky."+m.Name)
		}
	}
	if enabled == nil && v.Kind() == '{' {
		p.fault(append(slices.Clip(path), "enabled"), "Required")
	}
	if enabled == nil || !*enabled {
		return nil
	}
	return s
}

func (p *parser) fields(v json.Value, path []string, fs *fields) []field {
	elements, err := json.Elements(v)
	if err != nil {
		p.fault(path, "Expected array, received "+json.KindName(v))
	}
	var out []field
	for i, e := range elements {
		at := append(slices.Clip(path), strconv.Itoa(i))
		f, ok := fieldOf(p.text(e, at))
		if !ok {
			p.fault(at, badField)
		}
		if !fs.add(&f) {
			p.fault(at, tooManyFields)
			break
		}
		out = append(out, f)
	}
	return out
}
