package price

import "testing"

func BenchmarkFirstUse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		x, err := indexText(builtInText)
		if err != nil {
			b.Fatal(err)
		}
		if _, ok := x.table().Lookup("openai", "gpt-4o"); !ok {
			b.Fatal("no price")
		}
	}
}

func BenchmarkCost(b *testing.B) {
	p, ok := Default().Lookup("openai", "gpt-5.4")
	if !ok {
		b.Fatal("no price")
	}
	u := Units{
		Input: 271_000, CacheRead: 2000, Output: 1500, Reasoning: 900, ServedTier: "default", Region: "eu",
		Items: []Item{{Unit: WebSearch, Count: 2}},
	}
	b.ReportAllocs()
	for b.Loop() {
		if a, _ := Cost(p, u); !a.Known() {
			b.Fatal(a.Gap)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, name := range []string{"gpt-4o", "ft:gpt-4o-2024-08-06:acme::abc", "no-such-model"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Default().Lookup("openai", name)
			}
		})
	}
}
