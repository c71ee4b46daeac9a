package anthropic

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

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
		if dialect.LegalName(sent[i], dialect.MaxToolName) != sent[i] {
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
