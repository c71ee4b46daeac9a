package api

import (
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

func TestALaterTurnIsToldFromAFirstOne(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		op      llm.Operation
		dialect llm.Dialect
		body    string
		want    bool
	}{
		{"a first question", llm.Generate, llm.OpenAIChat, `{"model":"m","messages":[{"role":"system","content":"you are an assistant"},{"role":"user","content":"hi"}]}`, false},
		{"somebody who quotes", llm.Generate, llm.OpenAIChat, `{"messages":[{"role":"user","content":"{\"role\":\"assistant\"}"}]}`, false},
		{"an answer before", llm.Generate, llm.OpenAIChat, `{"messages":[{"role":"user","content":"a"},{"role" : "assistant","content":"b"},{"role":"user","content":"c"}]}`, true},
		{"Messages", llm.Generate, llm.Anthropic, `{"messages":[{"role":"assistant","content":"b"}]}`, true},
		{"Converse", llm.Generate, llm.Converse, `{"messages":[{"role":"assistant","content":[{"text":"b"}]}]}`, true},
		{"Gemini, first", llm.Generate, llm.Gemini, `{"contents":[{"role":"user","parts":[{"text":"model"}]}]}`, false},
		{"Gemini, later", llm.Generate, llm.Gemini, `{"contents":[{"role": "model","parts":[{"text":"b"}]}]}`, true},
		{"Responses, first", llm.Generate, llm.OpenAIResponses, `{"model":"m","input":"hi","previous_response_id":null}`, false},
		{"Responses with an id", llm.Generate, llm.OpenAIResponses, `{"model":"m","input":"hi","previous_response_id":"resp_1"}`, true},
		{"Responses with a result", llm.Generate, llm.OpenAIResponses, `{"input":[{"type":"function_call_output","call_id":"c","output":"1"}]}`, true},
		{"a completion", llm.Generate, llm.OpenAIText, `{"prompt":"a","suffix":"assistant"}`, false},
		{"an embedding", llm.Embed, llm.OpenAIChat, `{"input":["assistant"]}`, false},
	}
	for _, tt := range tests {
		c := &core.Call{Operation: tt.op, Dialect: tt.dialect}
		c.Body = []byte(tt.body)
		if got := goesOn(c); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
