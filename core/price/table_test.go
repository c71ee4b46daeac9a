package price

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestTheBuiltInTableIsSmallAndWhole(t *testing.T) {
	t.Parallel()
	if len(builtInText) > 400_000 {
		t.Errorf("%d bytes are embedded", len(builtInText))
	}
	tab := Default()
	if !strings.HasPrefix(tab.Version(), "2026-") {
		t.Errorf("version %q is not a date", tab.Version())
	}
	if !strings.Contains(Notice, "Copyright (c) 2025 Portkey.ai") || !strings.Contains(Notice, "MIT License") {
		t.Error("the licence of the data is not shipped")
	}
	models, priced := 0, 0
	for _, id := range tab.Providers() {
		for m := range tab.Models(id) {
			models++
			if m.Price.Known() {
				priced++
			}
			if m.Facts.Source == "" || m.Price.Known() && m.Price.Version != tab.Version() {
				t.Errorf("%s %s: %+v", id, m.Name, m)
			}
		}
	}
	if models < 4500 || priced < 3000 {
		t.Errorf("%d models, %d with a price", models, priced)
	}
}

// The compact form depends on the order; so does every look-up.
func TestTheBuiltInTableIsInOrder(t *testing.T) {
	t.Parallel()
	tab := Default()
	if !slices.IsSorted(tab.Providers()) {
		t.Error("providers are not in order")
	}
	for _, p := range tab.providers {
		models := p.models()
		if !slices.IsSortedFunc(models, func(a, b model) int { return compareModel(a, b.name) }) {
			t.Errorf("models of %s are not in order", p.id)
		}
		for i := range models {
			if p.exact(models[i].name) != &models[i] {
				t.Errorf("%s %s is not found by its name", p.id, models[i].name)
			}
		}
	}
	text, err := tab.AppendText(nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != builtInText {
		t.Error("reading and writing the table changes it")
	}
}

// A number in the wrong place shows in its proportion to its neighbours.
func TestThePricesAreSane(t *testing.T) {
	t.Parallel()
	for _, p := range allPrices() {
		free := true
		for i := range p.Tiers() {
			tier := &p.Tiers()[i]
			get := func(u Unit) (Nano, bool) {
				r := tier.rate(u, "", "")
				return priceOf(r), r != nil
			}
			for _, pair := range [][2]Unit{{CachedInput, Input}, {CachedAudioInput, AudioInput}, {CachedImageInput, ImageInput}} {
				cached, ok := get(pair[0])
				if fresh, has := get(pair[1]); ok && has && cached > fresh {
					t.Errorf("%s %s: %s is dearer than %s", p.Provider, p.Model, pair[0], pair[1])
				}
			}
			for _, r := range tier.Rates {
				free = free && (r.Price == 0 || r.Unit >= WebSearch)
				if r.Unit.Token() && r.Price > 1000*Dollar || !r.Unit.Token() && r.Unit != FinetuneHour && r.Price > 100*Dollar {
					t.Errorf("%s %s: %s costs %s", p.Provider, p.Model, r.Unit, r.Price)
				}
			}
		}
		if free && !strings.HasSuffix(p.Model, ":free") && !strings.Contains(p.Model, "moderation") && !strings.HasSuffix(p.Model, "-flash") && p.Model != "openrouter/free" {
			t.Errorf("%s %s is free", p.Provider, p.Model)
		}
	}
}

func priceOf(r *Rate) Nano {
	if r == nil {
		return 0
	}
	return r.Price
}

func TestFirstUseByManyAtOnce(t *testing.T) {
	t.Parallel()
	first := sync.OnceValues(func() (*Table, error) { return parseText(builtInText) }) // as Default does, which others have used by now
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for _, tab := range []func() *Table{Default, func() *Table { tab, _ := first(); return tab }} {
				p, ok := tab().Lookup("openai", "gpt-4o")
				if a, _ := Cost(p, Units{Input: 1}); !ok || a.Nano != 2500 {
					t.Errorf("got %+v", a)
				}
			}
		})
	}
	wg.Wait()
}

