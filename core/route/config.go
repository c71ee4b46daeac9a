// Package route turns a config into a handler: which targets a request may go
// to, in which order, and with which settings. A config is parsed, checked
// and compiled once, when it is first seen; requests only walk the result.
//
// The schema is the reference's, in snake_case and in camelCase. Settings
// flow down from the root to the leaves when the config is compiled;
// strategies carry none.
package route

import (
	"strings"
	"time"

	"sluice/core/breaker"
	"sluice/core/cache"
	"sluice/core/internal/json"
	"sluice/core/secret"
	"sluice/core/upstream"
)

// A Config is one node: the root or a target.
type Config struct {
	Path string // config, config.targets[0], …

	Name     string
	Provider string
	APIKey   secret.Value
	Options  map[string]json.Value // what else the provider wants, by snake-case key
	Unknown  []string              // members that mean nothing to anybody, such as a typo

	Strategy *Strategy
	Targets  []*Config
	Weight   float64 // of a target, for load balancing; 1 unless it is said

	Passthrough bool // the request says which provider is asked
	IsOpen      bool // its circuit breaker was open when the config was made

	DefaultParams  json.Value  // an object, nil when absent
	OverrideParams json.Value  // the same
	DropParams     []json.Path // nil when absent
	ModelAliases   []Alias     // the first that matches counts; nil when absent
	Retry          *Retry
	Breaker        *breaker.Policy // nil: from above; the zero value: none
	RequestTimeout time.Duration
	Timeouts       upstream.Timeouts // of the phases of an attempt
	Total          time.Duration     // of this node, to the end of the answer; 0: none
	CustomHost     string
	ForwardHeaders []string
	Strict         *bool // strict_open_ai_compliance
	Capabilities   Capabilities
	Guards         []guardList // hooks, as they were written
	Cache          cache.Settings

	steps int // of all regular expressions; of the root only
}

// A Strategy says how a node uses its targets.
type Strategy struct {
	Mode          string
	OnStatusCodes []int         // nil: any failure
	Delay         time.Duration // of a hedge: before the next target is called too
	Continue      bool          // on_break: an answer that breaks off is continued by the next target
	Default       string        // of a conditional strategy: name of the target if no condition holds
	conditions    []condition
	fields        *fields // of the config
	Breaker       *breaker.Policy
	Sticky        *Sticky // of a load balancer; nil: each request for itself
}

// Retry is the config's retry object.
type Retry struct {
	Attempts      int
	OnStatusCodes []int
	UseRetryAfter bool
}

// An InvalidError lists what is wrong with a config, one line for each fault,
// with the JSON path in the reference's spelling.
type InvalidError struct {
	Faults []string
	// Router is the reference's text for the first fault, if all are those of
	// conditional strategies for which it has one.
	Router string
}

func (e *InvalidError) Error() string { return "invalid config: " + strings.Join(e.Faults, "; ") }

// Limits of a config: routes that fan out cost more than they help. Those of
// targets are the reference's.
const (
	maxDepth       = 8    // of targets in targets
	maxRoot        = 100  // targets of the root
	maxConditional = 1000 // targets of the root, if it chooses by conditions
	maxNested      = 50   // targets of any other node
	maxTargets     = 1024 // in all
)

// Parse reads and checks a config. It fails with an [*InvalidError], or with
// a plain error when the text is not a JSON object.
func Parse(text []byte) (*Config, error) {
	if _, err := json.Members(text); err != nil {
		return nil, err
	}
	p := &parser{}
	c := p.node(text, nil, "config", 0)
	if len(p.faults) > 0 {
		return nil, &InvalidError{p.faults, p.lone()}
	}
	c.steps = p.conditionSize.Steps()
	return c, nil
}
