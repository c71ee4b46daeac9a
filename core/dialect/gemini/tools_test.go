package gemini

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

func declared(name, parameters string) llm.Tool {
	return llm.Tool{Kind: llm.FunctionTool, Name: name, Parameters: json.Value(parameters)}
}

func TestPrepareWritesTools(t *testing.T) {
	t.Parallel()
	f, g := declared("f", ""), declared("g", `{"type":"object","properties":{"a":{"type":"string"}}}`)
	const fg = `{"functionDeclarations":[{"name":"f"},{"name":"g","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}]}`
	tests := []struct {
		name    string
		r       llm.Request
		tools   string
		config  string // toolConfig
		dropped []string
	}{
		{"functions stand together", llm.Request{Tools: []llm.Tool{f, declared("googleSearch", ""), g}}, `[` + fg + `,{"googleSearch":{}}]`, ``, nil},
		{"tools of Google's by the names of functions, with settings", llm.Request{Tools: []llm.Tool{
			declared("google_maps", `{"enableWidget":true,"retrievalConfig":{"latLng":{"latitude":1}}}`), declared("computer_use", `{"environment":"ENVIRONMENT_BROWSER"}`), declared("url_context", "")}},
			`[{"googleMaps":{"enableWidget":true}},{"computerUse":{"environment":"ENVIRONMENT_BROWSER"}},{"urlContext":{}}]`, `{"retrievalConfig":{"latLng":{"latitude":1}}}`, nil},
		{"tools of Google's by type", llm.Request{Tools: []llm.Tool{{Kind: "google_search", Native: from(llm.OpenAIChat, `{"type":"google_search"}`)}, {Kind: "codeExecution"}}}, `[{"googleSearch":{}},{"codeExecution":{}}]`, ``, nil},
		{"a client's own function of such a name", llm.Request{Tools: []llm.Tool{declared("code_execution", `{"type":"object","properties":{"a":{"type":"string"}}}`)}},
			`[{"functionDeclarations":[{"name":"code_execution","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}]}]`, ``, nil},
		{"a freeform tool", llm.Request{Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "patch", Description: "d", Native: from(llm.OpenAIChat, `{"custom":{"format":{"type":"grammar"}}}`)}}},
			`[{"functionDeclarations":[{"name":"patch","description":"d","parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}}]}]`, ``, []string{"tools.format"}},
		{"auto", llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: llm.ToolChoice{Mode: llm.ToolAuto}}, `[` + fg + `]`, `{"functionCallingConfig":{"mode":"AUTO"}}`, nil},
		{"none", llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNone}}, `[` + fg + `]`, `{"functionCallingConfig":{"mode":"NONE"}}`, nil},
		{"required", llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired, Allowed: []string{"g"}}}, `[` + fg + `]`, `{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}`, nil},
		{"one by name", llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}}, `[` + fg + `]`, `{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}`, nil},
		{"some of them, if any", llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: llm.ToolChoice{Mode: llm.ToolAuto, Allowed: []string{"f"}}}, `[{"functionDeclarations":[{"name":"f"}]}]`, `{"functionCallingConfig":{"mode":"AUTO"}}`, nil},
		{"a choice without tools", llm.Request{ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}}, ``, ``, []string{"tool_choice"}},
		{"a choice that says nothing without tools", llm.Request{ToolChoice: llm.ToolChoice{Mode: llm.ToolAuto}}, ``, ``, nil},
		{"what only others know", llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f", Cache: &llm.CacheMark{}, Native: from(llm.Anthropic, `{"defer_loading":true}`)}}}, `[{"functionDeclarations":[{"name":"f"}]}]`, ``, []string{"cache_control", "tools.defer_loading"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, &tt.r, google(pro15))
			if got := lookup(x.Body(), "tools"); got != tt.tools {
				t.Errorf("tools: got\n%s\nwant\n%s", got, tt.tools)
			}
			if got := lookup(x.Body(), "toolConfig"); got != tt.config {
				t.Errorf("toolConfig: got %s, want %s", got, tt.config)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}

func TestToolsOfOtherProvidersAreRefused(t *testing.T) {
	t.Parallel()
	_, err := Codec{}.Prepare(&llm.Request{Tools: []llm.Tool{{Kind: "web_search_20250305", Name: "web_search"}}}, google(pro3))
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Unsupported || !strings.Contains(e.Message, "web_search_20250305") {
		t.Errorf("got %v", err)
	}
}

func TestNamesThatTheAPIDoesNotTakeComeBack(t *testing.T) {
	t.Parallel()
	long := "mcp__plugin_yelp-mcp-google_google__batch_modify_gmail_message_labels"
	names := []string{long, "repo.search/code v2", "1st", "ü"}
	r := &llm.Request{ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: long}}
	for _, n := range names {
		r.Tools = append(r.Tools, declared(n, ""))
		r.Turns = append(r.Turns, turn(llm.Assistant, call(n, n, "")), turn(llm.ToolRole, returned(n)))
	}
	x := prepare(t, r, google(pro15))
	var parts []string
	for i, n := range names {
		sent := json.Unquote(json.Lookup(x.Body(), "tools", "0", "functionDeclarations", string(rune('0'+i)), "name"))
		if sent == n || len(sent) > 64 || strings.IndexFunc(sent, illegal) >= 0 || !begins(sent[0]) {
			t.Errorf("%q was sent as %q", n, sent)
		}
		if got := strings.Count(string(x.Body()), `"`+sent+`"`); got < 3 {
			t.Errorf("%q stands in %d places, not in tools, call and result: %s", sent, got, x.Body())
		}
		parts = append(parts, `{"functionCall":{"name":"`+sent+`"}}`)
	}
	resp, err := x.DecodeResponse([]byte(`{"candidates":[{"content":{"parts":[` + strings.Join(parts, ",") + `]},"finishReason":"STOP"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range resp.Choices[0].Parts {
		if c := p.(*llm.ToolCall); c.Name != names[i] {
			t.Errorf("%q came back as %q", names[i], c.Name)
		}
	}
}

func TestAFreeformCallComesBackAsText(t *testing.T) {
	t.Parallel()
	x := prepare(t, &llm.Request{Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "patch"}}}, google(pro15))
	resp, err := x.DecodeResponse([]byte(`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"patch","args":{"input":"*** Begin"}}}]},"finishReason":"STOP"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if c := resp.Choices[0].Parts[0].(*llm.ToolCall); !c.Custom || c.Arguments != "*** Begin" {
		t.Errorf("got %+v", c)
	}
}
