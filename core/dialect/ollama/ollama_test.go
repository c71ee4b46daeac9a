package ollama

import (
	"errors"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{Out: Codec{}, Frames: frame.NDJSON})
}

func text(role llm.Role, s string) llm.Turn {
	return llm.Turn{Role: role, Parts: []llm.Part{&llm.Text{Text: s}}}
}

func int64p(n int64) *int64 { return &n }
func yes(b bool) *bool      { return &b }

var weather = llm.Tool{Kind: llm.FunctionTool, Name: "get_weather", Description: "d", Parameters: json.Value(`{"type":"object"}`)}

func TestPrepare(t *testing.T) {
	t.Parallel()
	hi := []llm.Turn{text(llm.User, "hi")}
	chat := func(members string) llm.Native {
		return llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(members)}
	}
	tests := []struct {
		name, want, dropped string
		r                   llm.Request
	}{
		{"parameters stand in options", `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],"options":{"num_predict":5,"temperature":0.70,"top_p":1,"top_k":3,"seed":-1,"frequency_penalty":0.5,"presence_penalty":0.25,"stop":["a","b"]},"stream":true}`, "",
			llm.Request{Turns: append([]llm.Turn{text(llm.Developer, "s")}, hi...), MaxTokens: int64p(5), Temperature: "0.70", TopP: "1", TopK: int64p(3), Seed: int64p(-1),
				FrequencyPenalty: "0.5", PresencePenalty: "0.25", Stop: []string{"a", "b"}, Stream: true}},
		{"what a client adds itself", `{"model":"m","messages":[{"role":"user","content":"hi"}],"think":"high","options":{"temperature":0,"num_ctx":8192},"stream":false,"keep_alive":"10m"}`, "store",
			llm.Request{Turns: hi, Temperature: "0", Native: chat(`{"store":true,"keep_alive":"10m","options":{"num_ctx":8192,"temperature":1},"think":"high","stream_options":{"x":1}}`)}},
		{"json", `{"model":"m","messages":[{"role":"user","content":"hi"}],"format":"json","stream":false}`, "", llm.Request{Turns: hi, Output: llm.Output{Kind: llm.OutputJSON}}},
		{"a schema", `{"model":"m","messages":[{"role":"user","content":"hi"}],"format":{"type":"object"},"stream":false}`, "",
			llm.Request{Turns: hi, Output: llm.Output{Kind: llm.OutputSchema, Name: "n", Schema: json.Value(`{"type":"object"}`)}}},
		{"an image", `{"model":"m","messages":[{"role":"user","content":"hi","images":["aGk="]}],"stream":false}`, "",
			llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "hi"}, &llm.Media{Kind: llm.Image, Data: "aGk="}}}}}},
		{"a tool conversation", `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","thinking":"hm","tool_calls":[{"id":"c1","function":{"name":"get_weather","arguments":{"city":"Paris"}}},{"id":"c2","function":{"name":"get_weather","arguments":{}}}]},` +
			`{"role":"tool","content":"sunny","tool_name":"get_weather","tool_call_id":"c1"},{"role":"tool","content":"rain\n[image: see the next user message]","tool_name":"get_weather","tool_call_id":"c2"},{"role":"user","content":"","images":["aGk="]},{"role":"user","content":"and?"}],` +
			`"tools":[{"type":"function","function":{"name":"get_weather","description":"d","parameters":{"type":"object"}}}],"stream":false}`, "",
			llm.Request{Tools: []llm.Tool{weather}, ToolChoice: llm.ToolChoice{Mode: llm.ToolAuto}, Turns: []llm.Turn{hi[0],
				{Role: llm.Assistant, Parts: []llm.Part{&llm.Reasoning{Text: "hm"}, &llm.ToolCall{ID: "c1", Name: "get_weather", Arguments: `{"city":"Paris"}`}, &llm.ToolCall{ID: "c2", Name: "get_weather"}}},
				{Role: llm.User, Parts: []llm.Part{
					&llm.ToolResult{CallID: "c1", Parts: []llm.Part{&llm.Text{Text: "sunny"}}},
					&llm.ToolResult{CallID: "c2", Parts: []llm.Part{&llm.Text{Text: "rain"}, &llm.Media{Kind: llm.Image, Data: "aGk="}}},
					&llm.Text{Text: "and?"}}}}}},
		{"no tools", `{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":false}`, "", llm.Request{Turns: hi, Tools: []llm.Tool{weather}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNone}}},
		{"a tool cannot be forced", `{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"get_weather","description":"d","parameters":{"type":"object"}}}],"stream":false}`, "tool_choice parallel_tool_calls",
			llm.Request{Turns: hi, Tools: []llm.Tool{weather}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}, ParallelTools: yes(false)}},
		{"thinking off", `{"model":"m","messages":[{"role":"user","content":"hi"}],"think":false,"stream":false}`, "", llm.Request{Turns: hi, Reasoning: llm.Thinking{Effort: "none"}}},
		{"thinking on", `{"model":"m","messages":[{"role":"user","content":"hi"}],"think":true,"stream":false}`, "thinking.budget_tokens", llm.Request{Turns: hi, Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Budget: int64p(9)}}},
		{"levels of gpt-oss", `{"model":"gpt-oss:20b","messages":[{"role":"user","content":"hi"}],"think":"high","stream":false}`, "", llm.Request{Model: "gpt-oss:20b", Turns: hi, Reasoning: llm.Thinking{Effort: "xhigh"}}},
		{"sealed thought is another's", `{"model":"m","messages":[{"role":"assistant","content":"a"},{"role":"user","content":"hi"}],"stream":false}`, "messages.content (reasoning) user service_tier cache_control",
			llm.Request{User: "u", ServiceTier: "flex", Cache: &llm.CacheMark{}, Turns: []llm.Turn{{Role: llm.Assistant, Parts: []llm.Part{&llm.Reasoning{Text: "x", Signature: "s"}, &llm.Text{Text: "a"}}}, hi[0]}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x, err := Codec{}.Prepare(&tt.r, dialect.Target{Provider: "ollama-native", Model: "m"})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(x.Body()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := strings.Join(x.Dropped(), " "); got != tt.dropped {
				t.Errorf("dropped %q, want %q", got, tt.dropped)
			}
		})
	}
}

