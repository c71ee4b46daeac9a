package anthropic

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decode reads a request of this dialect.
func decode(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body)})
	if err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return r
}

// foreignRequest reads a request and forgets where it came from.
func foreignRequest(t testing.TB, body string) *llm.Request {
	t.Helper()
	r := decode(t, body)
	dialecttest.ClearNative(r)
	return r
}

func prepareFor(t testing.TB, r *llm.Request, model string) dialect.Exchange {
	t.Helper()
	x, err := Codec{}.Prepare(r, dialect.Target{Provider: "anthropic", Model: model})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ask is a request of another dialect with one question, changed by f.
func ask(f func(*llm.Request)) *llm.Request {
	r := &llm.Request{Turns: []llm.Turn{user(&llm.Text{Text: "Hi"})}}
	f(r)
	return r
}

func user(parts ...llm.Part) llm.Turn      { return llm.Turn{Role: llm.User, Parts: parts} }
func assistant(parts ...llm.Part) llm.Turn { return llm.Turn{Role: llm.Assistant, Parts: parts} }
func toolTurn(parts ...llm.Part) llm.Turn  { return llm.Turn{Role: llm.ToolRole, Parts: parts} }
func text(s string) *llm.Text              { return &llm.Text{Text: s} }
func ref[T any](v T) *T                    { return &v }

func call(id, name, arguments string) *llm.ToolCall {
	return &llm.ToolCall{ID: id, Name: name, Arguments: arguments}
}

func result(id, s string) *llm.ToolResult {
	return &llm.ToolResult{CallID: id, Parts: []llm.Part{text(s)}}
}

func function(name string) llm.Tool {
	return llm.Tool{Kind: llm.FunctionTool, Name: name, Parameters: json.Value(`{"type":"object"}`)}
}

// checks are members of a body, by their dotted path; "" means absent.
type checks map[string]string

func (c checks) run(t *testing.T, x dialect.Exchange, dropped ...string) {
	t.Helper()
	for p, want := range c {
		if got := string(json.Lookup(x.Body(), strings.Split(p, ".")...)); got != want {
			t.Errorf("%s: got %s, want %s", p, got, want)
		}
	}
	if !slices.Equal(x.Dropped(), dropped) {
		t.Errorf("dropped: got %q, want %q", x.Dropped(), dropped)
	}
	if t.Failed() {
		t.Logf("body: %s", x.Body())
	}
}

func TestTurnsBecomeMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		turns   []llm.Turn
		system  string
		want    string
		dropped []string
	}{
		{"instructions in front are the system member",
			[]llm.Turn{{Role: llm.System, Parts: []llm.Part{text("a")}}, {Role: llm.Developer, Parts: []llm.Part{text("b"), text(" ")}}, user(text("Hi"))},
			`[{"type":"text","text":"a"},{"type":"text","text":"b"}]`,
			`[{"role":"user","content":[{"type":"text","text":"Hi"}]}]`, nil},
		{"a later instruction is a note in its place",
			[]llm.Turn{user(text("Hi")), {Role: llm.System, Parts: []llm.Part{text("Be brief")}}, assistant(text("Yes"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"text","text":"<operator-note>\nBe brief\n</operator-note>"}]},{"role":"assistant","content":[{"type":"text","text":"Yes"}]}]`, nil},
		{"a note between call and result goes behind the result",
			[]llm.Turn{user(text("Hi")), assistant(call("c1", "f", `{}`)), {Role: llm.System, Parts: []llm.Part{text("n")}}, toolTurn(result("c1", "r"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"r"}]},{"type":"text","text":"<operator-note>\nn\n</operator-note>"}]}]`, nil},
		{"results of parallel calls are one message, in front of other words",
			[]llm.Turn{user(text("Hi")), assistant(text("ok"), call("c1", "f", `{"a":1}`), call("c2", "g", ``)), toolTurn(result("c1", "r1")), user(text("and?")), toolTurn(result("c2", "r2"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":[{"type":"text","text":"ok"},{"type":"tool_use","id":"c1","name":"f","input":{"a":1}},{"type":"tool_use","id":"c2","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"r1"}]},{"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"r2"}]},{"type":"text","text":"and?"}]}]`, nil},
		{"blank texts and empty messages go, and their neighbours meet",
			[]llm.Turn{user(text("a")), assistant(text(""), text("  \n")), user(text("b")), user(&llm.ToolResult{CallID: "c", Parts: []llm.Part{text("")}})},
			``,
			`[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, nil},
		{"an assistant may come first",
			[]llm.Turn{assistant(text("a")), user(text("b"))},
			``,
			`[{"role":"assistant","content":[{"type":"text","text":"a"}]},{"role":"user","content":[{"type":"text","text":"b"}]}]`, nil},
		{"results are mapped part by part, with images and the failure",
			[]llm.Turn{assistant(call("c", "f", "{}")), toolTurn(&llm.ToolResult{CallID: "c", IsError: true, Parts: []llm.Part{text("a"), text("b"), &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "iVBORw0KGgo="}}})},
			``,
			`[{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}],"is_error":true}]}]`, nil},
		{"a refusal goes back as the words that it was",
			[]llm.Turn{user(text("a")), assistant(&llm.Refusal{Text: "No."})},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"No."}]}]`, nil},
		{"thoughts that Claude cannot verify are dropped and named",
			[]llm.Turn{user(text("a")), assistant(&llm.Reasoning{Text: "hm", Origin: llm.Anthropic}, &llm.Reasoning{Text: "hm", Signature: "s", Origin: llm.OpenAIChat}, text("b"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]}]`, []string{"messages.reasoning"}},
		{"signed thoughts are kept byte for byte, Bedrock's too",
			[]llm.Turn{user(text("a")), assistant(&llm.Reasoning{Text: "h <m>\u2028", Signature: "s+/=", Origin: llm.Anthropic}, &llm.Reasoning{Signature: "t", Origin: llm.Converse}, &llm.Reasoning{Redacted: "Em==", Origin: llm.Anthropic}, text("b"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"h <m>` + "\u2028" + `","signature":"s+/="},{"type":"thinking","thinking":"","signature":"t"},{"type":"redacted_thinking","data":"Em=="},{"type":"text","text":"b"}]}]`, nil},
		{"foreign parts, names and images of an assistant are dropped and named",
			[]llm.Turn{{Role: llm.User, Name: "bob", Parts: []llm.Part{text("a"), &llm.Foreign{Kind: "item_reference", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"id":"x"}`))}}}, assistant(text("b"), &llm.Media{Kind: llm.Image, URL: "https://x"})},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]}]`,
			[]string{"messages.name", "messages.item_reference", "messages.image"}},
		{"arguments that are no object are wrapped and reported",
			[]llm.Turn{user(text("a")), assistant(call("c1", "f", `{"a":`), call("c2", "f", `[1]`), call("c3", "f", ` null `))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"_raw":"{\"a\":"}},{"type":"tool_use","id":"c2","name":"f","input":{"_raw":"[1]"}},{"type":"tool_use","id":"c3","name":"f","input":{}}]}]`,
			[]string{"messages.tool_calls.arguments"}},
		{"large numbers and angle brackets in arguments stay as they are",
			[]llm.Turn{user(text("<b> & co")), assistant(call("c1", "f", `{"id":9223372036854775807,"x":1.50,"h":"<instructions> & \" \\ é"}`))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"<b> & co"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"id":9223372036854775807,"x":1.50,"h":"<instructions> & \" \\ é"}}]}]`, nil},
		{"ids that the API refuses are replaced the same way on both sides",
			[]llm.Turn{user(text("a")), assistant(call("functions.f:0", "f", `{}`)), toolTurn(result("functions.f:0", "r"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"functions_f_0_d6bdd4de","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_f_0_d6bdd4de","content":[{"type":"text","text":"r"}]}]}]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepareFor(t, &llm.Request{Turns: tt.turns}, "claude-opus-4-8")
			checks{"system": tt.system, "messages": tt.want}.run(t, x, tt.dropped...)
		})
	}
}

