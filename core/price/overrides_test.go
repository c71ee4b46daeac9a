package price

import (
	"os"
	"strings"
	"testing"
)

func with(t *testing.T, base *Table, doc string) *Table {
	t.Helper()
	o, err := ParseOverrides([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	n, err := base.With(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOverridesReplaceAndAdd(t *testing.T) {
	t.Parallel()
	base := Default()
	tab := with(t, base, `{"version": "ours-7", "providers": {
		"openai": {
			"gpt-4o": {"input": 2, "output": 8},
			"gpt-4o-mini": {"like": "gpt-4o-mini", "output": 1},
			"our-tune": {"like": "gpt-4.1", "tiers": [{"mode": "priority", "input": 100}]},
			"gpt-5": {"unpriced": true}},
		"bedrock": {"arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc": {"like": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"}},
		"ours": {"m": {"like": "@anthropic/claude-haiku-4-5"}, "free": {"input": 0, "output": 0, "type": "chat", "context_length": 8192}}}}`)
	used := Units{Input: 1_000_000, CacheRead: 1_000_000, Output: 1_000_000}
	tests := []struct {
		name, provider, model, want string
		tier                        string
		version                     string
	}{
		{"replaced, discounts and all", "openai", "gpt-4o", "12", "", "+ours-7"},
		{"changed in one price", "openai", "gpt-4o-mini", "1.225", "", "+ours-7"},
		{"like another", "openai", "our-tune", "10.5", "", "+ours-7"},
		{"like another, but for one tier", "openai", "our-tune", "114.875", "priority", "+ours-7"},
		{"a declared profile", "bedrock", "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc", "20.13", "", "+ours-7"},
		{"a provider of our own", "ours", "m", "6.1", "", "+ours-7"},
		{"free because we say so", "ours", "free", "0", "", "+ours-7"},
		{"what was not overridden", "openai", "gpt-4.1", "10.5", "", ""},
		{"a dated version of what was", "openai", "gpt-4o-2030-01-01", "12", "", "+ours-7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := used
			u.ServedTier = tt.tier
			got, b := Cost(lookup(t, tab, tt.provider, tt.model), u)
			if got.Nano.String() != tt.want || !got.Known() {
				t.Errorf("got %+v, want %s: %+v", got, tt.want, b.Lines())
			}
			if want := base.Version() + tt.version; got.Version != want {
				t.Errorf("version %q, want %q", got.Version, want)
			}
		})
	}
	if p, ok := tab.Lookup("openai", "gpt-5"); ok {
		t.Errorf("what was taken away is priced as %s", p.Model)
	}
	if p := lookup(t, base, "openai", "gpt-4o"); p.Version != base.Version() {
		t.Error("the table itself has changed")
	}
}

func TestFactsThatAnOverrideDoesNotStateStay(t *testing.T) {
	t.Parallel()
	before, _ := Default().Facts("openai", "gpt-4o")
	tab := with(t, Default(), `{"providers": {"openai": {"gpt-4o": {"input": 1, "context_length": 128000}}, "ours": {"m": {"like": "@openai/gpt-4o"}}}}`)
	f, ok := tab.Facts("openai", "gpt-4o")
	if !ok || f.Kind != before.Kind || f.MaxOutput != before.MaxOutput || f.ContextLength != 128_000 || f.Source != "overrides" {
		t.Errorf("got %+v", f)
	}
	if f, _ := tab.Facts("ours", "m"); f.MaxOutput != before.MaxOutput || f.Source != before.Source {
		t.Errorf("like another: got %+v", f)
	}
}

func TestBadOverridesAreRefused(t *testing.T) {
	t.Parallel()
	entry := func(e string) string { return `{"providers": {"openai": {"gpt-4o": ` + e + `}}}` }
	tests := []struct{ name, doc, want string }{
		{"not JSON", `{`, "price overrides: "},
		{"not an object", `[]`, "must not be an array"},
		{"an unknown member", `{"provider": {}}`, "provider: unknown member"},
		{"an unknown member of an entry", entry(`{"input": 1, "inptu": 2}`), "openai: gpt-4o: inptu: unknown member"},
		{"a unit among tokens", entry(`{"page": 2}`), "page: unknown member"},
		{"tokens among units", entry(`{"per_unit": {"input": 2}}`), "per_unit.input: unknown unit"},
		{"an unknown unit", entry(`{"per_unit": {"sheep": 2}}`), "per_unit.sheep: unknown unit"},
		{"a price that is not a number", entry(`{"input": "2.50"}`), "input"},
		{"null", entry(`{"input": null}`), "input"},
		{"a negative price", entry(`{"input": -1}`), "must be a decimal number"},
		{"a price beyond reason", entry(`{"input": 10000000}`), "must be a decimal number"},
		{"no price", entry(`{}`), "states no price"},
		{"facts only", entry(`{"type": "chat"}`), "states no price"},
		{"unpriced with a price", entry(`{"unpriced": true, "input": 1}`), "there are prices beside it"},
		{"like nobody", entry(`{"like": "gpt-99"}`), "like: no such model"},
		{"like a provider without a model", entry(`{"like": "@openai"}`), "like: no such model"},
		{"a fault in a tier", entry(`{"input": 1, "tiers": [{"mode": "flex", "inptu": 1}]}`), "tiers[0].inptu"},
		{"a fault in batch", entry(`{"input": 1, "batch": {"inptu": 1}}`), "batch.inptu"},
		{"a mode with a space", entry(`{"input": 1, "tiers": [{"mode": "very fast", "input": 1}]}`), "mode"},
		{"a negative threshold", entry(`{"input": 1, "tiers": [{"above_input_tokens": -1, "input": 1}]}`), "above_input_tokens"},
		{"a region with a slash too many", entry(`{"input": 1, "tiers": [{"regions": "e;u", "input": 1}]}`), "regions"},
		{"an image size with a bracket", entry(`{"image": {"hd": {"1)": 1}}}`), "image.hd.1)"},
		{"an unknown input unit", entry(`{"input": 1, "input_unit": "word"}`), "input_unit"},
		{"a default that is not known", entry(`{"input": 1, "default_units": {"sheep": 1}}`), "default_units.sheep"},
		{"a feature with a space", entry(`{"input": 1, "features": ["a b"]}`), "features"},
		{"a negative length", entry(`{"input": 1, "context_length": -1}`), "context_length"},
		{"a model with a tab", `{"providers": {"openai": {"a\tb": {"input": 1}}}}`, "not a model's name"},
		{"a provider without an id", `{"providers": {"": {"a": {"input": 1}}}}`, "not a provider's id"},
		{"a version of two words", `{"version": "a b", "providers": {"openai": {"a": {"input": 1}}}}`, "version"},
		{"a member twice", entry(`{"input": 1, "input": 2}`), "duplicate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := ParseOverrides([]byte(tt.doc))
			if err == nil {
				_, err = Default().With(o)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "price overrides: ") {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestNoOverridesChangeNothing(t *testing.T) {
	t.Parallel()
	for _, o := range []*Overrides{nil, {}} {
		if tab, err := Default().With(o); err != nil || tab != Default() {
			t.Errorf("got another table, %v", err)
		}
	}
}

// What decodes also survives the compact form, byte for byte, and prices
// something without a panic.
func FuzzOverrides(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(names))
	f.Add([]byte(`{"version": "x", "providers": {"p": {"m": {"input": 1e-3, "input_unit": "character", "batch": {"output": 2}, "default_units": {"steps": 4}}}}}`))
	f.Add([]byte(`{"providers": {"p": {"m": {"image": {"default": {"default": 0.5}}, "tiers": [{"regions": " eu , * ", "mode": "DEFAULT", "input": 0}]}}}}`))
	if b, err := os.ReadFile("data/corrections.json"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := ParseOverrides(b)
		if err != nil {
			return
		}
		tab, err := new(Table).With(o)
		if err != nil {
			return
		}
		text, err := tab.AppendText(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseText(string(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if twice, _ := again.AppendText(nil); string(twice) != string(text) {
			t.Fatalf("got\n%s\nwant\n%s", twice, text)
		}
		for _, id := range tab.Providers() {
			for m := range tab.Models(id) {
				u := Units{Input: 10, CacheRead: 1, Output: 10, Items: []Item{{Unit: Image, Count: 1}, {Unit: Page, Count: 1}}}
				if got, _ := Cost(m.Price, u); got.Nano < 0 {
					t.Fatalf("%s %s costs %d", id, m.Name, got.Nano)
				}
			}
		}
	})
}
