package anthropic

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestFaultsNameThePlace(t *testing.T) {
	t.Parallel()
	const ok = `"messages":[{"role":"user","content":"Hi"}]`
	tests := []struct{ name, body, param string }{
		{"no JSON", `{`, ""},
		{"no object", `[]`, ""},
		{"a name twice", `{"model":"a","model":"b",` + ok + `}`, ""},
		{"no messages", `{}`, "messages"},
		{"empty messages", `{"messages":[]}`, "messages"},
		{"messages of another type", `{"messages":"Hi"}`, "messages"},
		{"a message that is a text", `{"messages":[{"role":"user","content":"a"},"Hi"]}`, "messages.1"},
		{"a role that is not one", `{"messages":[{"role":"tool","content":"a"}]}`, "messages.0.role"},
		{"no role", `{"messages":[{"content":"a"}]}`, "messages.0.role"},
		{"no content", `{"messages":[{"role":"user"}]}`, "messages.0.content"},
		{"content of another type", `{"messages":[{"role":"user","content":5}]}`, "messages.0.content"},
		{"a block that is none", `{"messages":[{"role":"user","content":[5]}]}`, "messages.0.content.0"},
		{"a block without type", `{"messages":[{"role":"user","content":[{"text":"a"}]}]}`, "messages.0.content.0.type"},
		{"a text of another type", `{"messages":[{"role":"user","content":[{"type":"text","text":5}]}]}`, "messages.0.content.0.text"},
		{"inside a tool result", `{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":{}}]}]}]}`, "messages.0.content.0.content.0.text"},
		{"a failure of another type", `{"messages":[{"role":"user","content":[{"type":"tool_result","is_error":"yes"}]}]}`, "messages.0.content.0.is_error"},
		{"a source of another type", `{"messages":[{"role":"user","content":[{"type":"image","source":"x"}]}]}`, "messages.0.content.0.source"},
		{"data of another type", `{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":[]}}]}]}`, "messages.0.content.0.source.data"},
		{"a mark of another type", `{"system":[{"type":"text","text":"a","cache_control":"x"}],` + ok + `}`, "system.0.cache_control"},
		{"a lifetime of another type", `{"cache_control":{"type":"ephemeral","ttl":5},` + ok + `}`, "cache_control.ttl"},
		{"system of another type", `{"system":{},` + ok + `}`, "system"},
		{"a model of another type", `{"model":5,` + ok + `}`, "model"},
		{"max_tokens of another type", `{"max_tokens":"5",` + ok + `}`, "max_tokens"},
		{"a part of a token", `{"max_tokens":1.5,` + ok + `}`, "max_tokens"},
		{"less than no tokens", `{"max_tokens":-1,` + ok + `}`, "max_tokens"},
		{"a temperature of another type", `{"temperature":"0.5",` + ok + `}`, "temperature"},
		{"top_k of another type", `{"top_k":0.5,` + ok + `}`, "top_k"},
		{"a stream of another type", `{"stream":"true",` + ok + `}`, "stream"},
		{"stop sequences of another type", `{"stop_sequences":"x",` + ok + `}`, "stop_sequences"},
		{"a stop sequence of another type", `{"stop_sequences":["a",5],` + ok + `}`, "stop_sequences.1"},
		{"tools of another type", `{"tools":{},` + ok + `}`, "tools"},
		{"a tool without a name", `{"tools":[{"input_schema":{}}],` + ok + `}`, "tools.0.name"},
		{"a schema of another type", `{"tools":[{"name":"f","input_schema":"x"}],` + ok + `}`, "tools.0.input_schema"},
		{"a choice of another type", `{"tool_choice":"auto",` + ok + `}`, "tool_choice"},
		{"a choice that is none", `{"tool_choice":{"type":"required"},` + ok + `}`, "tool_choice.type"},
		{"a choice without a name", `{"tool_choice":{"type":"tool"},` + ok + `}`, "tool_choice.name"},
		{"thinking of another type", `{"thinking":true,` + ok + `}`, "thinking"},
		{"a budget of another type", `{"thinking":{"type":"enabled","budget_tokens":"x"},` + ok + `}`, "thinking.budget_tokens"},
		{"metadata of another type", `{"metadata":[],` + ok + `}`, "metadata"},
		{"a user of another type", `{"metadata":{"user_id":5},` + ok + `}`, "metadata.user_id"},
		{"output_config of another type", `{"output_config":"x",` + ok + `}`, "output_config"},
		{"a format of another type", `{"output_config":{"format":"json"},` + ok + `}`, "output_config.format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(tt.body)})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != llm.BadRequest || e.Param != tt.param || !strings.HasPrefix(e.Message, tt.param) {
				t.Errorf("got %v, want a bad request at %q", err, tt.param)
			}
		})
	}
}

