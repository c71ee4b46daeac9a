package gemini

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect/dialecttest"
	"sluice/core/llm"
)

func TestDecodeRequestGivesCanonicalForm(t *testing.T) {
	t.Parallel()
	r := decode(t, `{
		"contents":[
			{"role":"model","parts":[{"functionCall":{"name":"f"}},{"functionCall":{"name":"g","args":{"x":1}}},{"functionCall":{"name":"f"}}]},
			{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},{"functionResponse":{"name":"f","response":{"error":"2"}}},{"functionResponse":{"name":"g","response":{"a":3}}}]}],
		"generationConfig":{"maxOutputTokens":5,"thinkingConfig":{"thinkingBudget":7},"responseMimeType":"application/json","responseSchema":{"type":"STRING"}},
		"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}],"googleSearch":{}}],
		"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}}`)
	calls, results := r.Turns[0].Parts, r.Turns[1].Parts
	for i, want := range []struct {
		call  int
		text  string
		error bool
	}{{0, "1", false}, {2, "2", true}, {1, `{"a":3}`, false}} {
		res := results[i].(*llm.ToolResult)
		if got := res.Parts[0].(*llm.Text).Text; res.CallID != calls[want.call].(*llm.ToolCall).ID || got != want.text || res.IsError != want.error {
			t.Errorf("result %d: got %+v, want %+v", i, res, want)
		}
	}
	if r.Turns[0].Role != llm.Assistant || *r.MaxTokens != 5 || r.Reasoning.Mode != llm.ThinkingOn || *r.Reasoning.Budget != 7 {
		t.Errorf("got %+v", r)
	}
	if r.Output.Kind != llm.OutputSchema || string(r.Output.Schema) != `{"type":"string"}` {
		t.Errorf("output: got %+v", r.Output)
	}
	if got := string(r.Tools[0].Parameters); got != `{"type":"object","properties":{"a":{"type":"string"}}}` || r.Tools[1].Kind != "googleSearch" {
		t.Errorf("tools: got %+v", r.Tools)
	}
	if r.ToolChoice.Mode != llm.ToolNamed || r.ToolChoice.Name != "f" {
		t.Errorf("choice: got %+v", r.ToolChoice)
	}
}

func TestMintedIDsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	body := `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"parts":[{"functionResponse":{"name":"g"}},{"functionResponse":{"name":"h"}}]}]}`
	a, b := decode(t, body), decode(t, body)
	if !reflect.DeepEqual(a, b) {
		t.Error("two readings differ")
	}
	first, second := a.Turns[1].Parts[0].(*llm.ToolResult), a.Turns[1].Parts[1].(*llm.ToolResult)
	if first.CallID != a.Turns[0].Parts[0].(*llm.ToolCall).ID || second.CallID == first.CallID || second.CallID == "" {
		t.Errorf("got %+v and %+v", first, second)
	}
}

func TestFilesOfTheAPIAreIDs(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/a"}},{"inlineData":{"mimeType":"image/png","data":"-_8="}}]}]}`)
	if m := r.Turns[0].Parts[0].(*llm.Media); m.FileID == "" || m.URL != "" {
		t.Errorf("got %+v", m)
	}
	if m := r.Turns[0].Parts[1].(*llm.Media); m.Data != "+/8=" || m.Kind != llm.Image {
		t.Errorf("got %+v", m)
	}
}

func TestACountHoldsTheRequestInside(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"generate_content_request":{"model":"models/gemini-2.5-flash","system_instruction":{"parts":{"text":"a"}},"contents":[{"parts":[{"text":"Hi"}]}]}}`)
	if len(r.Turns) != 2 || r.Turns[0].Role != llm.System || r.Native.Members != nil {
		t.Errorf("got %+v", r)
	}
}

func TestBadRequestsNameThePlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"not JSON", `{`, "the request body"},
		{"a text for a list", `{"contents":"Hi"}`, "contents"},
		{"a number for a text", `{"contents":[{"parts":[{"text":1}]}]}`, "contents[0].parts[0].text"},
		{"a fraction", `{"generationConfig":{"topK":1.5}}`, "generationConfig.topK"},
		{"a word for a number", `{"generationConfig":{"temperature":"hot"}}`, "generationConfig.temperature"},
		{"a word for a budget", `{"generationConfig":{"thinkingConfig":{"thinkingBudget":"x"}}}`, "thinkingBudget"},
		{"both spellings", `{"systemInstruction":{},"system_instruction":{}}`, "duplicate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(tt.body)})
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest || !strings.Contains(e.Message, tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNamesAreRespelledOnlyWhereTheyAreTheAPIs(t *testing.T) {
	t.Parallel()
	in := `{"contents":[{"parts":[{"function_call":{"name":"f","args":{"a_b":{"c_d":1}}}},{"function_response":{"response":{"a_b":1}}}]}],` +
		`"tools":[{"function_declarations":[{"parameters":{"properties":{"a_b":{"any_of":[{"min_items":1}]}}}}]}],"labels":{"a_b":"c"},"_x_y":1,"HARM_A":2,"plain":"a_b"}`
	want := `{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"a_b":{"c_d":1}}}},{"functionResponse":{"response":{"a_b":1}}}]}],` +
		`"tools":[{"functionDeclarations":[{"parameters":{"properties":{"a_b":{"anyOf":[{"minItems":1}]}}}}]}],"labels":{"a_b":"c"},"_x_y":1,"HARM_A":2,"plain":"a_b"}`
	if got := string(camelCase([]byte(in))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// How a thing was written is no loss for other dialects.
func TestFormsAreNotReportedAsLost(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"system_instruction":{"parts":{"text":"a"}},
		"contents":[{"parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"role":"function","parts":[{"functionResponse":{"name":"f","response":{"output":"{}"}}},{"functionResponse":{"name":"g"}}]}],
		"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}},{"name":"g","parameters":{"type":"object"}}]},{"googleSearch":{}}],"toolConfig":{},
		"generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH"},"responseSchema":{"type":"STRING"}}}`)
	if got := dialecttest.ForeignNames(r); got != nil {
		t.Errorf("reported %q", got)
	}
	r = decode(t, `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"},"thoughtSignature":"c2ln"}]}],"safetySettings":[{}],"generationConfig":{"speechConfig":{"a":1}},"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}`)
	got := dialecttest.ForeignNames(r)
	slices.Sort(got)
	if want := []string{"generationConfig", "mode", "safetySettings"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestThoughtsOfOthersFindTheirWayHome(t *testing.T) {
	t.Parallel()
	in := []*llm.Reasoning{
		{Text: "a", Signature: "EqQB:+/=", Origin: llm.Anthropic},
		{Redacted: "cmVk", Origin: llm.Converse},
		{Text: "b", Signature: "c2ln", Origin: llm.Gemini},
		{Text: "c", Origin: llm.OpenAIChat},
	}
	for _, r := range in {
		p := encodeThought(r)
		p.Signature = strings.NewReplacer("+", "-", "/", "_").Replace(p.Signature) // as Google's Python SDK has it
		got := decodePart(&p).(*llm.Reasoning)
		if r.Signature+r.Redacted == "" {
			got.Origin = r.Origin
		}
		if !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, want %+v", got, r)
		}
	}
}
