package openaichat

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// prepare writes a request that comes from another dialect.
func prepare(t testing.TB, r *llm.Request, provider string) dialect.Exchange {
	t.Helper()
	x, err := Codec{}.Prepare(r, dialect.Target{Provider: provider, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(x.Body()) {
		t.Fatalf("not JSON: %s", x.Body())
	}
	return x
}

func say(s string) *llm.Text { return &llm.Text{Text: s} }

func foreignNative(members string) llm.Native {
	return llm.Native{Dialect: llm.Anthropic, Members: json.Value(members)}
}

func ptr[T any](v T) *T { return &v }

func TestPrepareWritesTurnsOfOtherDialects(t *testing.T) {
	t.Parallel()
	call := func(id string) *llm.ToolCall { return &llm.ToolCall{ID: id, Name: "f"} }
	image := &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "QQ=="}
	tests := []struct {
		name    string
		turns   []llm.Turn
		want    string // the messages
		dropped []string
	}{
		{"roles stay", []llm.Turn{
			{Role: llm.System, Parts: []llm.Part{say("a"), say("b")}}, {Role: llm.Developer, Parts: []llm.Part{say("c")}}, {Role: llm.User, Parts: []llm.Part{say("d")}}},
			`[{"role":"system","content":"a\nb"},{"role":"developer","content":"c"},{"role":"user","content":"d"}]`, nil},
		{"results first, then the rest", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{say("Look: "), say("now"), call("a"), call("b")}},
			{Role: llm.User, Parts: []llm.Part{say("go on"), &llm.ToolResult{CallID: "a", Parts: []llm.Part{say("1"), say("2")}}, &llm.ToolResult{CallID: "b", IsError: true}}}},
			`[{"role":"assistant","content":"Look: now","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"a","content":"1\n2"},{"role":"tool","tool_call_id":"b","content":""},{"role":"user","content":"go on"}]`,
			[]string{"messages[1].content[2].is_error (tool_result)"}},
		{"media of results follow all results", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{call("a"), call("b")}},
			{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "a", Parts: []llm.Part{say("see"), image}}}},
			{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "b", Parts: []llm.Part{say("2")}}}},
			{Role: llm.User, Parts: []llm.Part{say("go on")}}},
			`[{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"a","content":"see\n[image: see the next user message]"},{"role":"tool","tool_call_id":"b","content":"2"},` +
				`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}},{"type":"text","text":"go on"}]}]`, nil},
		{"media of a last result get a message", []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.ToolResult{CallID: "a", Parts: []llm.Part{image}}}}},
			`[{"role":"tool","tool_call_id":"a","content":"[image: see the next user message]"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]}]`, nil},
		{"nothing stands between calls and results", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{call("a")}}, {Role: llm.System, Parts: []llm.Part{say("reminder")}},
			{Role: llm.User, Parts: []llm.Part{&llm.ToolResult{CallID: "a", Parts: []llm.Part{say("1")}}}}},
			`[{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"system","content":"reminder"}]`, nil},
		{"reasoning of others is dropped, that of chat is not", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{&llm.Reasoning{Text: "Hm", Signature: "E", Origin: llm.Anthropic}, say("42")}},
			{Role: llm.Assistant, Parts: []llm.Part{&llm.Reasoning{Text: "Hm", Origin: llm.OpenAIChat}, say("43")}},
			{Role: llm.Assistant, Parts: []llm.Part{&llm.Reasoning{Redacted: "Z"}}}},
			`[{"role":"assistant","content":"42"},{"role":"assistant","reasoning_content":"Hm","content":"43"}]`,
			[]string{"messages[0].content[0] (reasoning)", "messages[2].content[0] (reasoning)"}},
		{"what has no word is named", []llm.Turn{
			{Role: llm.Assistant, Native: foreignNative(`{"mood":1}`), Parts: []llm.Part{say("a"), &llm.Foreign{Kind: "server_tool_use", Native: foreignNative(`{"id":1}`)}}},
			{Role: llm.User, Parts: []llm.Part{
				&llm.Text{Text: "b", Cache: &llm.CacheMark{}, Citations: []llm.Citation{{Quote: "q"}}, Native: foreignNative(`{"x":1}`)},
				&llm.Media{Kind: llm.Image, URL: "https://e.com/a", Cache: &llm.CacheMark{}, Native: foreignNative(`{"y":1}`)}}}},
			`[{"role":"assistant","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"https://e.com/a"}}]}]`,
			[]string{"messages[0].content[1] (server_tool_use)", "messages[0].mood", "messages[1].content[0].cache_control", "messages[1].content[0].citations",
				"messages[1].content[0].x", "messages[1].content[1].cache_control", "messages[1].content[1].y"}},
		{"blank texts go unless they are all", []llm.Turn{
			{Role: llm.Assistant, Parts: []llm.Part{say(""), call("a")}}, {Role: llm.User, Parts: []llm.Part{say(" ")}}, {Role: llm.User}},
			`[{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":" "},{"role":"user","content":""}]`, nil},
		{"documents", []llm.Turn{{Role: llm.User, Parts: []llm.Part{
			&llm.Media{Kind: llm.Document, MediaType: "application/pdf", Data: "QQ==", Name: "a.pdf"}, &llm.Media{Kind: llm.Document, Text: "words", Name: "b.txt"},
			&llm.Media{Kind: llm.Document, URL: "https://e.com/c.pdf"}, &llm.Media{Kind: llm.Audio, MediaType: "audio/mpeg", Data: "QQ=="}, &llm.Media{Kind: llm.Image, FileID: "file-1"},
			&llm.Media{Kind: llm.Video, URL: "https://e.com/d.mp4"}}}},
			`[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="}},{"type":"text","text":"b.txt\n\nwords"},` +
				`{"type":"file","file":{"file_url":"https://e.com/c.pdf"}},{"type":"input_audio","input_audio":{"data":"QQ==","format":"mp3"}},{"type":"file","file":{"file_id":"file-1"}},` +
				`{"type":"video_url","video_url":{"url":"https://e.com/d.mp4"}}]}]`, nil},
		{"a refusal and a freeform call", []llm.Turn{{Role: llm.Assistant, Parts: []llm.Part{&llm.Refusal{Text: "No."}, &llm.ToolCall{ID: "a", Name: "patch", Custom: true}}}},
			`[{"role":"assistant","content":null,"refusal":"No.","tool_calls":[{"id":"a","type":"custom","custom":{"name":"patch","input":""}}]}]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, &llm.Request{Turns: tt.turns}, "")
			if got := string(json.Lookup(x.Body(), "messages")); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}

func TestPrepareRefusesToolsOfOtherProviders(t *testing.T) {
	t.Parallel()
	_, err := Codec{}.Prepare(&llm.Request{Tools: []llm.Tool{
		{Kind: llm.FunctionTool, Name: "f"},
		{Kind: "web_search_20250305", Name: "web_search", Native: foreignNative(`{"type":"web_search_20250305"}`)},
	}}, dialect.Target{Provider: "groq"})
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Kind != llm.Unsupported || e.HTTPStatus() != 400 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"tools[1]", "web_search", "groq"} {
		if !strings.Contains(e.Message, want) {
			t.Errorf("%q does not name %s", e.Message, want)
		}
	}
}

func TestPrepareToolChoice(t *testing.T) {
	t.Parallel()
	tools := []llm.Tool{{Kind: llm.FunctionTool, Name: "f"}, {Kind: llm.CustomTool, Name: "patch"}}
	tests := []struct {
		name   string
		choice llm.ToolChoice
		want   string
	}{
		{"none said", llm.ToolChoice{}, ""},
		{"auto", llm.ToolChoice{Mode: llm.ToolAuto}, `"auto"`},
		{"none", llm.ToolChoice{Mode: llm.ToolNone}, `"none"`},
		{"required", llm.ToolChoice{Mode: llm.ToolRequired}, `"required"`},
		{"named", llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}, `{"type":"function","function":{"name":"f"}}`},
		{"named custom", llm.ToolChoice{Mode: llm.ToolNamed, Name: "patch"}, `{"type":"custom","custom":{"name":"patch"}}`},
		{"some", llm.ToolChoice{Mode: llm.ToolRequired, Allowed: []string{"f", "patch"}},
			`{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},{"type":"custom","custom":{"name":"patch"}}]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, &llm.Request{Tools: tools, ToolChoice: tt.choice, ParallelTools: ptr(false)}, "")
			if got := string(json.Lookup(x.Body(), "tool_choice")); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := string(json.Lookup(x.Body(), "parallel_tool_calls")); got != "false" {
				t.Errorf("parallel_tool_calls is %q", got)
			}
		})
	}
	x := prepare(t, &llm.Request{ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}, ParallelTools: ptr(false)}, "")
	if got := string(x.Body()); got != `{"model":"m","messages":[]}` || !slices.Equal(x.Dropped(), []string{"tool_choice"}) {
		t.Errorf("without tools: got %s, dropped %q", got, x.Dropped())
	}
}