func TestSystemMessagesInTheMiddle(t *testing.T) {
	t.Parallel()
	const body = `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"system","content":"n"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}]}`
	tests := []struct{ name, model, last string }{
		{"are native where the model has the role, behind the result", "claude-opus-4-8", `{"role":"system","content":[{"type":"text","text":"n"}]}`},
		{"are notes where it has not", "claude-sonnet-4-5", `{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}]},{"type":"text","text":"<operator-note>\nn\n</operator-note>"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepareFor(t, decode(t, body), tt.model)
			es, err := json.Elements(json.Lookup(x.Body(), "messages"))
			if err != nil || string(es[len(es)-1]) != tt.last {
				t.Errorf("got %s, %v, want %s at the end", x.Body(), err, tt.last)
			}
		})
	}
}

func TestWhatTheAPIRefusesIsMended(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		model   string
		change  func(*llm.Request)
		want    checks
		dropped []string
	}{
		{"max_tokens is added by model", "claude-opus-4-8", func(r *llm.Request) {}, checks{"max_tokens": "128000"}, nil},
		{"max_tokens is added for an alias", "prod", func(r *llm.Request) {}, checks{"max_tokens": "8192"}, nil},
		{"max_tokens above the model's is cut", "claude-haiku-4-5", func(r *llm.Request) { r.MaxTokens = ref(int64(100000)) }, checks{"max_tokens": "64000"}, []string{"max_tokens"}},
		{"a temperature above 1 is cut", "claude-sonnet-4-5", func(r *llm.Request) { r.Temperature = "1.7" }, checks{"temperature": "1"}, []string{"temperature"}},
		{"numbers keep their spelling", "claude-sonnet-4-20250514", func(r *llm.Request) { r.Temperature, r.TopP = "0.70", "9e-1" }, checks{"temperature": "0.70", "top_p": "9e-1"}, nil},
		{"a zero stays", "claude-sonnet-4-5", func(r *llm.Request) { r.Temperature, r.TopK = "0", ref(int64(0)) }, checks{"temperature": "0", "top_k": "0"}, nil},
		{"one of temperature and top_p for models that take one", "claude-sonnet-4-5", func(r *llm.Request) { r.Temperature, r.TopP = "0.5", "0.9" }, checks{"temperature": "0.5", "top_p": ""}, []string{"top_p"}},
		{"no sampling for models that take none", "claude-opus-5", func(r *llm.Request) { r.Temperature, r.TopP, r.TopK = "0.5", "0.9", ref(int64(5)) }, checks{"temperature": "", "top_p": "", "top_k": ""}, []string{"temperature", "top_p", "top_k"}},
		{"a temperature of 1 is always right", "claude-opus-5", func(r *llm.Request) { r.Temperature = "1.0" }, checks{"temperature": "1.0"}, nil},
		{"blank stop sequences go", "claude-opus-4-8", func(r *llm.Request) { r.Stop = []string{"\n", "END", ""} }, checks{"stop_sequences": `["END"]`}, []string{"stop"}},
		{"only blank stop sequences", "claude-opus-4-8", func(r *llm.Request) { r.Stop = []string{" "} }, checks{"stop_sequences": ""}, []string{"stop"}},
		{"what has no word is named", "claude-opus-4-8", func(r *llm.Request) {
			r.Seed, r.FrequencyPenalty, r.PresencePenalty = ref(int64(1)), "0.5", "0"
			r.Native = llm.NativeOf(llm.OpenAIChat, json.Value(`{"logprobs":true,"logit_bias":{}}`))
		}, checks{"seed": "", "logprobs": ""}, []string{"logprobs", "logit_bias", "frequency_penalty", "presence_penalty", "seed"}},
		{"any JSON has no word", "claude-opus-4-8", func(r *llm.Request) { r.Output.Kind = llm.OutputJSON }, checks{"output_config": ""}, []string{"response_format"}},
		{"a schema is output_config.format", "claude-opus-4-8", func(r *llm.Request) {
			r.Output = llm.Output{Kind: llm.OutputSchema, Name: "x", Schema: json.Value(`{"type":"object","b":1,"a":2}`)}
		}, checks{"output_config": `{"format":{"type":"json_schema","schema":{"type":"object","b":1,"a":2}}}`}, nil},
		{"the end user", "claude-opus-4-8", func(r *llm.Request) { r.User = "u1" }, checks{"metadata": `{"user_id":"u1"}`}, nil},
		{"service tiers by meaning", "claude-opus-4-8", func(r *llm.Request) { r.ServiceTier = "default" }, checks{"service_tier": `"standard_only"`}, nil},
		{"a service tier without one", "claude-opus-4-8", func(r *llm.Request) { r.ServiceTier = "flex" }, checks{"service_tier": ""}, []string{"service_tier"}},
		{"a stream", "claude-opus-4-8", func(r *llm.Request) { r.Stream = true }, checks{"stream": "true"}, nil},
		{"one answer may be asked for", "claude-opus-4-8", func(r *llm.Request) { r.N = ref(int64(1)) }, checks{"n": ""}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.run(t, prepareFor(t, ask(tt.change), tt.model), tt.dropped...)
		})
	}
}

func TestThinkingFitsTheModel(t *testing.T) {
	t.Parallel()
	effort := func(s string) func(*llm.Request) { return func(r *llm.Request) { r.Reasoning.Effort = s } }
	budget := func(n int64) func(*llm.Request) {
		return func(r *llm.Request) { r.Reasoning.Mode, r.Reasoning.Budget = llm.ThinkingOn, &n }
	}
	tests := []struct {
		name     string
		model    string
		change   func(*llm.Request)
		thinking string
		config   string
		max      string
		dropped  []string
	}{
		{"an effort where there is one", "claude-opus-4-6", effort("medium"), `{"type":"adaptive"}`, `{"effort":"medium"}`, "128000", nil},
		{"an effort where thinking is usual", "claude-opus-5", effort("minimal"), ``, `{"effort":"low"}`, "128000", nil},
		{"an effort that came later", "claude-opus-4-6", effort("xhigh"), `{"type":"adaptive"}`, `{"effort":"high"}`, "128000", []string{"reasoning_effort"}},
		{"an effort is a budget for older models", "claude-sonnet-4-5", effort("high"), `{"type":"enabled","budget_tokens":16384}`, ``, "64000", nil},
		{"an effort is both for Opus 4.5", "claude-opus-4-5-20251101", effort("low"), `{"type":"enabled","budget_tokens":2048}`, `{"effort":"low"}`, "64000", nil},
		{"an effort for a model that cannot think", "claude-3-5-haiku-20241022", effort("high"), ``, ``, "8192", []string{"reasoning_effort"}},
		{"no effort", "claude-sonnet-4-5", effort("none"), `{"type":"disabled"}`, ``, "64000", nil},
		{"no effort for a model that thinks between tools", "claude-sonnet-5-5", effort("none"), `{"type":"between_tools"}`, ``, "128000", nil},
		{"no effort for a model that always thinks", "claude-opus-5-5", effort("none"), ``, `{"effort":"low"}`, "128000", []string{"reasoning_effort"}},
		{"a budget", "claude-sonnet-4-5", budget(5000), `{"type":"enabled","budget_tokens":5000}`, ``, "64000", nil},
		{"a budget of nothing is off", "claude-sonnet-4-5", budget(0), `{"type":"disabled"}`, ``, "64000", nil},
		{"a budget as you like", "claude-opus-4-6", budget(-1), `{"type":"adaptive"}`, ``, "128000", nil},
		{"a budget below the least", "claude-sonnet-4-5", budget(10), `{"type":"enabled","budget_tokens":1024}`, ``, "64000", []string{"thinking.budget_tokens"}},
		{"a budget for a model that takes none", "claude-opus-4-8", budget(20000), `{"type":"adaptive"}`, `{"effort":"high"}`, "128000", []string{"thinking.budget_tokens"}},
		{"an absurd budget", "claude-sonnet-4-5", budget(1 << 62), `{"type":"enabled","budget_tokens":62976}`, ``, "64000", []string{"thinking.budget_tokens"}},
		{"a budget that max_tokens cannot hold", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.MaxTokens = ref(int64(4000))
		}, `{"type":"enabled","budget_tokens":5000}`, ``, "9000", []string{"max_tokens"}},
		{"a budget of ours gives way to max_tokens", "claude-sonnet-4-5", func(r *llm.Request) {
			effort("high")(r)
			r.MaxTokens = ref(int64(4096))
		}, `{"type":"enabled","budget_tokens":3072}`, ``, "4096", nil},
		{"a small max_tokens makes room for the least budget", "claude-sonnet-4-5", func(r *llm.Request) {
			effort("high")(r)
			r.MaxTokens = ref(int64(100))
		}, `{"type":"enabled","budget_tokens":1024}`, ``, "1124", []string{"max_tokens"}},
		{"a summary is a display", "claude-opus-5", func(r *llm.Request) {
			effort("high")(r)
			r.Reasoning.Summary = "auto"
		}, `{"type":"adaptive","display":"summarized"}`, `{"effort":"high"}`, "128000", nil},
		{"sampling goes where thinking is on", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.Temperature, r.TopP, r.TopK = "0.2", "0.5", ref(int64(3))
		}, `{"type":"enabled","budget_tokens":5000}`, ``, "64000", []string{"temperature", "top_p", "top_k"}},
		{"a forced tool comes before thinking", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.Tools, r.ToolChoice.Mode = []llm.Tool{function("f")}, llm.ToolRequired
		}, ``, ``, "64000", []string{"thinking"}},
		{"a forced tool needs usual thinking off", "claude-opus-5", func(r *llm.Request) {
			effort("max")(r)
			r.Tools, r.ToolChoice.Mode = []llm.Tool{function("f")}, llm.ToolRequired
		}, `{"type":"disabled"}`, `{"effort":"high"}`, "128000", []string{"reasoning_effort"}},
		{"thinking goes when its chain is broken", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.Turns = append(r.Turns, assistant(&llm.Reasoning{Text: "unsigned"}, call("c", "f", "{}")), toolTurn(result("c", "r")))
		}, ``, ``, "64000", []string{"messages.reasoning", "thinking"}},
		{"adaptive thinking needs no chain", "claude-opus-4-6", func(r *llm.Request) {
			effort("low")(r)
			r.Turns = append(r.Turns, assistant(call("c", "f", "{}")), toolTurn(result("c", "r")))
		}, `{"type":"adaptive"}`, `{"effort":"low"}`, "128000", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checks{"thinking": tt.thinking, "output_config": tt.config, "max_tokens": tt.max}.run(t, prepareFor(t, ask(tt.change), tt.model), tt.dropped...)
		})
	}
}

func TestThinkingOfThisDialect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, model, body string
		thinking, config  string
		dropped           []string
	}{
		{"effort alone does not ask for thinking", "claude-opus-4-8", `"output_config":{"effort":"max"}`, ``, `{"effort":"max"}`, nil},
		{"adaptive for a model that takes a budget", "claude-haiku-4-5", `"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"low"}`, `{"type":"enabled","budget_tokens":2048,"display":"omitted"}`, ``, []string{"thinking.type"}},
		{"effort for a model that has none", "claude-haiku-4-5", `"output_config":{"effort":"low"}`, ``, ``, []string{"output_config.effort"}},
		{"unknown members", "claude-opus-5", `"thinking":{"type":"adaptive","block_binding":"none"}`, `{"type":"adaptive","block_binding":"none"}`, ``, nil},
		{"an alias is trusted", "my-claude", `"thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"xhigh"}`, `{"type":"enabled","budget_tokens":2000}`, `{"effort":"xhigh"}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decode(t, `{"max_tokens":32000,"messages":[{"role":"user","content":"Hi"}],`+tt.body+`}`)
			checks{"thinking": tt.thinking, "output_config": tt.config}.run(t, prepareFor(t, r, tt.model), tt.dropped...)
		})
	}
}

func TestToolsAndChoice(t *testing.T) {
	t.Parallel()
	choose := func(c llm.ToolChoice, parallel *bool) func(*llm.Request) {
		return func(r *llm.Request) {
			r.Tools, r.ToolChoice, r.ParallelTools = []llm.Tool{function("f"), function("g")}, c, parallel
		}
	}
	tests := []struct {
		name    string
		model   string
		change  func(*llm.Request)
		want    checks
		dropped []string
	}{
		{"nothing said", "", choose(llm.ToolChoice{}, nil), checks{"tool_choice": ""}, nil},
		{"auto", "", choose(llm.ToolChoice{Mode: llm.ToolAuto}, nil), checks{"tool_choice": `{"type":"auto"}`}, nil},
		{"required", "", choose(llm.ToolChoice{Mode: llm.ToolRequired}, ref(true)), checks{"tool_choice": `{"type":"any"}`}, nil},
		{"none", "", choose(llm.ToolChoice{Mode: llm.ToolNone}, ref(false)), checks{"tool_choice": `{"type":"none"}`}, nil},
		{"named", "", choose(llm.ToolChoice{Mode: llm.ToolNamed, Name: "g"}, ref(false)), checks{"tool_choice": `{"type":"tool","name":"g","disable_parallel_tool_use":true}`}, nil},
		{"one at a time", "", choose(llm.ToolChoice{}, ref(false)), checks{"tool_choice": `{"type":"auto","disable_parallel_tool_use":true}`}, nil},
		{"some of the tools", "", choose(llm.ToolChoice{Mode: llm.ToolRequired, Allowed: []string{"g"}}, nil), checks{"tool_choice": `{"type":"any"}`, "tools": `[{"name":"g","input_schema":{"type":"object"}}]`}, nil},
		{"forced where the model refuses it", "claude-opus-5-5", choose(llm.ToolChoice{Mode: llm.ToolNamed, Name: "g"}, nil), checks{"tool_choice": `{"type":"auto"}`}, []string{"tool_choice"}},
		{"a choice without tools", "", func(r *llm.Request) { r.ToolChoice.Mode = llm.ToolRequired }, checks{"tool_choice": "", "tools": ""}, []string{"tool_choice"}},
		{"one at a time without tools", "", func(r *llm.Request) { r.ParallelTools = ref(false) }, checks{"tool_choice": ""}, nil},
		{"schemas", "", func(r *llm.Request) {
			r.Tools = []llm.Tool{
				{Kind: llm.FunctionTool, Name: "none"},
				{Kind: llm.FunctionTool, Name: "empty", Parameters: json.Value(`{}`)},
				{Kind: llm.FunctionTool, Name: "array", Parameters: json.Value(`{"type":"array"}`)},
				{Kind: llm.FunctionTool, Name: "nullable", Parameters: json.Value(`{"type":["object","null"],"properties":{"z":{},"a":{}}}`)},
				{Kind: llm.FunctionTool, Name: "strict", Description: "d", Strict: ref(true), Parameters: json.Value(`{"type":"object","additionalProperties":false,"$defs":{"z":1.0}}`)},
			}
		}, checks{"tools": `[{"name":"none","input_schema":{"type":"object","properties":{}}},` +
			`{"name":"empty","input_schema":{"type":"object"}},` +
			`{"name":"array","input_schema":{"type":"object","properties":{}}},` +
			`{"name":"nullable","input_schema":{"type":"object","properties":{"z":{},"a":{}}}},` +
			`{"name":"strict","description":"d","input_schema":{"type":"object","additionalProperties":false,"$defs":{"z":1.0}},"strict":true}]`},
			[]string{"tools.parameters", "tools.parameters.type"}},
		{"a tool of Anthropic's as chat clients write it", "", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: "computer", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"type":"computer","computer":{"name":"computer_20250124","display_width_px":1024}}`))}}
		}, checks{"tools": `[{"type":"computer_20250124","name":"computer","display_width_px":1024}]`}, nil},
		{"members of tools that only another dialect has", "", func(r *llm.Request) {
			f := function("f")
			f.Native = llm.NativeOf(llm.OpenAIChat, json.Value(`{"x":1}`))
			r.Tools = []llm.Tool{f}
		}, checks{"tools": `[{"name":"f","input_schema":{"type":"object"}}]`}, []string{"tools.x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.model == "" {
				tt.model = "claude-opus-4-8"
			}
			tt.want.run(t, prepareFor(t, ask(tt.change), tt.model), tt.dropped...)
		})
	}
}

