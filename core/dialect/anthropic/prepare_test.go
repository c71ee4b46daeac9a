package anthropic

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestWhatTheAPIRefusesIsMended(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		model   string
		change  func(*llm.Request)
		want    checks
		dropped []string
	}{
		{"max_tokens is added by model", "claude-opus-4-8", func(r *llm.Request) {}, checks{"max_tokens": "128000"}, nil},
		{"max_tokens is added for an alias", "prod", func(r *llm.Request) {}, checks{"max_tokens": "8192"}, nil},
		{"max_tokens above the model's is cut", "claude-haiku-4-5", func(r *llm.Request) { r.MaxTokens = ref(int64(100000)) }, checks{"max_tokens": "64000"}, []string{"max_tokens"}},
		{"a temperature above 1 is cut", "claude-sonnet-4-5", func(r *llm.Request) { r.Temperature = "1.7" }, checks{"temperature": "1"}, []string{"temperature"}},
		{"numbers keep their spelling", "claude-sonnet-4-20250514", func(r *llm.Request) { r.Temperature, r.TopP = "0.70", "9e-1" }, checks{"temperature": "0.70", "top_p": "9e-1"}, nil},
		{"a zero stays", "claude-sonnet-4-5", func(r *llm.Request) { r.Temperature, r.TopK = "0", ref(int64(0)) }, checks{"temperature": "0", "top_k": "0"}, nil},
		{"one of temperature and top_p for models that take one", "claude-sonnet-4-5", func(r *llm.Request) { r.Temperature, r.TopP = "0.5", "0.9" }, checks{"temperature": "0.5", "top_p": ""}, []string{"top_p"}},
		{"no sampling for models that take none", "claude-opus-5", func(r *llm.Request) { r.Temperature, r.TopP, r.TopK = "0.5", "0.9", ref(int64(5)) }, checks{"temperature": "", "top_p": "", "top_k": ""}, []string{"temperature", "top_p", "top_k"}},
		{"a temperature of 1 is always right", "claude-opus-5", func(r *llm.Request) { r.Temperature = "1.0" }, checks{"temperature": "1.0"}, nil},
		{"blank stop sequences go", "claude-opus-4-8", func(r *llm.Request) { r.Stop = []string{"\n", "END", ""} }, checks{"stop_sequences": `["END"]`}, []string{"stop"}},
		{"only blank stop sequences", "claude-opus-4-8", func(r *llm.Request) { r.Stop = []string{" "} }, checks{"stop_sequences": ""}, []string{"stop"}},
		{"what has no word is named", "claude-opus-4-8", func(r *llm.Request) {
			r.Seed, r.FrequencyPenalty, r.PresencePenalty = ref(int64(1)), "0.5", "0"
			r.Native = llm.NativeOf(llm.OpenAIChat, json.Value(`{"logprobs":true,"logit_bias":{"50256":-100}}`))
		}, checks{"seed": "", "logprobs": ""}, []string{"logprobs", "logit_bias", "frequency_penalty", "presence_penalty", "seed"}},
		{"any JSON has no word", "claude-opus-4-8", func(r *llm.Request) { r.Output.Kind = llm.OutputJSON }, checks{"output_config": ""}, []string{"response_format"}},
		{"a schema is output_config.format", "claude-opus-4-8", func(r *llm.Request) {
			r.Output = llm.Output{Kind: llm.OutputSchema, Name: "x", Schema: json.Value(`{"type":"object","b":1,"a":2}`)}
		}, checks{"output_config": `{"format":{"type":"json_schema","schema":{"type":"object","b":1,"a":2}}}`}, nil},
		{"the end user", "claude-opus-4-8", func(r *llm.Request) { r.User = "u1" }, checks{"metadata": `{"user_id":"u1"}`}, nil},
		{"service tiers by meaning", "claude-opus-4-8", func(r *llm.Request) { r.ServiceTier = "default" }, checks{"service_tier": `"standard_only"`}, nil},
		{"a service tier without one", "claude-opus-4-8", func(r *llm.Request) { r.ServiceTier = "flex" }, checks{"service_tier": ""}, []string{"service_tier"}},
		{"a stream", "claude-opus-4-8", func(r *llm.Request) { r.Stream = true }, checks{"stream": "true"}, nil},
		{"one answer may be asked for", "claude-opus-4-8", func(r *llm.Request) { r.N = ref(int64(1)) }, checks{"n": ""}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.run(t, prepareFor(t, ask(tt.change), tt.model), tt.dropped...)
		})
	}
}

