package redact

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/internal/recent"
)

// ConfigHeader names the header that holds a routing config, or the id of one.
const ConfigHeader = "X-Portkey-Config"

// A Config is what is to be known of one before it is kept.
type Config struct {
	Secrets []string // in it
	Clean   string   // the config without what is named as credentials are, and without secrets in URLs
}

// ConfigOf judges the value of a [ConfigHeader]. Clients send the same one with
// every request, so answers are remembered.
func ConfigOf(value string) *Config {
	if len(value) > maxConfig {
		return judge(value)
	}
	return judged.Of(value, func() *Config { return judge(value) })
}

// How many configs are remembered in a generation, and how long one of them may
// be, in bytes.
const (
	maxJudged = 128
	maxConfig = 16 << 10
)

var judged = recent.Map[string, *Config]{Most: maxJudged, Own: strings.Clone}

func judge(value string) *Config {
	c := &Config{Secrets: OfJSON(json.Value(value)), Clean: value}
	if strings.HasPrefix(strings.TrimSpace(value), "{") {
		c.Clean = Mask // nobody can tell what is a key in what is no JSON
		if json.Valid([]byte(value)) {
			c.Clean = string(withoutKeys(json.Value(value)))
		}
	}
	c.Clean = strings.Clone(URLs(c.Clean))
	return c
}

// withoutKeys masks the members of a document that are named as credentials
// are, whatever they hold.
func withoutKeys(v json.Value) json.Value {
	switch v.Kind() {
	case '{':
		o := json.ObjectOf(v)
		for i, m := range o {
			if Named(m.Name) {
				o[i].Value = json.Quote(Mask)
			} else {
				o[i].Value = withoutKeys(m.Value)
			}
		}
		return o.Value()
	case '[':
		elements, _ := json.Elements(v)
		w := json.NewWriter("[")
		for _, e := range elements {
			w.Element(withoutKeys(e))
		}
		w.Close(']')
		return w.B
	}
	return v
}