func TestToolBetaHeader(t *testing.T) {
	t.Parallel()
	x := prepareFor(t, ask(func(r *llm.Request) {
		r.Tools = []llm.Tool{{Kind: "computer", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"type":"computer","computer":{"name":"computer_20250124"}}`))}}
		r.Turns[0].Parts = append(r.Turns[0].Parts, &llm.Media{Kind: llm.Image, FileID: "file_1"})
	}), "claude-sonnet-4-5")
	want := "computer-use-2025-01-24,files-api-2025-04-14"
	if got := x.Header().Get("anthropic-beta"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	native := prepareFor(t, decode(t, `{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}`), "claude-sonnet-4-5")
	if native.Header() != nil {
		t.Errorf("a client of the dialect sends its own betas, got %v", native.Header())
	}
}

func TestRequestsThatCannotBeCarried(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*llm.Request)
		kind   llm.ErrorKind
		says   string
	}{
		{"several answers", func(r *llm.Request) { r.N = ref(int64(2)) }, llm.BadRequest, "n: "},
		{"a server tool of another provider", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: "web_search", Name: "web", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"type":"web_search"}`))}}
		}, llm.Unsupported, `"web"`},
		{"sound", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Audio, Data: "AAAA", MediaType: "audio/wav"}))
		}, llm.Unsupported, "audio"},
		{"film in a tool result", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.ToolResult{Parts: []llm.Part{&llm.Media{Kind: llm.Video, URL: "https://x"}}}))
		}, llm.Unsupported, "video"},
		{"a file of another provider", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Document, FileID: "file-abc"}))
		}, llm.BadRequest, "file-abc"},
		{"an address that it cannot fetch", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Image, URL: "gs://bucket/x"}))
		}, llm.Unsupported, "gs://"},
		{"a document that it cannot read", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Document, MediaType: "application/msword", Data: "AAAA"}))
		}, llm.Unsupported, "application/msword"},
		{"nothing but instructions", func(r *llm.Request) { r.Turns = []llm.Turn{{Role: llm.System, Parts: []llm.Part{text("a")}}} }, llm.BadRequest, "messages"},
		{"no such effort", func(r *llm.Request) { r.Reasoning.Effort = "extreme" }, llm.BadRequest, "extreme"},
		{"no such choice", func(r *llm.Request) {
			r.Tools, r.ToolChoice.Mode = []llm.Tool{function("f")}, "sometimes"
		}, llm.BadRequest, "sometimes"},
		{"none of the allowed tools", func(r *llm.Request) {
			r.Tools, r.ToolChoice.Allowed = []llm.Tool{function("f")}, []string{"g"}
		}, llm.BadRequest, "tool_choice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Prepare(ask(tt.change), dialect.Target{Provider: "anthropic", Model: "claude-opus-4-8"})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || !strings.Contains(e.Message, tt.says) {
				t.Errorf("got %v, want an error of kind %q that says %s", err, tt.kind, tt.says)
			}
		})
	}
}

