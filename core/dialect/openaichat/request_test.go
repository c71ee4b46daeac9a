package openaichat

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

func decode(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body), Model: "from-path"})
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return r
}

// chatOf is a request with one message list.
func chatOf(messages string) string { return `{"model":"m","messages":[` + messages + `]}` }

func TestDecodeRequestNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	user := func(part string) string { return chatOf(`{"role":"user","content":[` + part + `]}`) }
	with := func(member string) string { return `{"messages":[{"role":"user","content":"x"}],` + member + `}` }
	tests := []struct{ name, body, want string }{
		{"not JSON", `{"messages":`, "unexpected EOF"},
		{"an array", `[]`, "the request body"},
		{"duplicate", `{"messages":[],"model":"a","model":"b"}`, "model"},
		{"no messages", `{"model":"m"}`, "messages: is missing"},
		{"messages null", `{"messages":null}`, "messages: is missing"},
		{"messages a string", `{"messages":"hi"}`, "messages: must not be a string"},
		{"a body for another route", `{"input":"hi"}`, "/v1/responses"},
		{"no role", chatOf(`{"content":"x"}`), "messages[0].role: is missing"},
		{"unknown role", chatOf(`{"role":"user","content":"x"},{"role":"boss","content":"x"}`), "messages[1].role"},
		{"content a number", chatOf(`{"role":"user","content":7}`), "messages[0].content: must be a string or an array"},
		{"part without type", user(`{"text":"x"}`), "messages[0].content[0].type"},
		{"text without text", user(`{"type":"text"}`), "messages[0].content[0].text"},
		{"text a number", user(`{"type":"text","text":7}`), "messages[0].content[0].text: must not be a number"},
		{"image without object", user(`{"type":"image_url"}`), "messages[0].content[0].image_url"},
		{"image without url", user(`{"type":"image_url","image_url":{}}`), "messages[0].content[0].image_url.url"},
		{"image url a number", user(`{"type":"image_url","image_url":{"url":7}}`), "messages[0].content[0].image_url.url"},
		{"empty file", user(`{"type":"file","file":{}}`), "messages[0].content[0].file"},
		{"audio without data", user(`{"type":"input_audio","input_audio":{"format":"wav"}}`), "messages[0].content[0].input_audio.data"},
		{"result without id", chatOf(`{"role":"tool","content":"x"}`), "messages[0].tool_call_id"},
		{"call without function", chatOf(`{"role":"assistant","tool_calls":[{"id":"a","type":"function"}]}`), "messages[0].tool_calls[0].function"},
		{"temperature a string", with(`"temperature":"0.7"`), "temperature: must be a number"},
		{"no tokens", with(`"max_tokens":0`), "max_tokens: must be at least 1"},
		{"fewer than no tokens", with(`"max_completion_tokens":-5`), "max_completion_tokens: must be at least 1"},
		{"half a token", with(`"max_tokens":1.5`), "max_tokens"},
		{"no answers", with(`"n":0`), "n: must be at least 1"},
		{"stop a number", with(`"stop":7`), "stop: must be a string or an array"},
		{"tool without name", with(`"tools":[{"type":"function","function":{}}]`), "tools[0].function.name"},
		{"tool without type", with(`"tools":[{"function":{"name":"f"}}]`), "tools[0].type"},
		{"unknown tool choice", with(`"tool_choice":"sometimes"`), "tool_choice"},
		{"choice of no tool", with(`"tool_choice":{"type":"function"}`), "tool_choice"},
		{"schema without schema", with(`"response_format":{"type":"json_schema"}`), "response_format.json_schema"},
		{"format a string", with(`"response_format":"json"`), "response_format"},
		{"budget a string", with(`"thinking":{"type":"enabled","budget_tokens":"x"}`), "thinking.budget_tokens"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(tt.body)})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != llm.BadRequest {
				t.Fatalf("got %v, want a bad request", err)
			}
			if !strings.Contains(e.Message, tt.want) {
				t.Errorf("got %q, want it to say %q", e.Message, tt.want)
			}
			if strings.Contains(e.Message, "Go") || strings.Contains(e.Message, "jsontext") {
				t.Errorf("%q speaks of our own types", e.Message)
			}
		})
	}
}