func TestRequestsThatCannotBeCarried(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*llm.Request)
		kind   llm.ErrorKind
		says   string
	}{
		{"several answers", func(r *llm.Request) { r.N = ref(int64(2)) }, llm.BadRequest, "n: "},
		{"a server tool of another provider", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: "web_search", Name: "web", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"type":"web_search"}`))}}
		}, llm.Unsupported, `"web"`},
		{"sound", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Audio, Data: "AAAA", MediaType: "audio/wav"}))
		}, llm.Unsupported, "audio"},
		{"film in a tool result", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.ToolResult{Parts: []llm.Part{&llm.Media{Kind: llm.Video, URL: "https://x"}}}))
		}, llm.Unsupported, "video"},
		{"a file of another provider", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Document, FileID: "file-abc"}))
		}, llm.BadRequest, "file-abc"},
		{"an address that it cannot fetch", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Image, URL: "gs://bucket/x"}))
		}, llm.Unsupported, "gs://"},
		{"a document that it cannot read", func(r *llm.Request) {
			r.Turns = append(r.Turns, user(&llm.Media{Kind: llm.Document, MediaType: "application/msword", Data: "AAAA"}))
		}, llm.Unsupported, "application/msword"},
		{"nothing but instructions", func(r *llm.Request) { r.Turns = []llm.Turn{{Role: llm.System, Parts: []llm.Part{text("a")}}} }, llm.BadRequest, "messages"},
		{"no such effort", func(r *llm.Request) { r.Reasoning.Effort = "extreme" }, llm.BadRequest, "extreme"},
		{"no such choice", func(r *llm.Request) {
			r.Tools, r.ToolChoice.Mode = []llm.Tool{function("f")}, "sometimes"
		}, llm.BadRequest, "sometimes"},
		{"none of the allowed tools", func(r *llm.Request) {
			r.Tools, r.ToolChoice.Allowed = []llm.Tool{function("f")}, []string{"g"}
		}, llm.BadRequest, "tool_choice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Prepare(ask(tt.change), dialect.Target{Provider: "anthropic", Model: "claude-opus-4-8"})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || !strings.Contains(e.Message, tt.says) {
				t.Errorf("got %v, want an error of kind %q that says %s", err, tt.kind, tt.says)
			}
		})
	}
}

func TestMembersStandInOneOrder(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"zeta":1,"stream":true,"metadata":{"user_id":"u"},"service_tier":"auto","tool_choice":{"type":"auto"},"tools":[{"name":"f","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"a"}],"system":"s","top_k":1,"top_p":1,"temperature":1,"stop_sequences":["x"],"output_config":{"effort":"low"},"thinking":{"type":"disabled"},"max_tokens":5,"model":"claude-opus-4-6","cache_control":{"type":"ephemeral"},"alpha":2}`)
	r.TopP = ""
	x := prepareFor(t, r, "claude-opus-4-6")
	want := []string{"model", "max_tokens", "system", "messages", "tools", "tool_choice", "thinking", "output_config", "stop_sequences", "temperature", "top_k", "stream", "metadata", "service_tier", "cache_control", "zeta", "alpha"}
	if got := json.Names(x.Body()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestResidueOfARequestIsWrittenBack(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"messages":[{"role":"user","content":"a"}],"metadata":{"team":"x"},"output_format":{"type":"haiku"},"betas":[1.50]}`)
	checks{"metadata": `{"team":"x"}`, "output_format": `{"type":"haiku"}`, "betas": `[1.50]`}.run(t, prepareFor(t, r, "claude-opus-4-8"))
}

func TestPrepareChangesNothingInTheRequest(t *testing.T) {
	t.Parallel()
	const body = `{"model":"m","system":"s","messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}],"stop_sequences":["","x"],"metadata":{"user_id":"u","k":1},"tools":[{"name":"a b","input_schema":{}}]}`
	r := decode(t, body)
	prepareFor(t, r, "claude-opus-5")
	if want := decode(t, body); !reflect.DeepEqual(r, want) {
		t.Errorf("the request, which others share, was changed to %+v", r)
	}
}
