package openairesponses

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestPrepareWritesTurnsOfOtherDialects(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70)
	image := &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "QQ=="}
	tests := []struct {
		name    string
		turns   []llm.Turn
		want    string // the input
		dropped []string
	}{
		{"roles stay", []llm.Turn{
			{Role: llm.System, Parts: []llm.Part{say("a"), say("b")}}, {Role: llm.Developer, Parts: []llm.Part{say("c")}}, {Role: llm.User, Name: "n", Parts: []llm.Part{say("d")}}},
			`[{"type":"message","role":"system","content":"a\nb"},{"type":"message","role":"developer","content":"c"},{"type":"message","role":"user","content":"d"}]`,
			[]string{"messages[2].name"}},
		{"results first, then the rest", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{say("Look"), &llm.ToolCall{ID: "a", Name: "f"}, &llm.ToolCall{ID: long, Name: "x.y"}}},
			{Role: llm.User, Parts: []llm.Part{say("go on"), &llm.ToolResult{CallID: "a", Parts: []llm.Part{say("1"), image}}, &llm.ToolResult{CallID: long, IsError: true}}}},
			`[{"type":"message","role":"assistant","content":"Look"},{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},` +
				`{"type":"function_call","call_id":"` + legal(long) + `","name":"` + legal("x.y") + `","arguments":"{}"},` +
				`{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"1"},{"type":"input_image","image_url":"data:image/png;base64,QQ=="}]},` +
				`{"type":"function_call_output","call_id":"` + legal(long) + `","output":""},{"type":"message","role":"user","content":"go on"}]`,
			[]string{"messages[1].content[2].is_error (tool_result)"}},
		{"a freeform call and its result", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{&llm.ToolCall{ID: "a", Name: "p", Arguments: "raw", Custom: true}}},
			{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "a", Parts: []llm.Part{say("ok")}}}}},
			`[{"type":"custom_tool_call","call_id":"a","name":"p","input":"raw"},{"type":"custom_tool_call_output","call_id":"a","output":"ok"}]`, nil},
		{"only its own reasoning", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{
				&llm.Reasoning{Text: "a", Signature: "EqQ", Origin: llm.Anthropic}, &llm.Reasoning{Text: "b", Signature: "gA", Origin: llm.OpenAIResponses},
				say(" "), say("c"), &llm.Refusal{Text: "no"}}}},
			`[{"type":"reasoning","summary":[{"type":"summary_text","text":"b"}],"encrypted_content":"gA"},` +
				`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"c"},{"type":"refusal","refusal":"no"}]}]`,
			[]string{"messages[0].content[0] (reasoning)"}},
		{"media", []llm.Turn{{Role: llm.User, Parts: []llm.Part{
			&llm.Media{Kind: llm.Image, URL: "https://e.com/a", Detail: "low", Cache: &llm.CacheMark{}}, &llm.Media{Kind: llm.Document, MediaType: "application/pdf", Data: "QQ=="},
			&llm.Media{Kind: llm.Document, Text: "words", Name: "T"}, &llm.Media{Kind: llm.Audio, MediaType: "audio/mpeg", Data: "QQ=="}, &llm.Media{Kind: llm.Document, FileID: "file-1"}}}},
			`[{"type":"message","role":"user","content":[{"type":"input_image","image_url":"https://e.com/a","detail":"low"},{"type":"input_file","filename":"document.pdf","file_data":"data:application/pdf;base64,QQ=="},` +
				`{"type":"input_text","text":"T\n\nwords"},{"type":"input_audio","input_audio":{"data":"QQ==","format":"mp3"}},{"type":"input_file","file_id":"file-1"}]}]`,
			[]string{"messages[0].content[0].cache_control"}},
		{"sources of a text", []llm.Turn{{Role: llm.Assistant, Parts: []llm.Part{
			&llm.Text{Text: "é a", Citations: []llm.Citation{{URL: "u", Title: "t"}, {Quote: "q"}}}}}},
			`[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"é a","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":3}]}]}]`,
			[]string{"messages[0].content[0].citations"}},
		{"foreign parts", []llm.Turn{{Role: llm.Assistant, Parts: []llm.Part{
			&llm.Foreign{Kind: "server_tool_use", Native: ofAnthropic(`{"type":"server_tool_use"}`)}, &llm.Text{Text: "a", Native: ofAnthropic(`{"x":1,"form":""}`)}, image}}},
			`[{"type":"message","role":"assistant","content":"a"}]`,
			[]string{"messages[0].content[0] (server_tool_use)", "messages[0].content[2] (image)", "messages[0].content[1].x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, &llm.Request{Turns: tt.turns})
			if got := string(json.Lookup(x.Body(), "input")); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}

func TestPrepareWritesParametersOfOtherDialects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		r       llm.Request
		want    string // what follows the input
		dropped []string
	}{
		{"nothing", llm.Request{}, `"store":false`, nil},
		{"chat's relatives", llm.Request{Native: ofChat(`{"prompt_cache_key":"k","metadata":{"a":"b"},"store":true,"verbosity":"low","logit_bias":{"1":2},"max_tokens":null}`)},
			`"text":{"verbosity":"low"},"prompt_cache_key":"k","metadata":{"a":"b"},"store":true`, []string{"logit_bias"}},
		{"not those of others", llm.Request{Native: ofAnthropic(`{"metadata":{"a":"b"},"container":"c"}`)}, `"store":false`, []string{"metadata", "container"}},
		{"sampling", llm.Request{MaxTokens: ptr(int64(5)), Temperature: "0.70", TopP: "1", TopK: ptr(int64(1)), FrequencyPenalty: "1", PresencePenalty: "1", Seed: ptr(int64(1)), User: "u", ServiceTier: "standard_only", Stream: true},
			`"max_output_tokens":5,"temperature":0.70,"top_p":1,"user":"u","service_tier":"default","stream":true,"store":false`,
			[]string{"top_k", "frequency_penalty", "presence_penalty", "seed"}},
		{"a budget becomes an effort", llm.Request{Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(8000)), Summary: "summarized"}},
			`"reasoning":{"effort":"medium","summary":"auto"},"include":["reasoning.encrypted_content"],"store":false`, []string{"thinking.budget_tokens"}},
		{"thinking off", llm.Request{Reasoning: llm.Thinking{Mode: llm.ThinkingOff, Summary: "omitted"}}, `"reasoning":{"effort":"none"},"store":false`, nil},
		{"adaptive thinking", llm.Request{Reasoning: llm.Thinking{Mode: llm.ThinkingAdaptive}}, `"store":false`, []string{"thinking"}},
		{"a schema", llm.Request{Output: llm.Output{Kind: llm.OutputSchema, Schema: json.Value(`{"type":"object"}`)}},
			`"text":{"format":{"type":"json_schema","name":"output","schema":{"type":"object"}}},"store":false`, nil},
		{"functions are not strict elsewhere", llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "a b", Cache: &llm.CacheMark{}}}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "a b"}, ParallelTools: ptr(false)},
			`"tools":[{"type":"function","name":"` + legal("a b") + `","parameters":{"type":"object","properties":{}},"strict":false}],"tool_choice":{"type":"function","name":"` + legal("a b") + `"},"parallel_tool_calls":false,"store":false`,
			[]string{"tools[0].cache_control"}},
		{"chat's grammar", llm.Request{Tools: []llm.Tool{{Kind: llm.CustomTool, Name: "p", Native: ofChat(`{"custom":{"format":{"type":"grammar","grammar":{"syntax":"lark","definition":"d"}}}}`)}}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired, Allowed: []string{"p"}}},
			`"tools":[{"type":"custom","name":"p","format":{"type":"grammar","syntax":"lark","definition":"d"}}],"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"custom","name":"p"}]},"store":false`, nil},
		{"no tools to choose from", llm.Request{ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}, ParallelTools: ptr(true)}, `"store":false`, []string{"tool_choice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, &tt.r)
			got := strings.TrimSuffix(strings.TrimPrefix(string(x.Body()), `{"model":"m","input":[],`), "}")
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}

