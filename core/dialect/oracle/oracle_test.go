package oracle

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
	dialecttest.Run(t, dialecttest.Codec{Out: Codec{}, Frames: frame.SSE})
}

func text(role llm.Role, s string) llm.Turn {
	return llm.Turn{Role: role, Parts: []llm.Part{&llm.Text{Text: s}}}
}

var weather = llm.Tool{
	Kind: llm.FunctionTool, Name: "get_weather", Description: "d",
	Parameters: json.Value(`{"type":"object","properties":{"city":{"type":"string","description":"c"},"unit":{"enum":["c"]}},"required":["city"]}`),
}

var five = int64(5)

// asked is a conversation with a tool that has answered.
func asked() []llm.Turn {
	return []llm.Turn{text(llm.System, "s"), text(llm.User, "hi"),
		{Role: llm.Assistant, Parts: []llm.Part{&llm.Text{Text: "hm"}, &llm.ToolCall{ID: "c1", Name: "get_weather", Arguments: `{"city":"Paris"}`}}},
		{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "c1", Parts: []llm.Part{&llm.Text{Text: "sunny"}}}}}}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	hi := []llm.Turn{text(llm.User, "hi")}
	const said, asCohere = `{"apiFormat":"GENERIC","messages":[{"role":"USER","content":[{"type":"TEXT","text":"hi"}]}]`, `{"apiFormat":"COHERE","message":"hi"`
	yes := true
	tests := []struct {
		name, model, want, dropped string
		r                          llm.Request
	}{
		{"parameters", "meta.llama", said + `,"maxTokens":5,"temperature":0.70,"topP":1,"topK":5,"frequencyPenalty":0,"presencePenalty":2,"seed":5,"numGenerations":5,"stop":["x"],"isStream":true,"streamOptions":{"isIncludeUsage":true},"logitBias":{"1":2}}`, "logprobs user",
			llm.Request{Turns: hi, MaxTokens: &five, Temperature: "0.70", TopP: "1", TopK: &five, FrequencyPenalty: "0", PresencePenalty: "2", Seed: &five, N: &five, Stop: []string{"x"}, Stream: true, User: "u",
				Native: llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"max_tokens":null,"logprobs":true,"logit_bias":{"1":2}}`)}}},
		{"openai's models", "openai.gpt-5", said + `,"maxCompletionTokens":5,"reasoningEffort":"HIGH"}`, "reasoning_effort", llm.Request{Turns: hi, MaxTokens: &five, Reasoning: llm.Thinking{Effort: "xhigh"}}},
		{"a schema", "m", said + `,"responseFormat":{"type":"JSON_SCHEMA","jsonSchema":{"name":"output","schema":{"type":"object"},"isStrict":true}}}`, "",
			llm.Request{Turns: hi, Output: llm.Output{Kind: llm.OutputSchema, Schema: json.Value(`{"type":"object"}`), Strict: &yes}}},
		{"json", "m", said + `,"responseFormat":{"type":"JSON_OBJECT"}}`, "", llm.Request{Turns: hi, Output: llm.Output{Kind: llm.OutputJSON}}},
		{"media are addresses", "m", `{"apiFormat":"GENERIC","messages":[{"role":"USER","content":[{"type":"IMAGE","imageUrl":{"url":"data:image/png;base64,aGk=","detail":"LOW"}},{"type":"AUDIO","audioUrl":{"url":"data:audio/mpeg;base64,aGk="}},{"type":"DOCUMENT","documentUrl":{"url":"https://h/a.pdf"}}]}]}`, "",
			llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Media{Kind: llm.Image, Data: "aGk=", Detail: "low"}, &llm.Media{Kind: llm.Audio, Data: "aGk="}, &llm.Media{Kind: llm.Document, URL: "https://h/a.pdf"}}}}}},
		{"a tool conversation", "m", `{"apiFormat":"GENERIC","messages":[{"role":"SYSTEM","content":[{"type":"TEXT","text":"s"}]},{"role":"USER","content":[{"type":"TEXT","text":"hi"}]},` +
			`{"role":"ASSISTANT","content":[{"type":"TEXT","text":"hm"}],"toolCalls":[{"id":"c1","type":"FUNCTION","name":"get_weather","arguments":"{\"city\":\"Paris\"}"}]},{"role":"TOOL","content":[{"type":"TEXT","text":"sunny"}],"toolCallId":"c1"}],` +
			`"tools":[{"type":"FUNCTION","name":"get_weather","description":"d","parameters":` + string(weather.Parameters) + `}],"toolChoice":{"type":"FUNCTION","name":"get_weather"},"isParallelToolCalls":true}`, "",
			llm.Request{Turns: asked(), Tools: []llm.Tool{weather}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "get_weather"}, ParallelTools: &yes}},

		{"cohere", "cohere.command-a", asCohere + `,"chatHistory":[{"role":"USER","message":"a"},{"role":"CHATBOT","message":"b"}],"preambleOverride":"s\nt","maxTokens":5,"stopSequences":["x"],"responseFormat":{"type":"JSON_OBJECT","schema":{"type":"object"}}}`, "reasoning",
			llm.Request{Turns: append([]llm.Turn{text(llm.System, "s"), text(llm.User, "a"), text(llm.Assistant, "b"), text(llm.Developer, "t")}, hi...), MaxTokens: &five, Stop: []string{"x"},
				Output: llm.Output{Kind: llm.OutputSchema, Schema: json.Value(`{"type":"object"}`)}, Reasoning: llm.Thinking{Effort: "low"}}},
		{"cohere's tools", "cohere.command-r", `{"apiFormat":"COHERE","message":"","chatHistory":[{"role":"USER","message":"hi"},{"role":"CHATBOT","message":"hm","toolCalls":[{"name":"get_weather","parameters":{"city":"Paris"}}]}],"preambleOverride":"s",` +
			`"toolResults":[{"call":{"name":"get_weather","parameters":{"city":"Paris"}},"outputs":[{"output":"sunny"}]}],` +
			`"tools":[{"name":"get_weather","description":"d","parameterDefinitions":{"city":{"type":"str","description":"c","isRequired":true},"unit":{"type":"Any","isRequired":false}}}]}`, "tool_choice tools.parameters.enum",
			llm.Request{Turns: asked(), Tools: []llm.Tool{weather}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}}},
		{"cohere's tools in the past", "cohere.command-r", asCohere + `,"chatHistory":[{"role":"USER","message":"hi"},{"role":"CHATBOT","message":"hm","toolCalls":[{"name":"get_weather","parameters":{"city":"Paris"}}]},` +
			`{"role":"TOOL","toolResults":[{"call":{"name":"get_weather","parameters":{"city":"Paris"}},"outputs":[{"output":"sunny"}]}]},{"role":"CHATBOT","message":"Sunny."}],"preambleOverride":"s"}`, "",
			llm.Request{Turns: append(append(asked(), text(llm.Assistant, "Sunny.")), hi...)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.r.Model = tt.model
			x, err := Codec{}.Prepare(&tt.r, dialect.Target{Provider: "oracle"})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(x.Body()); got != tt.want || !json.Valid(x.Body()) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := strings.Join(x.Dropped(), " "); got != tt.dropped {
				t.Errorf("dropped %q, want %q", got, tt.dropped)
			}
		})
	}
}

func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	t.Parallel()
	media := func(m llm.Media) []llm.Turn { return []llm.Turn{{Role: llm.User, Parts: []llm.Part{&m}}} }
	for name, r := range map[string]llm.Request{
		"a file":                     {Turns: media(llm.Media{Kind: llm.Document, FileID: "f"})},
		"an image for cohere":        {Model: "cohere.command-r", Turns: media(llm.Media{Kind: llm.Image, Data: "aGk="})},
		"several answers of cohere":  {Model: "cohere.command-r", N: &five},
		"a tool of another provider": {Tools: []llm.Tool{{Kind: "web_search_20250305"}}},
	} {
		_, err := Codec{}.Prepare(&r, dialect.Target{})
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.HTTPStatus() != 400 {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `[]`, `{"modelId":"m","chatResponse":{"apiFormat":"GENERIC"}}`} {
		if _, err := (Codec{}).Raw(nil).DecodeResponse([]byte(body)); err == nil {
			t.Errorf("%s was read", body)
		}
	}
}

func TestCohereCallsGetIDs(t *testing.T) {
	t.Parallel()
	r, err := Codec{}.Raw(nil).DecodeResponse([]byte(`{"chatResponse":{"text":"","finishReason":"COMPLETE","toolCalls":[{"name":"f","parameters":{"a":1}},{"name":"f"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	a, b := r.Choices[0].Parts[0].(*llm.ToolCall), r.Choices[0].Parts[1].(*llm.ToolCall)
	if a.ID == "" || a.ID == b.ID || a.Arguments != `{"a":1}` || b.Arguments != "{}" || r.Choices[0].Finish.Reason != llm.FinishToolCalls {
		t.Errorf("got %+v and %+v, %+v", a, b, r.Choices[0].Finish)
	}
}