func TestMediaAreWhatTheirBytesAre(t *testing.T) {
	t.Parallel()
	const png, pdf = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB", "JVBERi0xLjQKJSVFT0YK"
	tests := []struct {
		name string
		in   llm.Media
		want string
	}{
		{"as declared", llm.Media{Kind: llm.Image, MediaType: "image/png", Data: png}, `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + png + `"}}`},
		{"declared wrongly", llm.Media{Kind: llm.Image, MediaType: "image/jpeg", Data: png}, `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + png + `"}}`},
		{"a PDF sent as an image", llm.Media{Kind: llm.Image, MediaType: "image/png", Data: pdf}, `{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdf + `"}}`},
		{"a PDF in a data URL", llm.Media{Kind: llm.Image, URL: "data:application/pdf;base64," + pdf}, `{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdf + `"}}`},
		{"upper case, parameters and a common mistake", llm.Media{Kind: llm.Image, MediaType: "IMAGE/JPG; q=1", Data: "AAAA"}, `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AAAA"}}`},
		{"no type at all", llm.Media{Kind: llm.Document, Data: "R0lGODlhAQABAAAAACw="}, `{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lGODlhAQABAAAAACw="}}`},
		{"WebP", llm.Media{Kind: llm.Image, Data: "UklGRiQAAABXRUJQVlA4IBgAAAAw"}, `{"type":"image","source":{"type":"base64","media_type":"image/webp","data":"UklGRiQAAABXRUJQVlA4IBgAAAAw"}}`},
		{"JPEG", llm.Media{Kind: llm.Image, Data: "/9j/4AAQSkZJRg=="}, `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"/9j/4AAQSkZJRg=="}}`},
		{"a URL", llm.Media{Kind: llm.Image, URL: "https://example.com/a.jpg"}, `{"type":"image","source":{"type":"url","url":"https://example.com/a.jpg"}}`},
		{"a document by URL, with a title", llm.Media{Kind: llm.Document, URL: "https://example.com/a.pdf", Name: "a.pdf"}, `{"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"},"title":"a.pdf"}`},
		{"plain text", llm.Media{Kind: llm.Document, Text: "words", MediaType: "text/plain"}, `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}}`},
		{"text in base64", llm.Media{Kind: llm.Document, MediaType: "text/markdown", Data: "IyBIaQ=="}, `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"# Hi"}}`},
		{"text that is not base64", llm.Media{Kind: llm.Document, MediaType: "text/plain", Data: "plain words"}, `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain words"}}`},
		{"an own file", llm.Media{Kind: llm.Image, FileID: "file_01"}, `{"type":"image","source":{"type":"file","file_id":"file_01"}}`},
		{"a cache mark", llm.Media{Kind: llm.Image, URL: "https://x/a", Cache: &llm.CacheMark{TTL: "1h"}}, `{"type":"image","source":{"type":"url","url":"https://x/a"},"cache_control":{"type":"ephemeral","ttl":"1h"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepareFor(t, &llm.Request{Turns: []llm.Turn{user(&tt.in)}}, "claude-opus-4-8")
			checks{"messages.0.content.0": tt.want}.run(t, x)
		})
	}
}

func TestMoreCacheMarksThanFit(t *testing.T) {
	t.Parallel()
	mark := &llm.CacheMark{}
	marked := func(s string) *llm.Text { return &llm.Text{Text: s, Cache: mark} }
	r := &llm.Request{
		Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f", Cache: mark}},
		Turns: []llm.Turn{
			{Role: llm.System, Parts: []llm.Part{marked("s"), &llm.Text{Text: " ", Cache: mark}}},
			user(marked("a"), &llm.ToolResult{CallID: "c", Parts: []llm.Part{marked("r")}}),
			assistant(&llm.Foreign{Kind: "server_tool_use", Native: llm.NativeOf(llm.Anthropic, json.Value(`{"type":"server_tool_use","cache_control":{"type":"ephemeral"}}`))}),
			user(marked("b")),
		},
		Cache: mark,
	}
	x := prepareFor(t, r, "claude-opus-4-8")
	checks{
		"tools.0.cache_control":                             "",
		"system.0.cache_control":                            "",
		"messages.0.content.1.cache_control":                "",
		"messages.0.content.0.content.0.cache_control.type": `"ephemeral"`,
		"messages.1.content.0.cache_control.type":           `"ephemeral"`,
		"messages.2.content.0.cache_control.type":           `"ephemeral"`,
		"cache_control.type":                                `"ephemeral"`,
	}.run(t, x, "cache_control")
}

func TestCacheMarksOfOtherDialects(t *testing.T) {
	t.Parallel()
	x := prepareFor(t, &llm.Request{Turns: []llm.Turn{user(&llm.Text{Text: "a", Cache: &llm.CacheMark{TTL: "24h", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"scope":"x"}`))}})}}, "claude-opus-4-8")
	checks{"messages.0.content.0.cache_control": `{"type":"ephemeral"}`}.run(t, x, "cache_control.scope", "cache_control.ttl")
}

