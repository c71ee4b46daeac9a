package workersai

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

var weather = llm.Tool{Kind: llm.FunctionTool, Name: "get_weather", Parameters: json.Value(`{"type":"object"}`)}

const weatherTool = `"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object"}}}]`

func TestPrepare(t *testing.T) {
	t.Parallel()
	n, two := int64(5), int64(2)
	hi := []llm.Turn{text(llm.User, "hi")}
	tests := []struct {
		name, want, dropped string
		r                   llm.Request
	}{
		{"parameters", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],"max_tokens":5,"temperature":0.70,"top_p":1,"top_k":2,"seed":2,"frequency_penalty":0,"presence_penalty":1,"stream":true,"raw":false,"lora":"l"}`, "logit_bias stop",
			llm.Request{Turns: append([]llm.Turn{text(llm.Developer, "s")}, hi...), MaxTokens: &n, Temperature: "0.70", TopP: "1", TopK: &two, Seed: &two, FrequencyPenalty: "0", PresencePenalty: "1",
				Stream: true, Stop: []string{"x"}, Native: llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"raw":false,"lora":"l","logit_bias":{"1":2},"max_tokens":null}`)}}},
		{"a prompt stays a prompt", `{"prompt":"hi","max_tokens":5}`, "", llm.Request{Turns: hi, MaxTokens: &n, Native: llm.Native{Dialect: llm.OpenAIText}}},
		{"json", `{"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_object"}}`, "", llm.Request{Turns: hi, Output: llm.Output{Kind: llm.OutputJSON}}},
		{"a schema has no name", `{"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"type":"object"}}}`, "",
			llm.Request{Turns: hi, Output: llm.Output{Kind: llm.OutputSchema, Name: "n", Schema: json.Value(`{"type":"object"}`)}}},
		{"images", `{"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,aGk="}},{"type":"image_url","image_url":{"url":"https://h/i.png"}}]}]}`, "messages.content.detail",
			llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "hi"}, &llm.Media{Kind: llm.Image, Data: "aGk=", MediaType: "image/jpeg"}, &llm.Media{Kind: llm.Image, URL: "https://h/i.png", Detail: "low"}}}}}},
		{"a tool conversation", `{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]},{"role":"tool","content":"sunny","name":"get_weather","tool_call_id":"c1"}],` + weatherTool + `}`, "messages.content.is_error (tool_result) messages.content (reasoning)",
			llm.Request{Tools: []llm.Tool{weather}, Turns: []llm.Turn{hi[0],
				{Role: llm.Assistant, Parts: []llm.Part{&llm.Reasoning{Text: "hm"}, &llm.ToolCall{ID: "c1", Name: "get_weather", Arguments: `{"city":"Paris"}`}}},
				{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "c1", IsError: true, Parts: []llm.Part{&llm.Text{Text: "sunny"}}}}}}}},
		{"no tools", `{"messages":[{"role":"user","content":"hi"}]}`, "", llm.Request{Turns: hi, Tools: []llm.Tool{weather}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNone}}},
		{"a tool cannot be forced", `{"messages":[{"role":"user","content":"hi"}],` + weatherTool + `}`, "tool_choice", llm.Request{Turns: hi, Tools: []llm.Tool{weather}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "get_weather"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x, err := Codec{}.Prepare(&tt.r, dialect.Target{Provider: "workers-ai", Model: "@cf/m"})
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

func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	t.Parallel()
	two := int64(2)
	for name, r := range map[string]llm.Request{
		"two answers": {N: &two},
		"token ids":   {Native: llm.Native{Dialect: llm.OpenAIText}, Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Foreign{Kind: "prompt"}}}}},
		"a sound":     {Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Media{Kind: llm.Audio, Data: "aGk="}}}}},
		"a file":      {Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Media{Kind: llm.Image, FileID: "f"}}}}},
	} {
		_, err := Codec{}.Prepare(&r, dialect.Target{})
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.HTTPStatus() != 400 {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}

// A model that does not say why it stopped has been cut if it has used up its
// tokens.
func TestAnAnswerThatUsedUpItsTokensWasCut(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int64]llm.FinishReason{2: llm.FinishLength, 3: llm.FinishStop} {
		x, err := Codec{}.Prepare(&llm.Request{MaxTokens: &limit}, dialect.Target{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.DecodeResponse([]byte(`{"result":{"response":"Hi there","usage":{"prompt_tokens":5,"completion_tokens":2}},"success":true}`))
		if err != nil || r.Choices[0].Finish.Reason != want {
			t.Errorf("limit %d: got %+v, %v, want %s", limit, r, err, want)
		}
	}
}

func TestEnvelopesWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"success":true,"errors":[]}`, `{"result":{},"success":true}`, `{"result":{"response":"x"},"success":false,"errors":[]}`, `[]`,
		`{"result":null,"success":false,"errors":[{"code":5007,"message":"no such model"}]}`,
	} {
		_, err := Codec{}.Raw(nil).DecodeResponse([]byte(body))
		if _, ok := errors.AsType[*llm.Error](err); !ok {
			t.Errorf("%s: got %v, want an error", body, err)
		}
	}
}