func TestDamagedTextIsAnError(t *testing.T) {
	t.Parallel()
	head := textHeader + "\nversion v\nsizes 1 1 1\nunits input output\n"
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"another format", "sluice-prices 1\n"},
		{"a word that is not known", head + "q 1\n"},
		{"an unknown unit", textHeader + "\nunits input sheep\n"},
		{"too many sizes", textHeader + "\nsizes 1 2 3 4\n"},
		{"a size beyond reason", textHeader + "\nsizes 99999999\n"},
		{"a negative size", textHeader + "\nsizes -1\n"},
		{"a unit without a name", head + "p Z1\n"},
		{"a rate without a price", head + "p A\n"},
		{"a price that is not a number", head + "p Ax\n"},
		{"an open bracket", head + "p A(x,y1\n"},
		{"a bracket without a size", head + "p A(x)1\n"},
		{"a case with too little", head + "p batch A1\n"},
		{"a threshold that is not a number", head + "p /x/ A1\n"},
		{"regions that are not there", head + "p //7 A1\n"},
		{"facts with too little", head + "f chat tools 1\n"},
		{"facts with too much", head + "f chat tools 1 2 3 4 5 6\n"},
		{"a model without a provider", head + "f chat  0 0 0 0 0\nm\t\t0\n"},
		{"a price that is not there", head + "f chat  0 0 0 0 0\n\tp\nm\t5\t0\n"},
		{"a model that is cut off", head + "f chat  0 0 0 0 0\n\tp\nm\t"},
		{"facts that are not there", head + "\tp\nm\t\t5\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseText(tt.text); err == nil {
				t.Error("no error")
			}
		})
	}
}

func FuzzParseText(f *testing.F) {
	text, err := table(f, sample).AppendText(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(textHeader + "\n\tp\n")
	f.Fuzz(func(t *testing.T, text string) {
		tab, err := parseText(text)
		if err != nil {
			return
		}
		for _, id := range tab.Providers() {
			tab.Lookup(id, "m")
			for m := range tab.Models(id) {
				Cost(m.Price, Units{Input: 1, Output: 1})
			}
		}
	})
}

func TestFacts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, provider, model string
		kind                  string
		maxOutput             int64
		media                 string
		tools                 bool
	}{
		{"a chat model", "openai", "gpt-4o", "chat", 16_384, "image", true},
		{"under a dated name", "openai", "gpt-4o-2030-01-01", "chat", 16_384, "image", true},
		{"documents", "google", "models/gemini-2.5-pro", "chat", 65_536, "image document", true},
		{"known, without a price", "voyage", "voyage-4", "embedding", 0, "", false},
		{"speech", "openai", "tts-1", "audio", 0, "audio", false},
		{"of a plain model nothing is known but its kind", "mistral-ai", "mistral-embed", "embedding", 0, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, ok := Default().Facts(tt.provider, tt.model)
			if !ok || f.Kind != tt.kind || f.MaxOutput != tt.maxOutput || f.Tools() != tt.tools || strings.Join(f.Modalities(), " ") != tt.media {
				t.Errorf("got %+v, %q", f, f.Modalities())
			}
			if f.ContextLength != 0 || !strings.Contains(f.Source, "snapshot of 2026-") {
				t.Errorf("context length %d, source %q", f.ContextLength, f.Source)
			}
		})
	}
	if f, ok := Default().Facts("openai", "gpt-99"); ok {
		t.Errorf("got %+v of a model that is not there", f)
	}
	if f, _ := Default().Facts("google", "veo-3.0-generate-001"); f.DefaultSeconds != 8 || f.DefaultSamples != 1 {
		t.Errorf("got %+v", f)
	}
}

func TestModelsComeInAStableOrderAndCanStop(t *testing.T) {
	t.Parallel()
	list := func() (names []string) {
		for m := range Default().Models("anthropic") {
			names = append(names, m.Name)
		}
		return names
	}
	first := list()
	if len(first) < 30 || !slices.Equal(first, list()) || !slices.IsSortedFunc(first, func(a, b string) int {
		return cmp.Or(compareFold(a, b), strings.Compare(a, b))
	}) {
		t.Errorf("got %q", first)
	}
	for m := range Default().Models("anthropic") {
		if m.Name != first[0] {
			t.Errorf("got %q", m.Name)
		}
		break
	}
	for range Default().Models("nobody") {
		t.Error("a provider that is not there has a model")
	}
}

func TestUnitsHaveNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for u := range numUnits {
		name := u.String()
		if name == "" || seen[name] || u.Per() < 1 {
			t.Errorf("unit %d: %q per %d", u, name, u.Per())
		}
		seen[name] = true
		if got, ok := unitNamed(name); ok != (u != Several) || ok && got != u {
			t.Errorf("%q is read as %v", name, got)
		}
	}
	if u := Unit(255); u.String() != "unknown" || u.Per() != 1 || u.Token() {
		t.Error("a unit that does not exist has a meaning")
	}
}
