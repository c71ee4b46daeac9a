package route

import (
	"fmt"
	"slices"
	"time"

	"sluice/core/breaker"
	"sluice/core/internal/json"
)

// breaker reads a cb_config. An empty one switches off what comes from above.
func (p *parser) breaker(c *Config, v json.Value, path []string) *breaker.Policy {
	b := &breaker.Policy{}
	members := p.object(v, path)
	for _, m := range members {
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "failure_threshold":
			b.Failures = int(p.between(m.Value, at, 1, 1e6))
		case "failure_threshold_percentage":
			b.Percentage = p.between(m.Value, at, 1, 100)
		case "minimum_requests":
			b.Minimum = int(p.between(m.Value, at, 1, 1e6))
		case "cooldown_interval":
			least, day := float64(breaker.MinCooldown.Milliseconds()), float64((24 * time.Hour).Milliseconds())
			b.Cooldown = time.Duration(p.between(m.Value, at, least, day)) * time.Millisecond
		case "failure_status_codes":
			b.Statuses = p.codes(m.Value, at)
		default:
			c.Unknown = append(c.Unknown, c.Path+".cb_config."+m.Name)
		}
	}
	if len(members) > 0 && b.Failures == 0 && b.Percentage == 0 {
		p.fault(path, "failure_threshold or failure_threshold_percentage is required")
	}
	return b
}

// between reads a number that has limits of its own. Outside of them it is a
// fault, and the lower limit is returned.
func (p *parser) between(v json.Value, path []string, low, high float64) float64 {
	before := len(p.faults)
	n := p.number(v, path)
	if len(p.faults) == before && (n < low || n > high) {
		p.fault(path, fmt.Sprintf("Number must be between %.0f and %.0f", low, high))
	}
	return max(n, low)
}