func TestRequestsAreRead(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"max_tokens":null,"temperature":null,"system":"s","stream":true,"tool_choice":{"type":"any","disable_parallel_tool_use":true},"metadata":{"user_id":"u"},`+
		`"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]},"title":"T"}]},`+
		`{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{"a": 1.0}}]}]}`)
	if r.MaxTokens != nil || r.Temperature != "" || !r.Stream || r.User != "u" {
		t.Errorf("got %+v", r)
	}
	if r.ToolChoice.Mode != llm.ToolRequired || r.ParallelTools == nil || *r.ParallelTools {
		t.Errorf("tool choice: got %+v, parallel %v", r.ToolChoice, r.ParallelTools)
	}
	roles := []llm.Role{r.Turns[0].Role, r.Turns[1].Role, r.Turns[2].Role}
	if !reflect.DeepEqual(roles, []llm.Role{llm.System, llm.User, llm.Assistant}) {
		t.Errorf("roles: got %q", roles)
	}
	if m := r.Turns[1].Parts[1].(*llm.Media); m.Kind != llm.Document || m.Text != "x\n\ny" || m.Name != "T" {
		t.Errorf("a document of blocks has its text for other dialects: got %+v", m)
	}
	if c := r.Turns[2].Parts[0].(*llm.ToolCall); c.Arguments != `{"a": 1.0}` {
		t.Errorf("arguments: got %s", c.Arguments)
	}
}

func TestModelMayStandInThePath(t *testing.T) {
	t.Parallel()
	r, err := Codec{}.DecodeRequest(core.Incoming{Model: "claude-x", Body: []byte(`{"messages":[{"role":"user","content":"a"}]}`)})
	if err != nil || r.Model != "claude-x" {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestForeignSignaturesFindTheirWayHome(t *testing.T) {
	t.Parallel()
	resp := &llm.Response{ID: "msg_1", Choices: []llm.Choice{{Parts: []llm.Part{
		&llm.Reasoning{Text: "hm", Signature: "a:b", Origin: llm.OpenAIChat},
		&llm.Reasoning{Redacted: "c", Origin: llm.OpenAIChat},
		&llm.Reasoning{Signature: "d", Origin: llm.Converse},
	}}}}
	body, err := Codec{}.EncodeResponse(resp, dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := decode(t, `{"messages":[{"role":"assistant","content":`+string(json.Lookup(body, "content"))+`}]}`)
	want := []llm.Part{
		&llm.Reasoning{Text: "hm", Signature: "a:b", Origin: llm.OpenAIChat},
		&llm.Reasoning{Redacted: "c", Origin: llm.OpenAIChat},
		&llm.Reasoning{Signature: "d", Origin: llm.Anthropic},
	}
	if !reflect.DeepEqual(r.Turns[0].Parts, want) {
		t.Errorf("got %s", body)
	}
}

func TestNestingHasAnEnd(t *testing.T) {
	t.Parallel()
	const depth = 3000
	body := `{"messages":[{"role":"user","content":` + strings.Repeat(`[{"type":"tool_result","tool_use_id":"x","content":`, depth) + `"deep"` + strings.Repeat(`}]`, depth) + `}]}`
	r := decode(t, body)
	n := 0
	for parts := r.Turns[0].Parts; len(parts) == 1; n++ {
		result, ok := parts[0].(*llm.ToolResult)
		if !ok {
			break
		}
		parts = result.Parts
	}
	if n != 4 {
		t.Errorf("content was read to a depth of %d, want 4", n)
	}
	found := false
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(body)}) {
		found = found || body[s.Start:s.End] == `"deep"`
	}
	if !found {
		t.Error("a check does not see the text at the bottom")
	}
}