func TestNullMeansAbsent(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"model":null,"messages":[{"role":"assistant","content":null,"name":null,"tool_calls":null,"refusal":null,"function_call":null,"reasoning_content":null,"annotations":null}],
		"max_tokens":null,"max_completion_tokens":null,"temperature":null,"top_p":null,"stop":null,"n":null,"seed":null,"tools":null,"functions":null,
		"tool_choice":null,"function_call":null,"response_format":null,"reasoning_effort":null,"thinking":null,"user":null,"service_tier":null,
		"stream":null,"stream_options":null,"parallel_tool_calls":null,"cache_control":null,"top_k":null,"frequency_penalty":null,"presence_penalty":null}`)
	want := &llm.Request{Model: "from-path", Turns: []llm.Turn{{Role: llm.Assistant}}}
	r.Turns[0].Native, r.Native = llm.Native{}, llm.Native{}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v", r)
	}
}

func TestContentIsAStringOrAnArrayInEveryRole(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"system", "developer", "user", "assistant", "tool"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			text := func(content string) []llm.Part {
				ps := decode(t, chatOf(`{"role":"`+role+`","tool_call_id":"a","content":`+content+`}`)).Turns[0].Parts
				if r, ok := ps[0].(*llm.ToolResult); ok {
					return r.Parts
				}
				return ps
			}
			want := []llm.Part{&llm.Text{Text: "x"}}
			for _, content := range []string{`"x"`, `[{"type":"text","text":"x"}]`} {
				if got := text(content); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: got %+v", content, got)
				}
			}
		})
	}
}

func TestLiteralsOfNumbersSurvive(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"messages":[],"temperature":0.70,"top_p":1e-2,"frequency_penalty":0,"presence_penalty":-0.0}`)
	if got := [4]llm.Number{r.Temperature, r.TopP, r.FrequencyPenalty, r.PresencePenalty}; got != [4]llm.Number{"0.70", "1e-2", "0", "-0.0"} {
		t.Errorf("got %q", got)
	}
}

func TestMediaAreReadFromEveryForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, part string
		want       llm.Media
	}{
		{"link", `{"type":"image_url","image_url":{"url":"https://e.com/a.png","detail":"high"}}`, llm.Media{Kind: llm.Image, URL: "https://e.com/a.png", Detail: "high"}},
		{"link as a string", `{"type":"image_url","image_url":"https://e.com/a.png"}`, llm.Media{Kind: llm.Image, URL: "https://e.com/a.png"}},
		{"link with type", `{"type":"image_url","image_url":{"url":"gs://b/a","mime_type":"video/mp4"}}`, llm.Media{Kind: llm.Video, MediaType: "video/mp4", URL: "gs://b/a"}},
		{"data", `{"type":"image_url","image_url":{"url":"data:IMAGE/Jpeg;a=b;base64,QQ=="}}`, llm.Media{Kind: llm.Image, MediaType: "image/jpeg", Data: "QQ=="}},
		{"plain data", `{"type":"image_url","image_url":{"url":"data:text/plain,a%20b"}}`, llm.Media{Kind: llm.Document, MediaType: "text/plain", Data: "YSBi"}},
		{"a document as an image", `{"type":"image_url","image_url":{"url":"data:application/pdf;base64,QQ=="}}`, llm.Media{Kind: llm.Document, MediaType: "application/pdf", Data: "QQ=="}},
		{"sound", `{"type":"input_audio","input_audio":{"data":"QQ==","format":"mp3"}}`, llm.Media{Kind: llm.Audio, MediaType: "audio/mpeg", Data: "QQ=="}},
		{"file", `{"type":"file","file":{"file_data":"data:application/pdf;base64,QQ==","filename":"a.pdf"}}`, llm.Media{Kind: llm.Document, MediaType: "application/pdf", Data: "QQ==", Name: "a.pdf"}},
		{"bare file", `{"type":"file","file":{"file_data":"QQ==","file_name":"a","mime_type":"image/png"}}`, llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "QQ==", Name: "a"}},
		{"file of unknown type", `{"type":"file","file":{"file_data":"QQ=="}}`, llm.Media{Kind: llm.Document, Data: "QQ=="}},
		{"text", `{"type":"file","file":{"file_data":"plain words","mime_type":"text/plain"}}`, llm.Media{Kind: llm.Document, MediaType: "text/plain", Text: "plain words"}},
		{"file id", `{"type":"file","file":{"file_id":"file-1"}}`, llm.Media{Kind: llm.Document, FileID: "file-1"}},
		{"file link", `{"type":"file","file":{"file_url":"https://e.com/a.pdf"}}`, llm.Media{Kind: llm.Document, URL: "https://e.com/a.pdf"}},
		{"film", `{"type":"video_url","video_url":{"url":"https://e.com/a.mp4"}}`, llm.Media{Kind: llm.Video, URL: "https://e.com/a.mp4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := *decode(t, chatOf(`{"role":"user","content":[`+tt.part+`]}`)).Turns[0].Parts[0].(*llm.Media)
			got.Native = llm.Native{}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestCacheMarksAreFoundInEveryPlace(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"messages":[
		{"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
		{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"cache_control":{"type":"ephemeral","ttl":"5m"}},
		{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"},"cache_control":{"type":"ephemeral"}}]},
		{"role":"tool","tool_call_id":"a","content":"x","cache_control":{"type":"ephemeral"}}],
		"tools":[{"type":"function","function":{"name":"f"},"cache_control":{"type":"ephemeral"}}],"cache_control":{"type":"ephemeral"}}`)
	marks := map[string]*llm.CacheMark{
		"part": r.Turns[0].Parts[0].(*llm.Text).Cache, "message": r.Turns[1].Parts[1].(*llm.Text).Cache,
		"call": r.Turns[2].Parts[0].(*llm.ToolCall).Cache, "result": r.Turns[3].Parts[0].(*llm.ToolResult).Cache,
		"tool": r.Tools[0].Cache, "request": r.Cache,
	}
	ttl := map[string]string{"part": "1h", "message": "5m"}
	for name, m := range marks {
		if m == nil || m.TTL != ttl[name] {
			t.Errorf("%s: got %+v", name, m)
		}
	}
	if r.Turns[1].Parts[0].(*llm.Text).Cache != nil {
		t.Error("the mark of a message stands on a part before the last")
	}
}

func TestLegacyCallsAndResultsFindEachOther(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"messages":[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"1"}],
		"functions":[{"name":"f"}],"function_call":"auto"}`)
	call := r.Turns[0].Parts[0].(*llm.ToolCall)
	result := r.Turns[1].Parts[0].(*llm.ToolResult)
	if call.ID == "" || call.ID != result.CallID || call.Arguments != `{"a":1}` {
		t.Errorf("got call %+v and result %+v", call, result)
	}
	if r.Turns[1].Role != llm.ToolRole || r.Tools[0].Kind != llm.FunctionTool || r.ToolChoice.Mode != llm.ToolAuto {
		t.Errorf("got %+v", r)
	}
}

func TestContentBlocksWinOverContent(t *testing.T) {
	t.Parallel()
	r := decode(t, chatOf(`{"role":"assistant","content":"42","content_blocks":[{"type":"thinking","thinking":"Six","signature":"E"},{"type":"redacted_thinking","data":"Z"},{"type":"text","text":"forty-two"}]}`))
	ps := r.Turns[0].Parts
	if len(ps) != 3 {
		t.Fatalf("got %d parts", len(ps))
	}
	if p := ps[0].(*llm.Reasoning); p.Text != "Six" || p.Signature != "E" || p.Origin != "" {
		t.Errorf("got %+v", p)
	}
	if p := ps[1].(*llm.Reasoning); p.Redacted != "Z" {
		t.Errorf("got %+v", p)
	}
	if p := ps[2].(*llm.Text); p.Text != "forty-two" {
		t.Errorf("got %+v", p)
	}
}

func TestStreamUsageIsTriState(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]*bool{`{}`: nil, `{"include_usage":false}`: new(bool), `null`: nil} {
		if got := decode(t, `{"messages":[],"stream":true,"stream_options":`+in+`}`).IncludeUsage; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v", in, got)
		}
	}
}

func TestThinkingObjectIsRead(t *testing.T) {
	t.Parallel()
	got := decode(t, `{"messages":[],"thinking":{"type":"adaptive","budget_tokens":1024,"display":"omitted"},"reasoning_effort":"xhigh"}`).Reasoning
	if got.Mode != llm.ThinkingAdaptive || *got.Budget != 1024 || got.Summary != "omitted" || got.Effort != "xhigh" {
		t.Errorf("got %+v", got)
	}
}
