package price

import (
	"slices"
	"strings"
)

// Lookup finds the price of a model at a provider, by the ids that the
// providers' table has. It reports false if there is none; the model may be
// known all the same, see [Table.Facts].
//
// The name is taken as it is, else without regard to case, else by these
// rules, in this order, and by no others:
//
//   - the path that some APIs put before a name is taken off: models/,
//     publishers/google/models/, accounts/fireworks/models/
//   - of an ARN of Bedrock, the foundation model or the inference profile
//     named in it counts. Application profiles, provisioned, imported and
//     custom models do not tell their model, so they need an override with
//     like, or the caller knows the model that was declared for them
//   - Bedrock's prefixes for geographies (us. eu. apac. …) are taken off.
//     Models whose price differs by geography have an entry with the prefix
//   - Vertex AI's models may have a publisher before them (anthropic.) and
//     a version behind @ or -
//   - Azure's gpt-35- is gpt-3.5-
//   - OpenAI's fine-tuned models, ft:base:organisation:…, count as ft:base,
//     never as the base
//   - a date at the end, or -latest, is taken off
//   - a name without a date stands for its dated versions, if all that the
//     table has cost the same
//
// Names that customers choose, such as Azure's deployments, find nothing: the
// caller passes the declared model, or the one that the answer names.
func (t *Table) Lookup(providerID, name string) (Price, bool) {
	m := t.find(providerID, name, func(m *model) bool { return m.priced != nil })
	if m == nil {
		return Price{Provider: providerID, Model: name}, false
	}
	return m.price(providerID), true
}

// Facts returns what is known of a model, by the rules of [Table.Lookup]. It
// reports false for a model that the table does not have.
func (t *Table) Facts(providerID, name string) (Facts, bool) {
	m := t.find(providerID, name, func(m *model) bool { return true })
	if m == nil {
		return Facts{}, false
	}
	return *m.facts, true
}

func (t *Table) find(providerID, name string, good func(*model) bool) *model {
	p := t.provider(providerID)
	if p == nil || name == "" {
		return nil
	}
	var buf [16]string
	names := spellings(buf[:0], providerID, name)
	for _, n := range names {
		if m := p.exact(n); m != nil && (m.closed || good(m)) {
			return m.when(good)
		}
		if m := p.folded(n); m != nil && good(m) {
			return m
		}
	}
	for _, n := range names {
		if m := p.dated(n); m != nil && good(m) {
			return m
		}
	}
	return nil
}

func (m *model) when(good func(*model) bool) *model {
	if !good(m) {
		return nil
	}
	return m
}

// spellings appends the names under which a model may be in the table, the
// likeliest first.
func spellings(dst []string, providerID, name string) []string {
	dst = append(dst, name)
	switch providerID {
	case "google":
		dst = alsoWithout(dst, "models/")
	case "fireworks-ai":
		dst = alsoWithout(dst, "accounts/fireworks/models/")
	case "bedrock", "bedrock-mantle":
		dst = bedrockSpellings(dst, name)
	case "vertex-ai":
		dst = vertexSpellings(dst, name)
	case "openai":
		dst = fineTuned(dst, name)
	case "azure-openai":
		if rest, ok := strings.CutPrefix(name, "gpt-35-"); ok {
			dst = append(dst, "gpt-3.5-"+rest)
		}
	}
	for _, n := range dst {
		if cut := undated(n); cut != n {
			dst = append(dst, cut)
		}
	}
	return dst
}

// alsoWithout appends the last name without a prefix, if it has it.
func alsoWithout(dst []string, prefix string) []string {
	if rest, ok := strings.CutPrefix(dst[len(dst)-1], prefix); ok {
		dst = append(dst, rest)
	}
	return dst
}

// geographies are the prefixes of Bedrock's inference profiles, but not
// us-gov: GovCloud has prices of its own.
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
var geographies = []string{"us", "eu", "apac", "au", "ca", "jp", "in", "sa", "me", "global"}

func bedrockSpellings(dst []string, name string) []string {
	if strings.HasPrefix(name, "arn:") {
		kind, id, ok := arnResource(name)
		if !ok || kind != "foundation-model" && kind != "inference-profile" {
			return dst
		}
		name = id
		dst = append(dst, id)
	}
	if geo, rest, ok := strings.Cut(name, "."); ok && slices.Contains(geographies, strings.ToLower(geo)) {
		dst = append(dst, rest)
	}
	return dst
}

// arnResource splits arn:aws:bedrock:region:account:kind/id.
func arnResource(arn string) (kind, id string, ok bool) {
	for range 5 {
		if _, arn, ok = strings.Cut(arn, ":"); !ok {
			return "", "", false
		}
	}
	return strings.Cut(arn, "/")
}

func vertexSpellings(dst []string, name string) []string {
	if rest, ok := strings.CutPrefix(name, "publishers/"); ok {
		if _, name, ok = strings.Cut(rest, "/models/"); ok {
			dst = append(dst, name)
		}
	}
	for _, publisher := range [...]string{"anthropic.", "meta.", "google.", "mistralai."} {
		if rest, ok := strings.CutPrefix(name, publisher); ok {
			name = rest
			dst = append(dst, name)
		}
	}
	if id, version, ok := strings.Cut(name, "@"); ok {
		if version == "default" {
			return append(dst, id)
		}
		return append(dst, id+"-"+version)
	}
	return dst
}

func fineTuned(dst []string, name string) []string {
	if !strings.HasPrefix(name, "ft:") {
		return dst
	}
	if parts := strings.SplitN(name, ":", 3); len(parts) == 3 {
		dst = append(dst, name[:len(name)-len(parts[2])-1])
	}
	return dst
}

// undated takes -2024-08-06, -20240806, @20240806 or -latest off the end.
func undated(name string) string {
	if rest, ok := strings.CutSuffix(name, "-latest"); ok {
		return rest
	}
	if i := len(name) - len("-20240806"); i > 0 && (name[i] == '-' || name[i] == '@') && isDate(name[i+1:]) {
		return name[:i]
	}
	if i := len(name) - len("-2024-08-06"); i > 0 && name[i] == '-' && name[i+5] == '-' && name[i+8] == '-' &&
		isDate(name[i+1:i+5]+name[i+6:i+8]+name[i+9:]) {
		return name[:i]
	}
	return name
}

// isDate reports whether s is a day of this century as eight digits.
func isDate(s string) bool {
	if len(s) != 8 || !strings.HasPrefix(s, "20") || strings.Trim(s, "0123456789") != "" {
		return false
	}
	return "01" <= s[4:6] && s[4:6] <= "12" && "01" <= s[6:] && s[6:] <= "31"
}

// dated returns a dated version of a name, if all of them cost the same.
func (p *provider) dated(name string) *model {
	models := p.models()
	at, _ := slices.BinarySearchFunc(models, name, func(m model, name string) int { return compareFold(m.name, name) })
	var only *model
	for ; at < len(models) && len(models[at].name) >= len(name) && compareFold(models[at].name[:len(name)], name) == 0; at++ {
		m := &models[at]
		if len(m.name) == len(name) || len(undated(m.name)) != len(name) || strings.HasSuffix(m.name, "-latest") || m.priced == nil {
			continue
		}
		if only != nil && !sameTiers(only.priced.tiers, m.priced.tiers) {
			return nil
		}
		only = m
	}
	return only
}