func TestPrepareRefusesWhatTheModelWouldMiss(t *testing.T) {
	t.Parallel()
	media := func(m llm.Media) llm.Request {
		return llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&m}}}}
	}
	tests := []struct {
		name, param string
		r           llm.Request
	}{
		{"several answers", "n", llm.Request{N: ptr(int64(2))}},
		{"another provider's tool", "tools[0]", llm.Request{Tools: []llm.Tool{{Kind: "web_search_20250305", Name: "web_search", Native: ofAnthropic(`{"type":"web_search_20250305"}`)}}}},
		{"a film", "messages[0].content[0]", media(llm.Media{Kind: llm.Video, URL: "https://e.com"})},
		{"a sound elsewhere", "messages[0].content[0]", media(llm.Media{Kind: llm.Audio, URL: "https://e.com"})},
		{"a bucket", "messages[0].content[0]", media(llm.Media{Kind: llm.Image, URL: "s3://b/k"})},
		{"another provider's file", "messages[0].content[0]", media(llm.Media{Kind: llm.Document, FileID: "file_011"})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Prepare(&tt.r, dialect.Target{Provider: "openai"})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != llm.Unsupported || e.HTTPStatus() != 400 || e.Param != tt.param {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNamesComeBackWithTheAnswer(t *testing.T) {
	t.Parallel()
	const name = "repo.search/code v2"
	x := prepare(t, &llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: name}}})
	call := `{"id":"fc_1","type":"function_call","call_id":"c","name":"` + legal(name) + `","arguments":"{}"}`
	r, err := x.DecodeResponse([]byte(`{"id":"resp_1","status":"completed","output":[` + call + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Choices[0].Parts[0].(*llm.ToolCall); c.Name != name {
		t.Errorf("got %q", c.Name)
	}
	events, err := readWith(x, "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":"+call+"}\n\ndata: {\"type\":\"response.completed\"}\n\n")
	if err != nil || events[1].Name != name {
		t.Errorf("got %+v, %v", events, err)
	}
}
