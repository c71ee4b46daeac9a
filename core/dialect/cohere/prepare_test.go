package cohere

import (
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func ptr[T any](v T) *T { return &v }

func user(parts ...llm.Part) llm.Turn      { return llm.Turn{Role: llm.User, Parts: parts} }
func assistant(parts ...llm.Part) llm.Turn { return llm.Turn{Role: llm.Assistant, Parts: parts} }
func text(s string) *llm.Text              { return &llm.Text{Text: s} }

func prepare(r *llm.Request) (body string, dropped []string, err error) {
	x, err := Codec{}.Prepare(r, dialect.Target{Provider: "cohere", Model: "m"})
	if err != nil {
		return "", nil, err
	}
	return string(x.Body()), x.Dropped(), nil
}

func toolNamed(name string) llm.Tool {
	return llm.Tool{Kind: llm.FunctionTool, Name: name, Parameters: json.Value(`{"type":"object"}`)}
}

const weather = `{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}`

// TestOtherDialectsAreWritten shows the form of everything that another
// dialect can say and this one has a word for.
func TestOtherDialectsAreWritten(t *testing.T) {
	t.Parallel()
	call := &llm.ToolCall{ID: "c1", Name: "weather"}
	tests := []struct {
		name string
		in   llm.Request
		want string // in the body
	}{
		{"developer is system", llm.Request{Turns: []llm.Turn{{Role: llm.Developer, Parts: []llm.Part{text("x")}}}}, `{"role":"system","content":"x"}`},
		{"top_p and top_k", llm.Request{TopP: "0.70", TopK: ptr[int64](5)}, `"p":0.70,"k":5`},
		{"stop", llm.Request{Stop: []string{"a", "b"}}, `"stop_sequences":["a","b"]`},
		{"schema", llm.Request{Output: llm.Output{Kind: llm.OutputSchema, Name: "n", Schema: json.Value(`{"type":"object"}`)}},
			`"response_format":{"type":"json_object","json_schema":{"type":"object"}}`},
		{"JSON", llm.Request{Output: llm.Output{Kind: llm.OutputJSON}}, `"response_format":{"type":"json_object"}`},
		{"thinking by budget", llm.Request{Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr[int64](900)}}, `"thinking":{"type":"enabled","token_budget":900}`},
		{"thinking by effort", llm.Request{Reasoning: llm.Thinking{Effort: "low"}}, `"thinking":{"type":"enabled","token_budget":4096}`},
		{"thinking without limit", llm.Request{Reasoning: llm.Thinking{Effort: "high"}}, `"thinking":{"type":"enabled"}`},
		{"no thinking", llm.Request{Reasoning: llm.Thinking{Effort: "none"}}, `"thinking":{"type":"disabled"}`},
		{"as much as it likes", llm.Request{Reasoning: llm.Thinking{Mode: llm.ThinkingAdaptive}}, `"thinking":{"type":"enabled"}`},
		{"a chat client that means Cohere", llm.Request{
			Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Native: llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"token_budget":50}`)}},
			Native:    llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"safety_mode":"OFF","k":3,"documents":["d"],"citation_options":{"mode":"OFF"}}`)},
		}, `"thinking":{"type":"enabled","token_budget":50},"k":3,"documents":["d"],"citation_options":{"mode":"OFF"},"safety_mode":"OFF"`},
		{"one tool of several", llm.Request{Tools: []llm.Tool{toolNamed("weather"), toolNamed("time")}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "weather"}},
			`"tools":[` + weather + `],"tool_choice":"REQUIRED"`},
		{"some of the tools", llm.Request{Tools: []llm.Tool{toolNamed("weather"), toolNamed("time")}, ToolChoice: llm.ToolChoice{Mode: llm.ToolAuto, Allowed: []string{"weather"}}},
			`"tools":[` + weather + `]}`},
		{"no tools now", llm.Request{Tools: []llm.Tool{toolNamed("weather")}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNone}}, `"tool_choice":"NONE"`},
		{"all strict", llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "weather", Strict: ptr(true)}}}, `"strict_tools":true`},
		{"a tool without parameters", llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "now"}}}, `"parameters":{"type":"object","properties":{}}`},
		{"a tool that takes text", llm.Request{Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "patch"}}}, `"properties":{"input":{"type":"string"}}`},
		{"results in the turn of the user", llm.Request{Turns: []llm.Turn{
			assistant(call), user(&llm.ToolResult{CallID: "c1", Parts: []llm.Part{text("21")}}, text("And?")),
		}}, `[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{}"}}]},` +
			`{"role":"tool","tool_call_id":"c1","content":"21"},{"role":"user","content":"And?"}]`},
		{"an image in a result", llm.Request{Turns: []llm.Turn{
			assistant(call), {Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "c1", Parts: []llm.Part{&llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "AA=="}}}}},
		}}, `"content":"[image: see the next user message]"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}`},
		{"a document as text", llm.Request{Turns: []llm.Turn{user(&llm.Media{Kind: llm.Document, Text: "Krill.", Name: "Food"}, text("What?"))}},
			`"messages":[{"role":"user","content":"What?"}],"documents":[{"data":{"text":"Krill.","title":"Food"}}]`},
		{"reasoning before calls is a plan", llm.Request{Turns: []llm.Turn{assistant(&llm.Reasoning{Text: "Look."}, call)}}, `"tool_plan":"Look.","tool_calls"`},
		{"other reasoning is a thought", llm.Request{Turns: []llm.Turn{assistant(&llm.Reasoning{Text: "Hm."}, text("4"))}},
			`"content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"4"}]`},
		{"a refusal is words", llm.Request{Turns: []llm.Turn{assistant(&llm.Refusal{Text: "No."})}}, `"text":"No."`},
		{"a citation is about the whole text", llm.Request{Turns: []llm.Turn{assistant(&llm.Text{Text: "Größe", Citations: []llm.Citation{{URL: "https://e.x", Title: "T"}}})}},
			`"citations":[{"start":0,"end":5,"text":"Größe","sources":[{"type":"document","id":"https://e.x","document":{"title":"T","url":"https://e.x"}}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, dropped, err := prepare(&tt.in)
			if err != nil || !strings.Contains(body, tt.want) || !json.Valid([]byte(body)) || len(dropped) > 0 {
				t.Errorf("%s (%v, dropped %q)\nwant %s", body, err, dropped, tt.want)
			}
		})
	}
}

// TestWhatHasNoWordIsNamed holds the law that nothing is lost in silence.
func TestWhatHasNoWordIsNamed(t *testing.T) {
	t.Parallel()
	mark := &llm.CacheMark{}
	foreign := func(s string) llm.Native { return llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(s)} }
	tests := []struct {
		name string
		in   llm.Request
		want []string
	}{
		{"parameters", llm.Request{User: "u", ServiceTier: "flex", ParallelTools: ptr(false), Cache: mark, Native: foreign(`{"logit_bias":{"1":2},"p":0.5}`), TopP: "0.9"},
			[]string{"parallel_tool_calls", "user", "service_tier", "cache_control", "logit_bias", "p"}},
		{"a choice without tools", llm.Request{ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}}, []string{"tool_choice"}},
		{"one strict tool of two", llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "a", Strict: ptr(true)}, toolNamed("b")}}, []string{"tools.strict"}},
		{"a grammar", llm.Request{Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "a", Native: foreign(`{"format":{"type":"grammar"}}`)}}}, []string{"tools[0].format"}},
		{"marks and names", llm.Request{Turns: []llm.Turn{{Role: llm.User, Name: "ann", Parts: []llm.Part{&llm.Text{Text: "x", Cache: mark}}}}},
			[]string{"messages[0].name", "messages[0].content[0].cache_control"}},
		{"a failed tool", llm.Request{Turns: []llm.Turn{user(&llm.ToolResult{CallID: "c", IsError: true})}}, []string{"messages[0].content[0].is_error"}},
		{"signed and encrypted thoughts", llm.Request{Turns: []llm.Turn{assistant(&llm.Reasoning{Text: "a", Signature: "s"}, &llm.Reasoning{Redacted: "r"}, text("x"))}},
			[]string{"messages[0].content[0] (reasoning)", "messages[0].content[1] (reasoning)"}},
		{"what only its dialect knows", llm.Request{Turns: []llm.Turn{assistant(&llm.Foreign{Kind: "server_tool_use"}, text("x"))}}, []string{"messages[0].content[0] (server_tool_use)"}},
		{"an image that the model made", llm.Request{Turns: []llm.Turn{assistant(&llm.Media{Kind: llm.Image, Data: "AA=="}, text("x"))}}, []string{"messages[0].content[0] (image)"}},
		{"how thoughts are shown", llm.Request{Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Summary: "omitted"}}, []string{"thinking.display"}},
		{"what a schema is for", llm.Request{Output: llm.Output{Kind: llm.OutputSchema, Description: "d"}}, []string{"response_format.json_schema.description"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, dropped, err := prepare(&tt.in)
			if err != nil || !json.Valid([]byte(body)) || !slices.Equal(dropped, tt.want) {
				t.Errorf("dropped %q, want %q (%v)\n%s", dropped, tt.want, err, body)
			}
		})
	}
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	media := func(m llm.Media) llm.Request { return llm.Request{Turns: []llm.Turn{user(&m)}} }
	for want, in := range map[string]llm.Request{
		"n: cohere gives one answer, not 2":      {N: ptr[int64](2)},
		`cohere has no tool "" (type web_search`: {Tools: []llm.Tool{{Kind: "web_search"}}},
		"no document":                            media(llm.Media{Kind: llm.Document, Data: "JVBERi0="}),
		"no audio":                               media(llm.Media{Kind: llm.Audio, Data: "AA=="}),
		"not by file id":                         media(llm.Media{Kind: llm.Image, FileID: "file-1"}),
		"by http and https only":                 media(llm.Media{Kind: llm.Image, URL: "gs://b/o"}),
	} {
		_, _, err := prepare(&in)
		if e, ok := err.(*llm.Error); !ok || e.HTTPStatus() != 400 || !strings.Contains(e.Message, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSignaturesGoHomeOnly(t *testing.T) {
	t.Parallel()
	r := &llm.Response{Choices: []llm.Choice{{Parts: []llm.Part{&llm.Reasoning{Text: "Hm.", Signature: "sig", Origin: llm.Gemini}}}}}
	body, err := Codec{}.EncodeResponse(r, dialect.Options{})
	if err != nil || !strings.Contains(string(body), `{"type":"thinking","thinking":"Hm.","signature":"sluice:gemini:sig"}`) {
		t.Fatalf("%s (%v)", body, err)
	}
	message := json.Lookup(body, "message")
	back, err := decode(`{"messages":[` + string(message) + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := back.Turns[0].Parts[0].(*llm.Reasoning)
	if !ok || p.Signature != "sig" || p.Origin != llm.Gemini || p.Text != "Hm." {
		t.Errorf("came back as %+v", back.Turns[0].Parts[0])
	}
}
