package price

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sluice/core/llm"
)

// table parses overrides over nothing.
func table(t testing.TB, doc string) *Table {
	t.Helper()
	o, err := ParseOverrides([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	n, err := new(Table).With(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func lookup(t testing.TB, tab *Table, provider, model string) Price {
	t.Helper()
	p, ok := tab.Lookup(provider, model)
	if !ok {
		t.Fatalf("no price for %s %s", provider, model)
	}
	return p
}

const sample = `{"version": "v1", "providers": {"p": {
	"plain": {"input": 1, "output": 2},
	"cached": {"input": 1, "output": 2, "cached_input": 0.1, "cache_write": 1.25},
	"media": {"text_input": 5, "image_input": 10, "image_output": 40},
	"images": {"image": {"default": {"default": 0.1, "big": 0.2}, "fine": {"default": 0.3, "big": 0.4}}},
	"fee": {"input": 1, "output": 2, "per_request": {"request": 0.01, "web_search": 0.5}, "per_unit": {"page": 0.001}},
	"tiers": {"input": 1, "output": 2, "per_unit": {"web_search": 0.01}, "tiers": [
		{"mode": "priority", "input": 10, "output": 20},
		{"above_input_tokens": 100, "input": 3, "output": 6},
		{"above_input_tokens": 1000, "input": 5, "output": 10},
		{"regions": "eu,us", "input": 2, "output": 4},
		{"regions": "*", "input": 4, "output": 8}]},
	"unknown": {"unpriced": true}}}}`

func TestWhatHasNoPriceIsAGap(t *testing.T) {
	t.Parallel()
	tab := table(t, sample)
	tests := []struct {
		name  string
		model string
		units Units
		want  Gap
		unit  Unit
		nano  Nano
	}{
		{"a model", "unknown", Units{Input: 1}, NoPrice, 0, 0},
		{"no such model", "nothing", Units{Input: 1}, NoPrice, 0, 0},
		{"a paid tier", "tiers", Units{Input: 1, ServedTier: "scale"}, NoTier, 0, 0},
		{"a paid tier that was asked for", "plain", Units{Input: 1, AskedTier: "priority"}, NoTier, 0, 0},
		{"a batch", "plain", Units{Input: 1, Batch: true}, NoTier, 0, 0},
		{"a search; the tokens are known", "plain", Units{Input: 1, Items: []Item{{Unit: WebSearch, Count: 1}}}, NoRate, WebSearch, 1000},
		{"a unit that does not exist", "plain", Units{Input: 1, Items: []Item{{Unit: 200, Count: 1}}}, NoRate, 200, 1000},
		{"images that nobody counted", "images", Units{Input: 50, Output: 4000}, NothingCounted, 0, 0},
		{"nothing at all", "plain", Units{}, NothingCounted, 0, 0},
		{"nothing is missing", "plain", Units{Input: 1}, Complete, 0, 1000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := tab.Lookup("p", tt.model)
			got, _ := Cost(p, tt.units)
			if got.Gap != tt.want || got.Unit != tt.unit || got.Nano != tt.nano || got.Known() != (tt.want == Complete) {
				t.Errorf("got %+v, want %v %v %d", got, tt.want, tt.unit, tt.nano)
			}
		})
	}
}

func TestOneTierPricesTheWholeRequest(t *testing.T) {
	t.Parallel()
	p := lookup(t, table(t, sample), "p", "tiers")
	tests := []struct {
		name  string
		units Units
		want  Nano
	}{
		{"standard", Units{Input: 1, Output: 1}, 3000},
		{"the threshold is not above itself", Units{Input: 60, CacheRead: 40, Output: 1}, 102_000},
		{"one more is", Units{Input: 61, CacheRead: 40, Output: 1}, 309_000},
		{"the highest threshold that fits", Units{Input: 1001}, 5_005_000},
		{"a region", Units{Input: 1, Region: "EU"}, 2000},
		{"any other region", Units{Input: 1, Region: "mars"}, 4000},
		{"global is not a region", Units{Input: 1, Region: "global"}, 1000},
		{"a region beats a threshold", Units{Input: 101, Region: "us"}, 202_000},
		{"the tier that was served", Units{Input: 1, ServedTier: "PRIORITY", AskedTier: "default"}, 10_000},
		{"a tier asked for and not granted", Units{Input: 1, ServedTier: "default", AskedTier: "priority"}, 1000},
		{"an answer that says nothing", Units{Input: 1, AskedTier: "priority"}, 10_000},
		{"auto says nothing", Units{Input: 1, ServedTier: "auto", AskedTier: "priority"}, 10_000},
		{"a tier has the standard price for tools", Units{Input: 1, ServedTier: "priority", Items: []Item{{Unit: WebSearch, Count: 1}}}, 10_010_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, b := Cost(p, tt.units); got.Nano != tt.want || !got.Known() {
				t.Errorf("got %+v, want %d: %+v", got, tt.want, b.Lines())
			}
		})
	}
}

func TestTokensWithoutAPriceOfTheirOwnAreNotFree(t *testing.T) {
	t.Parallel()
	tab := table(t, sample)
	tests := []struct {
		name, model string
		units       Units
		unit, as    Unit
		want        Nano
	}{
		{"cached input costs what input costs", "plain", Units{CacheRead: 7}, CachedInput, Input, 7000},
		{"writes too", "plain", Units{CacheWrite: 7}, CacheWrite, Input, 7000},
		{"one price for all lifetimes", "cached", Units{CacheWrite1h: 4}, CacheWrite1h, CacheWrite, 5000},
		{"cached audio of a model that hears for nothing more", "cached", Units{CacheRead: 10, CachedAudio: 10}, CachedAudioInput, CachedInput, 1000},
		{"audio", "plain", Units{Input: 3, AudioInput: 3}, AudioInput, Input, 3000},
		{"spoken output", "plain", Units{Output: 3, AudioOutput: 3}, AudioOutput, Output, 6000},
		{"text of a model that prices media", "media", Units{Input: 2}, Input, TextInput, 10_000},
		{"output of a model that makes images only", "media", Units{Output: 2}, Output, ImageOutput, 80_000},
		{"cached images have no discount that we know", "media", Units{CacheRead: 2, CachedImage: 2}, CachedImageInput, ImageInput, 20_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, b := Cost(lookup(t, tab, "p", tt.model), tt.units)
			lines := b.Lines()
			if len(lines) != 1 || lines[0].Unit != tt.unit || lines[0].As != tt.as || got.Nano != tt.want || !got.Known() {
				t.Errorf("got %+v %+v", got, lines)
			}
		})
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	tab := table(t, sample)
	image := func(quality, size string) Units {
		return Units{Items: []Item{{Unit: Image, Quality: quality, Size: size, Count: 1}}}
	}
	tests := []struct {
		name, model string
		units       Units
		want        string
	}{
		{"quality and size", "images", image("fine", "big"), "0.4"},
		{"quality only", "images", image("fine", "small"), "0.3"},
		{"size only", "images", image("coarse", "big"), "0.2"},
		{"neither", "images", image("", ""), "0.1"},
		{"a fee for each request", "fee", Units{Input: 1_000_000}, "1.01"},
		{"a fee is charged once", "fee", Units{Items: []Item{{Unit: Request, Count: 5}}}, "0.01"},
		{"searches are charged once where they are", "fee", Units{Items: []Item{{Unit: WebSearch, Count: 5}}}, "0.51"},
		{"pages are counted", "fee", Units{Items: []Item{{Unit: Page, Count: 5}}}, "0.015"},
		{"what is negative did not happen", "fee", Units{Items: []Item{{Unit: Page, Count: -5}}}, "0.01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := Cost(lookup(t, tab, "p", tt.model), tt.units); got.Nano.String() != tt.want || !got.Known() {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestPartsNeverExceedTheirWhole(t *testing.T) {
	t.Parallel()
	p := lookup(t, table(t, `{"providers": {"p": {"m": {"input": 1, "audio_input": 1, "image_input": 1, "output": 1, "reasoning": 1, "audio_output": 1}}}}`), "p", "m")
	u := Units{Input: 10, AudioInput: 100, ImageInput: 100, Output: 10, Reasoning: 100, AudioOutput: 8, CacheRead: -5}
	if got, b := Cost(p, u); got.Nano != 20_000 {
		t.Errorf("got %d for 20 tokens: %+v", got.Nano, b.Lines())
	}
}

func TestUsageBecomesUnits(t *testing.T) {
	t.Parallel()
	if got := UnitsOf(nil); got.Input != 0 || got.ServedTier != "" {
		t.Errorf("got %+v", got)
	}
	u := UnitsOf(&llm.Usage{Input: 1, CacheRead: 2, CacheWrite: 3, CacheWrite1h: 4, Output: 5, Reasoning: 6, AudioInput: 7, AudioOutput: 8, ServiceTier: "flex"})
	want := Units{Input: 1, CacheRead: 2, CacheWrite: 3, CacheWrite1h: 4, Output: 5, Reasoning: 6, AudioInput: 7, AudioOutput: 8, ServedTier: "flex"}
	if fmt.Sprint(u) != fmt.Sprint(want) {
		t.Errorf("got %+v", u)
	}
}

// allPrices are the prices of the built-in table.
func allPrices() (prices []Price) {
	for _, id := range Default().Providers() {
		for m := range Default().Models(id) {
			if m.Price.Known() {
				prices = append(prices, m.Price)
			}
		}
	}
	return prices
}

func randomUnits(r *rand.Rand, p Price) Units {
	n := func() int64 { return r.Int64N(400_000) }
	tier := p.Tiers()[r.IntN(len(p.Tiers()))]
	u := Units{
		Input: n(), AudioInput: n(), ImageInput: n(), CacheRead: n(), CachedAudio: n(), CachedImage: n(), CacheWrite: n(), CacheWrite1h: n(),
		Output: n(), Reasoning: n(), AudioOutput: n(), ImageOutput: n(), VideoOutput: n(), ServedTier: tier.Mode,
	}
	if len(tier.Regions) > 0 {
		u.Region = tier.Regions[r.IntN(len(tier.Regions))]
	}
	for range r.IntN(30) {
		u.Items = append(u.Items, Item{Unit: Unit(r.IntN(int(numUnits))), Count: r.Int64N(50)})
	}
	return u
}

func TestLinesAddUpToTheAmount(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range allPrices() {
		got, b := Cost(p, randomUnits(r, p))
		var sum Nano
		for _, l := range b.Lines() {
			sum = sum.Add(l.Cost)
			if l.Cost < 0 || l.Unit != Several && l.Cost != charge(l.Price, l.Count, l.As.Per()) {
				t.Errorf("%s %s: line %+v", p.Provider, p.Model, l)
			}
		}
		if sum != got.Nano {
			t.Errorf("%s %s: the lines are %d, the amount %d", p.Provider, p.Model, sum, got.Nano)
		}
	}
}

// More of anything costs at least as much, as long as the tier is the same.
func TestCostIsMonotone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, p := range allPrices() {
		u := randomUnits(r, p)
		u.Input, u.Items = 2_000_000+u.Input, nil // long in any case
		before, was := Cost(p, u)
		for _, n := range []*int64{&u.Input, &u.CacheRead, &u.CacheWrite, &u.CacheWrite1h, &u.Output} {
			*n += r.Int64N(100_000)
			after, is := Cost(p, u)
			if after.Nano < before.Nano || is.Above != was.Above {
				t.Errorf("%s %s: %d became %d with %+v", p.Provider, p.Model, before.Nano, after.Nano, u)
			}
			before = after
		}
	}
}

func TestHugeNumbersAreDearAndNotFree(t *testing.T) {
	t.Parallel()
	const huge = math.MaxInt64
	u := Units{Input: huge, CacheRead: huge, CacheWrite: huge, CacheWrite1h: huge, Output: huge, Reasoning: huge,
		Items: []Item{{Unit: Page, Count: huge}, {Unit: Image, Count: huge}}}
	tab := table(t, `{"providers": {"p": {"m": {"input": 1000000, "output": 1000000, "per_unit": {"page": 1000000}}}}}`)
	for _, p := range append(allPrices(), lookup(t, tab, "p", "m")) {
		if got, b := Cost(p, u); got.Nano < 0 {
			t.Errorf("%s %s: %d: %+v", p.Provider, p.Model, got.Nano, b.Lines())
		}
	}
	if got, _ := Cost(lookup(t, tab, "p", "m"), u); got.Nano != math.MaxInt64 {
		t.Errorf("got %d", got.Nano)
	}
}

func TestCostDoesNotAllocate(t *testing.T) {
	p := lookup(t, Default(), "openai", "gpt-5.4")
	items := []Item{{Unit: WebSearch, Count: 2}, {Unit: FileSearch, Count: 1}}
	u := Units{Input: 1000, CacheRead: 500, Output: 200, ServedTier: "priority", Items: items}
	var sum Nano
	if n := testing.AllocsPerRun(100, func() {
		a, b := Cost(p, u)
		sum = a.Nano
		for _, l := range b.Lines() {
			sum -= l.Cost
		}
	}); n != 0 || sum != 0 {
		t.Errorf("%v allocations, %d left over", n, sum)
	}
}
