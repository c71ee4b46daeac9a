package partner

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

var acuvity = service{
	name: "Acuvity", auth: acuvityAuth,
	checks: []kind{{
		id: "acuvity.scan", aliases: []string{"Acuvity", "acuvity.Acuvity", "default.Acuvity"}, open: true,
		path: "/_acuvity/scan", ask: acuvityScan,
	}},
}

// acuvityAuth reads a token that says where its service is.
func acuvityAuth(c *guard.Params, l *line) {
	l.withKey(c, "Authorization", "apiKey")
	if l.key.IsZero() {
		return
	}
	var at json.Value
	if parts := strings.Split(l.key.Reveal(), "."); len(parts) == 3 {
		claims, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
		at = json.Lookup(claims, "opaque", "apex-url")
	}
	inner := guard.NewParams(json.Object{json.Named("apex-url", json.Quote(json.Unquote(at)))}.Value())
	base := baseURL(inner, "apex-url", "")
	if base == "" {
		c.Fail("apiKey", "Must be a token with the URL of its service in opaque.apex-url")
	}
	l.url = base + l.url
}

// A risk is something that Acuvity gives a score for.
type risk struct {
	name  string   // of the parameter
	path  []string // of the score in an extraction
	limit float64
}

func risks(p *guard.Params) []risk {
	all := []risk{
		{name: "prompt_injection", path: []string{"exploits", "prompt_injection"}},
		{name: "jail_break", path: []string{"exploits", "jailbreak"}},
		{name: "malicious_url", path: []string{"exploits", "malicious_url"}},
		{name: "toxic", path: []string{"malcontents", "toxic"}},
		{name: "biased", path: []string{"malcontents", "biased"}},
		{name: "harmful", path: []string{"malcontents", "harmful"}},
	}
	var wanted []risk
	for _, r := range all {
		r.limit = p.Number(r.name+"_threshold", 0.5)
		if p.Bool(r.name, true) {
			wanted = append(wanted, r)
		}
	}
	return wanted
}

// A leak is a sort of data that must not be there: some of its categories, or
// all.
type leak struct {
	name       string
	members    []string // of an extraction: scores by category
	detection  string   // type of its detections
	categories []string
	redact     bool
}

func leaks(p *guard.Params) []leak {
	var wanted []leak
	for _, k := range []leak{{name: "pii", members: []string{"PIIs", "piIs"}, detection: "PII"}, {name: "secrets", members: []string{"secrets"}, detection: "Secret"}} {
		k.categories, k.redact = p.Texts(k.name+"_categories"), p.Bool(k.name+"_redact", false)
		if !p.Bool(k.name, true) {
			continue
		}
		if k.redact && len(k.categories) == 0 {
			p.Fail(k.name+"_categories", "Required with %s_redact", k.name)
		}
		wanted = append(wanted, k)
	}
	return wanted
}

// in reports whether an extraction has some of it. Categories are compared
// without regard to case.
func (k leak) in(extraction json.Value) bool {
	var found []string
	for _, name := range k.members {
		for _, m := range json.ObjectOf(json.Lookup(extraction, name)) {
			found = append(found, m.Name)
		}
	}
	detections, _ := list(extraction, "detections")
	for _, d := range detections {
		if json.Unquote(json.Lookup(d, "type")) == k.detection {
			found = append(found, json.Unquote(json.Lookup(d, "name")))
		}
	}
	for _, f := range found {
		if len(k.categories) == 0 || containsFold(k.categories, f) {
			return true
		}
	}
	return false
}

func containsFold(words []string, word string) bool {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// foreign reports whether a text is in a language, and in none of those that
// are allowed.
func foreign(extraction json.Value, allowed []string) bool {
	spoken := 0
	for _, m := range json.ObjectOf(json.Lookup(extraction, "languages")) {
		if score, ok := number(m.Value); ok && score >= 0.5 {
			if containsFold(allowed, m.Name) {
				return false
			}
			spoken++
		}
	}
	return spoken > 0
}

// acuvityScan asks about all texts at once. The languages that are given are
// those that are allowed: the reference refused these and no other.
func acuvityScan(p *guard.Params, l *line) asker {
	risks, leaks := risks(p), leaks(p)
	l.replaces = slices.ContainsFunc(leaks, func(k leak) bool { return k.redact })
	var languages, redactions []string
	if values := p.Texts("language_values"); p.Bool("language", true) {
		languages = values
	}
	for _, k := range leaks {
		if k.redact {
			redactions = append(redactions, k.categories...)
		}
	}
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		asked := partsOf(in, 0)
		answer, err := l.post(ctx, json.Object{
			json.Named("anonymization", json.Quote("FixedSize")), json.Named("messages", strs(asked.texts)),
			json.Named("redactions", strs(redactions)), json.Named("type", json.Quote(side(in.Event, "Input", "Output"))),
		}.Value())
		if err != nil {
			return guard.Verdict{}, err
		}
		extractions, err := list(answer, "extractions")
		if err != nil || len(extractions) != len(asked.texts) {
			return guard.Verdict{}, errUnreadable
		}
		findings := make([]finding, len(extractions))
		for i, e := range extractions {
			findings[i] = matched(e, risks, leaks, languages)
		}
		return sum(in, asked.findings(in, findings), true), nil
	}
}

// matched is what stands against one text. Its redacted form counts if all of
// that is redacted.
func matched(extraction json.Value, risks []risk, leaks []leak, languages []string) finding {
	names, redacted := []string{}, true
	for _, r := range risks {
		if score, ok := number(json.Lookup(extraction, r.path...)); ok && score >= r.limit {
			names, redacted = append(names, r.name), false
		}
	}
	if len(languages) > 0 && foreign(extraction, languages) {
		names, redacted = append(names, "language"), false
	}
	for _, k := range leaks {
		if k.in(extraction) {
			names, redacted = append(names, k.name), redacted && k.redact
		}
	}
	f := finding{bad: len(names) > 0, data: json.Object{json.Named("matched", strs(names))}.Value()}
	if without, missing := word(extraction, "data"); missing == nil && redacted {
		f.redacted = &without
	}
	return f
}
