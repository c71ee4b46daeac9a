package bedrock

import (
	"testing"

	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

func TestTools(t *testing.T) {
	t.Parallel()
	with := func(c llm.ToolChoice) llm.Request {
		return llm.Request{Turns: hi, Tools: []llm.Tool{function("f")}, ToolChoice: c}
	}
	called := append(hi[:1:1], parts(llm.Assistant, call("t", "f", "{}")), parts(llm.ToolRole, result("t")))
	calledJSON := hiJSON[:len(hiJSON)-1] + `,{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"f","input":{}}}]},` +
		`{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[]}}]}]`
	config := func(choice string) string { return hiJSON + `,"toolConfig":{"tools":[` + spec + `]` + choice + `}` }
	computer := llm.Tool{Kind: "computer", Native: chat(`{"type":"computer","computer":{"name":"computer_20250124","display_width_px":800}}`)}
	bash := llm.Tool{Kind: "bash_20250124", Name: "bash", Native: native(llm.Anthropic, `{"type":"bash_20250124","name":"bash"}`)}
	runPrepare(t, []prepareTest{
		{name: "auto", r: with(llm.ToolChoice{Mode: llm.ToolAuto}), want: config(`,"toolChoice":{"auto":{}}`)},
		{name: "required", r: with(llm.ToolChoice{Mode: llm.ToolRequired}), want: config(`,"toolChoice":{"any":{}}`)},
		{name: "named", model: novaLite, r: with(llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}), want: config(`,"toolChoice":{"tool":{"name":"f"}}`)},
		{name: "none means that none is sent", r: with(llm.ToolChoice{Mode: llm.ToolNone}), want: hiJSON},
		{
			name: "none cannot be said when there have been calls",
			r:    llm.Request{Turns: called, Tools: []llm.Tool{function("f")}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNone}},
			want: calledJSON + `,"toolConfig":{"tools":[` + spec + `]}`, dropped: []string{"tool_choice"},
		},
		{
			name: "calls without tools get the tools that were called", r: llm.Request{Turns: called},
			want: calledJSON + `,"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}`,
		},
		{
			name: "a choice among some", r: llm.Request{Turns: hi, Tools: []llm.Tool{function("f"), function("g")}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired, Allowed: []string{"f"}}},
			want: config(`,"toolChoice":{"any":{}}`),
		},
		{
			name: "a choice without tools", r: llm.Request{Turns: hi, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}},
			want: hiJSON, dropped: []string{"tool_choice"},
		},
		{
			name: "one call at a time, for Claude", r: llm.Request{Turns: hi, Tools: []llm.Tool{function("f")}, ParallelTools: &no, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}},
			want: config("") + `,"additionalModelRequestFields":{"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}}`,
		},
		{
			name: "one call at a time, for others", model: novaLite, r: llm.Request{Turns: hi, Tools: []llm.Tool{function("f")}, ParallelTools: &no},
			want: config(""), dropped: []string{"parallel_tool_calls"},
		},
		{name: "several calls at a time are the default", r: llm.Request{Turns: hi, Tools: []llm.Tool{function("f")}, ParallelTools: &yes}, want: config("")},
		{
			name: "Anthropic's own tools, in the words of two dialects", r: llm.Request{Turns: hi, Tools: []llm.Tool{computer, bash}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}},
			want: hiJSON + `,"additionalModelRequestFields":{"tools":[{"type":"computer_20250124","name":"computer","display_width_px":800},` +
				`{"type":"bash_20250124","name":"bash"}],"tool_choice":{"type":"any"}}`,
		},
		{
			name: "a freeform tool takes an object with its text",
			r:    llm.Request{Turns: append(hi[:1:1], parts(llm.Assistant, &llm.ToolCall{ID: "t", Name: "p", Arguments: "*** \"x\"", Custom: true})), Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "p", Description: "d", Native: chat(`{"format":{"type":"grammar"}}`)}}},
			want: hiJSON[:len(hiJSON)-1] + `,{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"p","input":{"input":"*** \"x\""}}}]}],` +
				`"toolConfig":{"tools":[{"toolSpec":{"name":"p","description":"d","inputSchema":{"json":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}}}}]}`,
			dropped: []string{"tools.format"},
		},
		{
			name: "a tool of Converse's own", model: novaLite, r: llm.Request{Turns: hi, Tools: []llm.Tool{{Kind: "systemTool", Native: native(llm.Converse, `{"systemTool":{"name":"nova_grounding"}}`)}}},
			want: hiJSON + `,"toolConfig":{"tools":[{"systemTool":{"name":"nova_grounding"}}]}`,
		},
		{
			name: "strict where it is known", model: sonnet45, r: llm.Request{Turns: hi, Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f", Strict: &yes, Native: native(llm.Anthropic, `{"defer_loading":true}`)}}},
			want: hiJSON + `,"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}},"strict":true}}]}`, dropped: []string{"tools.defer_loading"},
		},
		{
			name: "strict where it is not", r: llm.Request{Turns: hi, Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f", Strict: &yes, Parameters: jsonvalue.Value(`{"type":"object"}`)}}},
			want: config(""), dropped: []string{"tools.strict"},
		},
	})
}

