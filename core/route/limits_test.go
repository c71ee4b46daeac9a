package route

import (
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
	"sluice/core/price"
)

const (
	seesAnImage  = `"messages":[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]`
	hearsASound  = `"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]`
	readsAFile   = `"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}}]}]`
	offersATool  = `"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f"}}]`
	calledATool  = `"messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}]`
	speaksOnly   = `"messages":[{"role":"user","content":"hi"}]`
	cannotBeRead = `"messages":7`
)

func conversation(model, members string) *core.Call {
	c := callFor(model, http.Header{})
	c.Decoder = openaichat.Codec{}
	c.Body = []byte(`{"model":"` + model + `",` + members + `}`)
	return c
}

// known is a table in which each model is what its name says.
func known(t *testing.T) *price.Table {
	t.Helper()
	o, err := price.ParseOverrides([]byte(`{"version":"t","providers":{"openai":{
		"blind":{"type":"chat","features":["tools"],"input":1},
		"sees":{"type":"chat","features":["image"],"input":1},
		"silent":{"type":"chat","input":1},
		"speaks":{"type":"audio","features":["tools"],"input":1},
		"short":{"type":"chat","context_length":1000,"input":1}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	table, err := price.Default().With(o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTargetsThatCannotTakeACallAreKnown(t *testing.T) {
	t.Parallel()
	long := `"messages":[{"role":"user","content":"` + strings.Repeat("word ", 2000) + `"}]`
	tests := []struct{ name, target, model, members, want string }{
		{"a model that does not see", `{"name":"t"}`, "blind", seesAnImage, "no image input"},
		{"one that does", `{"name":"t"}`, "sees", seesAnImage, ""},
		{"one about which nothing is said", `{"name":"t"}`, "silent", seesAnImage, ""},
		{"one that nobody knows", `{"name":"t"}`, "secret", seesAnImage, ""},
		{"one that is no chat model", `{"name":"t"}`, "speaks", seesAnImage, ""},
		{"without an image", `{"name":"t"}`, "blind", speaksOnly, ""},
		{"the model of the target counts", `{"override_params":{"model":"blind"}}`, "sees", seesAnImage, "no image input"},
		{"the config knows better", `{"capabilities":{"vision":true}}`, "blind", seesAnImage, ""},
		{"the config says so", `{"capabilities":{"vision":false}}`, "sees", seesAnImage, "no image input"},
		{"sounds", `{"capabilities":{"audio":false}}`, "silent", hearsASound, "no audio input"},
		{"documents", `{"capabilities":{"documents":false}}`, "silent", readsAFile, "no document input"},
		{"tools", `{"capabilities":{"tools":false}}`, "silent", offersATool, "no tools"},
		{"tools of before", `{"capabilities":{"tools":false}}`, "silent", calledATool, "no tools"},
		{"features that the data leaves out", `{"name":"t"}`, "sees", offersATool, ""},
		{"sounds that the data leaves out", `{"name":"t"}`, "blind", hearsASound, ""},
		{"a long conversation", `{"name":"t"}`, "short", long, "its context is too small"},
		{"a short one", `{"name":"t"}`, "short", speaksOnly, ""},
		{"for which the config has room", `{"capabilities":{"context_length":4000}}`, "short", long, ""},
		{"for which it has none", `{"capabilities":{"contextLength":100}}`, "silent", long, "its context is too small"},
		{"a request that nobody can read", `{"capabilities":{"vision":false}}`, "silent", cannotBeRead, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := leaves(t, `{"strategy":{"mode":"fallback"},"targets":[`+strings.Replace(tt.target, "{", `{"provider":"openai",`, 1)+`]}`)[0]
			l.env.Prices = known(t)
			if got := l.unable(conversation(tt.model, tt.members)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTargetsWithoutTheOperationAreKnown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		provider string
		op       llm.Operation
		want     bool
	}{
		{"anthropic", llm.Embed, false},
		{"openai", llm.Embed, true},
		{"anthropic", llm.Generate, true},
		{"anthropic", llm.CountTokens, true},
		{"anthropic", llm.Batches, false},
		{"openai", llm.Batches, true},
		{"groq", llm.Moderate, true}, // nobody knows
		{"bedrock", llm.Proxy, false},
		{"azure-openai", llm.Embed, true}, // depends on its options
		{"groq", llm.Compact, true},
	}
	for _, tt := range tests {
		l := leaves(t, `{"strategy":{"mode":"fallback"},"targets":[{"provider":"`+tt.provider+`"}]}`)[0]
		c := callFor("m", nil)
		c.Operation = tt.op
		if why := l.unable(c); (why == "") != tt.want {
			t.Errorf("%s of %s: %q", tt.op, tt.provider, why)
		}
	}
}

func TestWhoCannotTakeACallIsPassedOverWithAReason(t *testing.T) {
	t.Parallel()
	const config = `{"strategy":{"mode":"fallback"},"targets":[
		{"provider":"openai","override_params":{"model":"blind"}},
		{"strategy":{"mode":"loadbalance"},"targets":[{"provider":"openai","capabilities":{"vision":false}},{"provider":"openai","capabilities":{"vision":false}}]},
		{"provider":"openai","override_params":{"model":"SEES"}}]}`
	for model, want := range map[string]string{"sees": "config.targets[2]", "blind": "config.targets[0]"} {
		c, err := Parse([]byte(strings.Replace(config, "SEES", model, 1)))
		if err != nil {
			t.Fatal(err)
		}
		h, err := Compile(c, "", Env{CheckHost: func(string) error { return nil }, Prices: known(t), Random: func() float64 { return 0 }})
		if err != nil {
			t.Fatal(err)
		}
		call := conversation("m", seesAnImage)
		w := walk{strategy: h.(*strategy), call: call}
		if got := w.next(); got == nil || got.path() != want {
			t.Errorf("%s: %v was tried first, want %s", model, got, want)
		}
		notes := call.Trace.Notes()
		if len(notes) < 2 || notes[0].Option != "config.targets[0]" || notes[0].Text != "passed over: no image input" || notes[1].Option != "config.targets[1]" {
			t.Errorf("%s: notes %+v", model, notes)
		}
	}
}

// A walk over targets that nothing is known to speak against decodes nothing
// and claims no memory for them.
func TestLookingForLimitsCostsNothing(t *testing.T) {
	l := leaves(t, `{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai"}]}`)[0]
	c := callFor("gpt-4o", http.Header{}) // without a decoder: it would panic
	l.unable(c)
	if n := testing.AllocsPerRun(100, func() { l.unable(c) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFallbackLooksForLimits(b *testing.B) {
	c, err := Parse([]byte(`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai"},{"provider":"anthropic","override_params":{"model":"claude-sonnet-4-5"}}]}`))
	if err != nil {
		b.Fatal(err)
	}
	h, err := Compile(c, "", Env{CheckHost: func(string) error { return nil }})
	if err != nil {
		b.Fatal(err)
	}
	call := callFor("gpt-4o", http.Header{})
	b.ReportAllocs()
	for b.Loop() {
		w := walk{strategy: h.(*strategy), call: call}
		first, second := w.next(), w.next()
		if first == nil || second == nil {
			b.Fatal("nobody")
		}
	}
}