func TestToolNamesAreMappedAndMappedBack(t *testing.T) {
	t.Parallel()
	const own = "mcp/files.read file"
	long := strings.Repeat("x", 70)
	r := &llm.Request{
		Turns:      []llm.Turn{user(text("a")), assistant(call("c1", own, "{}")), toolTurn(result("c1", "r"))},
		Tools:      []llm.Tool{function(own), function(long), function("fine_name-1")},
		ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: own},
	}
	x := prepareFor(t, r, "claude-opus-4-8")
	sent := make([]string, 3)
	for i := range sent {
		sent[i] = json.Unquote(json.Lookup(x.Body(), "tools", fmt.Sprint(i), "name"))
		if len(sent[i]) > maxName || !safe(sent[i]) {
			t.Errorf("%q is not a name that the API takes", sent[i])
		}
	}
	checks{
		"messages.1.content.0.name": `"` + sent[0] + `"`,
		"tool_choice.name":          `"` + sent[0] + `"`,
		"tools.2.name":              `"fine_name-1"`,
	}.run(t, x)
	if again := prepareFor(t, r, "claude-opus-4-8"); string(again.Body()) != string(x.Body()) {
		t.Error("another request gives other names: the prompt cache would miss")
	}

	resp, err := x.DecodeResponse([]byte(`{"type":"message","content":[{"type":"tool_use","id":"t","name":"` + sent[0] + `","input":{}},{"type":"tool_use","id":"u","name":"` + sent[1] + `","input":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{resp.Choices[0].Parts[0].(*llm.ToolCall).Name, resp.Choices[0].Parts[1].(*llm.ToolCall).Name}
	if !slices.Equal(got, []string{own, long}) {
		t.Errorf("answers have the names %q, want the client's", got)
	}
	events := decodeFrames(t, x, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"`+sent[0]+`","input":{}}}`)
	if events[0].Name != own {
		t.Errorf("streams have the name %q, want the client's", events[0].Name)
	}
}