func TestWhatOllamaCannotDoIsRefused(t *testing.T) {
	t.Parallel()
	media := func(m llm.Media) llm.Request {
		return llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&m}}}}
	}
	for name, r := range map[string]llm.Request{
		"two answers":    {N: int64p(2)},
		"an address":     media(llm.Media{Kind: llm.Image, URL: "https://h/i.png"}),
		"a sound":        media(llm.Media{Kind: llm.Audio, Data: "aGk="}),
		"a foreign tool": {Tools: []llm.Tool{{Kind: "web_search_20250305", Name: "web_search"}}},
	} {
		_, err := Codec{}.Prepare(&r, dialect.Target{Provider: "ollama-native"})
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.HTTPStatus() != 400 || !strings.Contains(e.Message, "ollama-native") {
			t.Errorf("%s: got %v, want a refusal that names the provider", name, err)
		}
	}
}

func TestCallsGetTheClientsNames(t *testing.T) {
	t.Parallel()
	r := llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "repo.search/code"}, {Kind: llm.CustomTool, Name: "shell"}}}
	x, err := Codec{}.Prepare(&r, dialect.Target{})
	if err != nil {
		t.Fatal(err)
	}
	sent := dialect.LegalName("repo.search/code", dialect.MaxToolName)
	if !strings.Contains(string(x.Body()), `"`+sent+`"`) {
		t.Fatalf("%s is not in %s", sent, x.Body())
	}
	got, err := x.DecodeResponse([]byte(`{"message":{"tool_calls":[{"function":{"name":"` + sent + `","arguments":{"q":1}}},{"function":{"name":"shell","arguments":{"input":"ls\n"}}}]},"done":true}`))
	if err != nil {
		t.Fatal(err)
	}
	a, b := got.Choices[0].Parts[0].(*llm.ToolCall), got.Choices[0].Parts[1].(*llm.ToolCall)
	if a.Name != "repo.search/code" || a.Arguments != `{"q":1}` || a.ID == "" || a.ID == b.ID || !b.Custom || b.Arguments != "ls\n" {
		t.Errorf("got %+v and %+v", a, b)
	}
	if got.Choices[0].Finish.Reason != llm.FinishToolCalls || got.Usage != nil {
		t.Errorf("got %+v", got)
	}
}

func TestHalfAnAnswerIsNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"message":{"content":"a"},"done":false}`, `[]`, `{"message":5,"done":true}`} {
		if _, err := (Codec{}).Raw(nil).DecodeResponse([]byte(body)); err == nil {
			t.Errorf("%s was read", body)
		}
	}
}