func TestToolNamesAreMappedAndRestored(t *testing.T) {
	t.Parallel()
	long := "mcp__plugin_yelp-mcp-google_google__batch_modify_gmail_message_labels"
	r := llm.Request{Tools: []llm.Tool{function(long), function("repo.search/code v2"), function("fine")}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: long},
		Turns: append(hi[:1:1], parts(llm.Assistant, call("call.1", "repo.search/code v2", "{}")), parts(llm.ToolRole, result("call.1")))}
	x, err := Codec{}.Prepare(&r, target(sonnet35))
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	tools, _ := jsonvalue.Elements(jsonvalue.Lookup(x.Body(), "toolConfig", "tools"))
	for _, tool := range tools {
		name := jsonvalue.Unquote(jsonvalue.Lookup(tool, "toolSpec", "name"))
		if len(name) > 64 || legal(name) != name {
			t.Errorf("%q is not a legal name", name)
		}
		sent = append(sent, name)
	}
	if len(sent) != 3 || sent[2] != "fine" {
		t.Fatalf("sent the tools %q", sent)
	}
	for path, want := range map[string]string{
		jsonvalue.Unquote(jsonvalue.Lookup(x.Body(), "toolConfig", "toolChoice", "tool", "name")):                 sent[0],
		jsonvalue.Unquote(jsonvalue.Lookup(x.Body(), "messages", "1", "content", "0", "toolUse", "name")):         sent[1],
		jsonvalue.Unquote(jsonvalue.Lookup(x.Body(), "messages", "2", "content", "0", "toolResult", "toolUseId")): legal("call.1"),
	} {
		if path != want {
			t.Errorf("got %q, want %q", path, want)
		}
	}
	answer := `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"` + sent[0] + `","input":{}}},` +
		`{"toolUse":{"toolUseId":"u","name":"` + sent[1] + `","input":{}}}]}},"stopReason":"tool_use"}`
	got, err := x.DecodeResponse([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{long, "repo.search/code v2"} {
		if name := got.Choices[0].Parts[i].(*llm.ToolCall).Name; name != want {
			t.Errorf("the answer calls %q, want %q", name, want)
		}
	}
}

func TestAModelThatCannotBeForcedMayChoose(t *testing.T) {
	t.Parallel()
	runPrepare(t, []prepareTest{{
		name: "any", model: "us.anthropic.claude-sonnet-5-5-v1",
		r:    llm.Request{Turns: hi, Tools: []llm.Tool{function("f")}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}},
		want: hiJSON + `,"toolConfig":{"tools":[` + spec + `],"toolChoice":{"auto":{}}}`, dropped: []string{"tool_choice"},
	}})
}