func TestNativeNamesMayBeLonger(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	x := prepareFor(t, decode(t, `{"messages":[{"role":"user","content":"a"}],"tools":[{"name":"`+long+`","input_schema":{"type":"object"}}]}`), "claude-opus-4-8")
	checks{"tools.0.name": `"` + long + `"`}.run(t, x)
}

func TestFreeformToolsAreFunctionsUpstream(t *testing.T) {
	t.Parallel()
	r := &llm.Request{
		Turns: []llm.Turn{user(text("a")), assistant(&llm.ToolCall{ID: "c", Name: "apply_patch", Arguments: "*** \"Begin\"\n", Custom: true}), toolTurn(result("c", "ok"))},
		Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "apply_patch", Description: "d", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"format":{"type":"grammar"}}`))}},
	}
	x := prepareFor(t, r, "claude-opus-4-8")
	checks{
		"tools.0":                    `{"name":"apply_patch","description":"d","input_schema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}`,
		"messages.1.content.0.input": `{"input":"*** \"Begin\"\n"}`,
	}.run(t, x, "tools.format")

	want := "*** Begin é\n"
	resp, err := x.DecodeResponse([]byte(`{"content":[{"type":"tool_use","id":"t","name":"apply_patch","input":{"input":"*** Begin é\n"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if c := resp.Choices[0].Parts[0].(*llm.ToolCall); !c.Custom || c.Arguments != want {
		t.Errorf("got %+v, want the free text", c)
	}
	events := decodeFrames(t, x,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"apply_patch","input":{}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"input\":\"*** Be"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"gin \\u00e9\\n\"}"}}`,
		`{"type":"content_block_stop","index":0}`)
	if !events[0].Custom || events[1].Text != want {
		t.Errorf("got %+v, want the free text", events)
	}
}

func TestMembersStandInOneOrder(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"zeta":1,"stream":true,"metadata":{"user_id":"u"},"service_tier":"auto","tool_choice":{"type":"auto"},"tools":[{"name":"f","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"a"}],"system":"s","top_k":1,"top_p":1,"temperature":1,"stop_sequences":["x"],"output_config":{"effort":"low"},"thinking":{"type":"disabled"},"max_tokens":5,"model":"claude-opus-4-6","cache_control":{"type":"ephemeral"},"alpha":2}`)
	r.TopP = ""
	x := prepareFor(t, r, "claude-opus-4-6")
	want := []string{"model", "max_tokens", "system", "messages", "tools", "tool_choice", "thinking", "output_config", "stop_sequences", "temperature", "top_k", "stream", "metadata", "service_tier", "cache_control", "zeta", "alpha"}
	if got := json.Names(x.Body()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrepareChangesNothingInTheRequest(t *testing.T) {
	t.Parallel()
	const body = `{"model":"m","system":"s","messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}],"stop_sequences":["","x"],"metadata":{"user_id":"u","k":1},"tools":[{"name":"a b","input_schema":{}}]}`
	r := decode(t, body)
	prepareFor(t, r, "claude-opus-5")
	if want := decode(t, body); !reflect.DeepEqual(r, want) {
		t.Errorf("the request, which others share, was changed to %+v", r)
	}
}

func TestCitationsGoBackToClaudeOnly(t *testing.T) {
	t.Parallel()
	const own = `{"messages":[{"role":"user","content":[{"type":"search_result","source":"https://docs.example.com/a","title":"A","content":[{"type":"text","text":"alpha"}],"citations":{"enabled":true}}]},{"role":"assistant","content":[{"type":"text","text":"Alpha.","citations":[` +
		`{"type":"search_result_location","source":"https://docs.example.com/a","title":"A","cited_text":"alpha","search_result_index":0,"start_block_index":0,"end_block_index":1},` +
		`{"type":"char_location","cited_text":"The grass","document_index":0,"document_title":null,"start_char_index":0,"end_char_index":9},` +
		`{"type":"page_location","cited_text":"","document_index":1,"document_title":"Report","start_page_number":1,"end_page_number":2},` +
		`{"type":"web_search_result_location","url":"https://x","title":null,"encrypted_index":"Eo8B","cited_text":"c"}]}]}]}`
	x := prepareFor(t, decode(t, own), "claude-opus-4-8")
	got, want := equal(t, json.Lookup(x.Body(), "messages"), json.Lookup(json.Value(own), "messages"))
	if got != want || len(x.Dropped()) > 0 {
		t.Errorf("got %s, dropped %q, want %s", got, x.Dropped(), want)
	}
	other := &llm.Request{Turns: []llm.Turn{user(text("a")), assistant(&llm.Text{Text: "b", Citations: []llm.Citation{{URL: "https://x"}}})}}
	checks{"messages.1.content.0.citations": ""}.run(t, prepareFor(t, other, "claude-opus-4-8"), "messages.citations")
}

func TestCountingNeedsOnlyThePrompt(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"model":"claude-opus-4-8","max_tokens":5,"system":"s","messages":[{"role":"user","content":"a"}],"temperature":1,"stop_sequences":["x"],"stream":true,"metadata":{"user_id":"u"},"service_tier":"auto","container":"c","mcp_servers":[],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto"},"thinking":{"type":"adaptive"}}`)
	x, err := Codec{}.PrepareCount(r, dialect.Target{Model: "claude-opus-4-8"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"model", "system", "messages", "tools", "tool_choice", "thinking", "mcp_servers"}
	if got := json.Names(x.Body()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	n, err := Codec{}.DecodeCountTokens([]byte(`{"input_tokens":14,"context_management":{}}`))
	if err != nil || n != 14 {
		t.Errorf("got %d, %v, want 14", n, err)
	}
	if got := string(Codec{}.EncodeCountTokens(14)); got != `{"input_tokens":14}` {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{``, `{}`, `{"input_tokens":"x"}`, `<html>`} {
		if n, err := (Codec{}).DecodeCountTokens([]byte(bad)); err == nil {
			t.Errorf("%q was read as %d", bad, n)
		}
	}
}

func TestBillingLineIsStripped(t *testing.T) {
	t.Parallel()
	billing := text("x-anthropic-billing-header: cch=1;")
	turns := []llm.Turn{{Role: llm.System, Parts: []llm.Part{billing, text("a")}}, user(text("Hi"))}
	got := StripBilling(turns)
	if len(got[0].Parts) != 1 || len(turns[0].Parts) != 2 {
		t.Errorf("got %d parts, and %d are left in the original", len(got[0].Parts), len(turns[0].Parts))
	}
	if got := StripBilling([]llm.Turn{{Role: llm.System, Parts: []llm.Part{billing}}, user(text("Hi"))}); len(got) != 1 || got[0].Role != llm.User {
		t.Errorf("a turn of nothing else stays: %+v", got)
	}
	for _, same := range [][]llm.Turn{nil, {user(billing)}, {{Role: llm.System, Parts: []llm.Part{text("a"), billing}}}} {
		if got := StripBilling(same); !reflect.DeepEqual(got, same) {
			t.Errorf("got %+v, want %+v", got, same)
		}
	}
}

// equal brings two documents into one form.
func equal(t *testing.T, a, b json.Value) (string, string) {
	t.Helper()
	form := func(v json.Value) string {
		var x any
		if err := json.Unmarshal(v, &x); err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		return string(marshal(dropNulls(x)))
	}
	return form(a), form(b)
}
