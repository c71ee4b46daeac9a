package route

import (
	"slices"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/price"
)

// pricelist is in dollars for a million tokens.
const pricelist = `{"version":"test","providers":{"openai":{
	"dear":{"input":10,"output":10},
	"fair":{"input":4,"output":4},
	"fair-too":{"input":4,"output":4},
	"reads-cheaply":{"input":1,"output":20},
	"writes-cheaply":{"input":20,"output":1},
	"secret":{"unpriced":true}}}}`

func priced(t testing.TB) *price.Table {
	t.Helper()
	o, err := price.ParseOverrides([]byte(pricelist))
	if err != nil {
		t.Fatal(err)
	}
	table, err := price.Default().With(o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// asks is a target that is asked for a model, whatever the client names.
func asks(name, model string) string {
	return strings.TrimSuffix(strings.TrimPrefix(targets(`,"override_params":{"model":"`+model+`"}`, name), `"targets":[`), "]")
}

func byCost(list ...string) string {
	return `{"strategy":{"mode":"cost"},"targets":[` + strings.Join(list, ",") + `]}`
}

func TestTheCheapestTargetThatIsAbleAnswers(t *testing.T) {
	t.Parallel()
	long := `,"x":"` + strings.Repeat("word ", 4000) + `","max_tokens":50`
	nested := `{"strategy":{"mode":"fallback"},"targets":[` + asks("b", "dear") + "," + asks("c", "fair") + `]}`
	tests := []struct {
		name, config, request string
		provider              played
		want                  string
		notes                 []string
	}{
		{"the cheapest", byCost(asks("a", "dear"), asks("b", "fair"), asks("c", "dear")), "", played{}, "b",
			[]string{"config.targets[1] is the cheapest: about $0.00206 for 15 tokens in and 500 out"}},
		{"equal ones in order", byCost(asks("a", "dear"), asks("b", "fair"), asks("c", "fair-too")), "", played{}, "b", nil},
		{"long prompt, short answer", byCost(asks("a", "writes-cheaply"), asks("b", "reads-cheaply")), long, played{}, "b", nil},
		{"short prompt, long answer", byCost(asks("a", "reads-cheaply"), asks("b", "writes-cheaply")), `,"max_tokens":5000`, played{}, "b",
			[]string{"config.targets[1] is the cheapest: about $0.00538 for 19 tokens in and 5000 out"}},
		{"unknown prices come last", byCost(asks("a", "secret"), asks("b", "dear")), "", played{}, "b", nil},
		{"unknown prices in order", byCost(asks("a", "secret"), asks("b", "secret")), "", played{}, "a",
			[]string{"no target has a price that is known"}},
		{"the next by price when one fails", byCost(asks("a", "secret"), asks("b", "dear"), asks("c", "fair")), "", played{"c": {status: 500}}, "b", nil},
		{"those without one when all others fail", byCost(asks("a", "secret"), asks("b", "dear"), asks("c", "fair")), "", played{"b": {status: 500}, "c": {status: 500}}, "a", nil},
		{"a strategy costs what its cheapest target does", byCost(asks("a", "dear"), nested), "", played{"b": {status: 500}}, "c", nil},
		{"only some statuses move on", strings.Replace(byCost(asks("a", "fair"), asks("b", "dear")), `"cost"`, `"cost","on_status_codes":[429]`, 1), "", played{"a": {status: 500}}, "openai: a failed", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"a", "b", "c"} {
				if tt.provider[name] == nil {
					tt.provider[name] = &part{}
				}
			}
			config, err := Parse([]byte(tt.config))
			if err != nil {
				t.Fatal(err)
			}
			env := tt.provider.env()
			env.Prices = priced(t)
			h, err := Compile(config, "", env)
			if err != nil {
				t.Fatal(err)
			}
			c := chatCall(tt.request)
			if got := said(h.Handle(t.Context(), c)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			var notes []string
			for _, n := range c.Trace.Notes() {
				notes = append(notes, n.Text)
			}
			if tt.notes != nil && !slices.Equal(notes, tt.notes) {
				t.Errorf("notes %q, want %q", notes, tt.notes)
			}
		})
	}
}

// A request pays for no search in the table, however many models are asked by
// turns.
func TestAnEstimateAllocatesNothing(t *testing.T) {
	c, err := Parse([]byte(byCost(asks("a", "dear"), asks("b", "fair"))))
	if err != nil {
		t.Fatal(err)
	}
	env := played{}.env()
	env.Prices = priced(t)
	h, err := Compile(c, "", env)
	if err != nil {
		t.Fatal(err)
	}
	g, call := h.(*strategy).group, chatCall("")
	if n := testing.AllocsPerRun(100, func() { g.price(call) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEachOperationIsPricedByWhatItUses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		op       llm.Operation
		provider string
		model    string
	}{
		{llm.Generate, "openai", "gpt-4o"},
		{llm.Embed, "openai", "text-embedding-3-small"},
		{llm.GenerateImage, "openai", "dall-e-2"},
		{llm.Transcribe, "openai", "whisper-1"},
		{llm.Speak, "openai", "tts-1"},
		{llm.Rerank, "cohere", "rerank-v3.5"},
	}
	for _, tt := range tests {
		c, err := Parse([]byte(`{"provider":"` + tt.provider + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		h, err := Compile(c, "", Env{})
		if err != nil {
			t.Fatal(err)
		}
		call := chatCall("")
		call.Operation, call.Model = tt.op, tt.model
		if n, ok := h.(child).price(call); !ok || n <= 0 || n > price.Dollar {
			t.Errorf("%s by %s: %s, %t", tt.op, tt.model, n, ok)
		}
	}
}
