package provider

import (
	"net/http"
	"strings"
	"sync"

	"sluice/core/internal/json"
	"sluice/core/secret"
)

// HeaderPrefix begins the headers that carry options.
const HeaderPrefix = "x-portkey-"

// OptionsFromHeader reads the provider's options from a client's headers,
// as they count when the provider itself came from a header. A header
// with the prefix counts more than a plain one. The gateway's own key must
// have been taken out of h before.
func (s *Spec) OptionsFromHeader(h http.Header) map[string]secret.Value {
	return s.options(func(o Option) string {
		for _, name := range o.Headers {
			if v := headerText(h, HeaderPrefix+name); v != "" {
				return v
			}
		}
		return plainText(h, o)
	})
}

// OptionsFromConfig reads the provider's options from the members of a
// target's config, in snake case. Headers with the prefix do not count then,
// but plain ones fill what the config leaves open: a client that speaks the
// provider's own dialect sends them by itself.
func (s *Spec) OptionsFromConfig(config map[string]json.Value, h http.Header) map[string]secret.Value {
	return s.options(func(o Option) string {
		if v := configText(config[o.Key]); v != "" {
			return v
		}
		return plainText(h, o)
	})
}

func (s *Spec) options(read func(Option) string) map[string]secret.Value {
	var out map[string]secret.Value
	for _, o := range s.Options {
		v := read(o)
		if v == "" {
			continue
		}
		if out == nil {
			out = make(map[string]secret.Value, len(s.Options))
		}
		out[o.Key] = secret.New(v)
	}
	return out
}

// HasOption reports whether any provider has an option of this name, in snake
// case.
func HasOption(key string) bool { return optionKeys()[key] }

var optionKeys = sync.OnceValue(func() map[string]bool {
	keys := map[string]bool{}
	for _, id := range IDs() {
		s, _ := Find(id)
		for _, o := range s.Options {
			keys[o.Key] = true
		}
	}
	return keys
})

func plainText(h http.Header, o Option) string {
	for _, name := range o.Plain {
		if v := joined(h[name]); v != "" {
			return v
		}
	}
	return ""
}

// headerText is the text of a header, whatever way its name is written.
func headerText(h http.Header, name string) string { return joined(h.Values(name)) }

// joined joins the lines of a header as RFC 9110, section 5.3 says.
func joined(lines []string) string { return strings.TrimSpace(strings.Join(lines, ",")) }

// configText is the text of a string, and the JSON of anything else: true and
// numbers are written without quotes by some, and with them by others.
func configText(v json.Value) string {
	switch v.Kind() {
	case '"':
		return strings.TrimSpace(json.Unquote(v))
	case 'n', 0:
		return ""
	}
	return strings.TrimSpace(string(v))
}