func TestPrepareParameters(t *testing.T) {
	t.Parallel()
	thinking := func(th llm.Thinking) *llm.Request { return &llm.Request{Reasoning: th} }
	tests := []struct {
		name     string
		r        *llm.Request
		provider string
		want     string // behind the messages
		dropped  []string
	}{
		{"tokens for OpenAI", &llm.Request{MaxTokens: ptr(int64(5))}, "openai", `"max_completion_tokens":5`, nil},
		{"tokens for others", &llm.Request{MaxTokens: ptr(int64(5))}, "groq", `"max_tokens":5`, nil},
		{"top_k", &llm.Request{TopK: ptr(int64(5))}, "", ``, []string{"top_k"}},
		{"numbers", &llm.Request{Temperature: "0.70", TopP: "0", Seed: ptr(int64(0)), N: ptr(int64(2)), Stop: []string{"a"}, User: "u"}, "",
			`"temperature":0.70,"top_p":0,"seed":0,"stop":["a"],"n":2,"user":"u"`, nil},
		{"stream asks for usage", &llm.Request{Stream: true, IncludeUsage: ptr(false)}, "", `"stream":true,"stream_options":{"include_usage":true}`, nil},
		{"tier", &llm.Request{ServiceTier: "standard_only"}, "", `"service_tier":"default"`, nil},
		{"residue of others", &llm.Request{Native: foreignNative(`{"container":"c","inference_geo":"us"}`), Cache: &llm.CacheMark{}}, "", ``, []string{"cache_control", "container", "inference_geo"}},
		{"json", &llm.Request{Output: llm.Output{Kind: llm.OutputJSON}}, "", `"response_format":{"type":"json_object"}`, nil},
		{"schema without a name", &llm.Request{Output: llm.Output{Kind: llm.OutputSchema, Schema: json.Value(`{"a":1}`)}}, "", `"response_format":{"type":"json_schema","json_schema":{"name":"output","schema":{"a":1}}}`, nil},
		{"effort", thinking(llm.Thinking{Effort: "xhigh"}), "", `"reasoning_effort":"xhigh"`, nil},
		{"off", thinking(llm.Thinking{Mode: llm.ThinkingOff}), "", `"reasoning_effort":"none"`, nil},
		{"little", thinking(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(4096))}), "", `"reasoning_effort":"low"`, []string{"thinking.budget_tokens"}},
		{"more", thinking(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(4097))}), "", `"reasoning_effort":"medium"`, []string{"thinking.budget_tokens"}},
		{"much", thinking(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(16385))}), "", `"reasoning_effort":"high"`, []string{"thinking.budget_tokens"}},
		{"nothing", thinking(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(0))}), "", `"reasoning_effort":"none"`, []string{"thinking.budget_tokens"}},
		{"adaptive", thinking(llm.Thinking{Mode: llm.ThinkingAdaptive, Summary: "omitted"}), "", ``, []string{"thinking", "thinking.display"}},
		{"function without schema", &llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f", Cache: &llm.CacheMark{}, Native: foreignNative(`{"defer_loading":true}`)}}}, "",
			`"tools":[{"type":"function","function":{"name":"f"}}]`, []string{"tools[0].cache_control", "tools[0].defer_loading"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, tt.r, tt.provider)
			want := `{"model":"m","messages":[]`
			if tt.want != "" {
				want += "," + tt.want
			}
			if got := string(x.Body()); got != want+"}" {
				t.Errorf("got %s, want %s}", got, want)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}

func TestBothNamesOfMaxTokensComeBack(t *testing.T) {
	t.Parallel()
	for _, member := range []string{`"max_tokens":5`, `"max_completion_tokens":7`, `"max_completion_tokens":7,"max_tokens":5`} {
		r := decode(t, `{"model":"m","messages":[],`+member+`}`)
		if got := string(prepare(t, r, "groq").Body()); got != `{"model":"m","messages":[],`+member+`}` {
			t.Errorf("%s became %s", member, got)
		}
	}
}

func TestRawBodyIsUntouched(t *testing.T) {
	t.Parallel()
	body := []byte(` {"model" : "m"}`)
	if x := (Codec{}).Raw(body); string(x.Body()) != string(body) || x.Dropped() != nil || x.Header() != nil {
		t.Errorf("got %s", x.Body())
	}
}

func TestToolNamesThatChatRefusesComeBackInAnswers(t *testing.T) {
	t.Parallel()
	const long = "mcp__plugin_yelp-mcp-google_google__batch_modify_gmail_message_labels"
	const dotted = "repo.search/code v2"
	r := &llm.Request{
		Tools:      []llm.Tool{{Kind: llm.FunctionTool, Name: long}, {Kind: llm.FunctionTool, Name: dotted}, {Kind: llm.FunctionTool, Name: "repo_search/code v2"}, {Kind: llm.FunctionTool, Name: "ok"}},
		ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: dotted},
		Turns:      []llm.Turn{{Role: llm.Assistant, Parts: []llm.Part{&llm.ToolCall{ID: "a", Name: dotted}}}},
	}
	x := prepare(t, r, "openai")
	sent := map[string]bool{}
	var name string
	for i := range r.Tools {
		name = json.Unquote(json.Lookup(x.Body(), "tools", string('0'+rune(i)), "function", "name"))
		if name == "" || dialect.LegalName(name, dialect.MaxToolName) != name || sent[name] {
			t.Errorf("%s is sent as %q", r.Tools[i].Name, name)
		}
		sent[name] = true
	}
	if name != "ok" {
		t.Errorf("a legal name became %q", name)
	}
	name = json.Unquote(json.Lookup(x.Body(), "tools", "1", "function", "name"))
	for _, path := range [][]string{{"tool_choice", "function", "name"}, {"messages", "0", "tool_calls", "0", "function", "name"}} {
		if got := json.Unquote(json.Lookup(x.Body(), path...)); got != name {
			t.Errorf("%v is %q, want %q", path, got, name)
		}
	}
	answer, err := x.DecodeResponse([]byte(`{"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"` + name + `","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Choices[0].Parts[0].(*llm.ToolCall).Name; got != dotted {
		t.Errorf("the answer calls %q", got)
	}
	events, err := x.DecodeStream().Decode(nil, frame.Frame{Data: []byte(`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"` + name + `"}}]}}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := events[len(events)-1].Name; got != dotted {
		t.Errorf("the stream calls %q", got)
	}
}

func TestThoughtsGoToWhoWantsThem(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Turns: []llm.Turn{{Role: llm.Assistant, Parts: []llm.Part{&llm.Reasoning{Text: "hm"}, &llm.ToolCall{ID: "c", Name: "f"}}}}}
	for provider, want := range map[string]bool{"deepseek": true, "moonshot": true, "openai": false, "groq": false} {
		x := prepare(t, r, provider)
		sent := strings.Contains(string(x.Body()), `"reasoning_content":"hm"`)
		if sent != want || want != (len(x.Dropped()) == 0) {
			t.Errorf("%s: sent %s, dropped %q", provider, x.Body(), x.Dropped())
		}
	}
}
