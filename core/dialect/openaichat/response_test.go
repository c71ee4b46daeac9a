package openaichat

import (
	"errors"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/llm"
)

func TestUsageConventions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, usage string
		want        llm.Usage
	}{
		{"OpenAI", `{"prompt_tokens":100,"completion_tokens":9,"total_tokens":109,"prompt_tokens_details":{"cached_tokens":64,"audio_tokens":3},"completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":2}}`,
			llm.Usage{Input: 36, CacheRead: 64, Output: 9, Reasoning: 4, AudioInput: 3, AudioOutput: 2}},
		{"without a total", `{"prompt_tokens":100,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":64}}`, llm.Usage{Input: 36, CacheRead: 64, Output: 9}},
		{"DeepSeek", `{"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,"prompt_cache_hit_tokens":12,"prompt_cache_miss_tokens":8}`, llm.Usage{Input: 8, CacheRead: 12, Output: 7}},
		{"Moonshot", `{"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,"cached_tokens":12}`, llm.Usage{Input: 8, CacheRead: 12, Output: 7}},
		{"OpenRouter", `{"prompt_tokens":100,"completion_tokens":7,"total_tokens":107,"prompt_tokens_details":{"cached_tokens":50,"cache_write_tokens":20}}`, llm.Usage{Input: 30, CacheRead: 50, CacheWrite: 20, Output: 7}},
		{"a gateway that counts cached tokens in", `{"prompt_tokens":73,"completion_tokens":15,"total_tokens":88,"cache_read_input_tokens":50,"cache_creation_input_tokens":20}`, llm.Usage{Input: 3, CacheRead: 50, CacheWrite: 20, Output: 15}},
		{"a gateway that counts them beside", `{"prompt_tokens":3,"completion_tokens":15,"total_tokens":88,"cache_read_input_tokens":50,"cache_creation_input_tokens":20}`, llm.Usage{Input: 3, CacheRead: 50, CacheWrite: 20, Output: 15}},
		{"and only the total tells", `{"prompt_tokens":300,"completion_tokens":15,"total_tokens":385,"cache_read_input_tokens":50,"cache_creation_input_tokens":20}`, llm.Usage{Input: 300, CacheRead: 50, CacheWrite: 20, Output: 15}},
		{"xAI counts reasoning beside", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}`, llm.Usage{Input: 10, Output: 25, Reasoning: 20}},
		{"slips", `{"prompt_tokens":"12","completion_tokens":-4,"total_tokens":1e400,"prompt_tokens_details":null}`, llm.Usage{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":` + tt.usage + `}`
			r, err := Codec{}.Raw(nil).DecodeResponse([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			got := *r.Usage
			if string(got.Native.Members) != tt.usage {
				t.Errorf("the provider's own words became %s", got.Native.Members)
			}
			got.Native = tt.want.Native
			if dumpUsage(got) != dumpUsage(tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func dumpUsage(u llm.Usage) [9]int64 {
	return [9]int64{u.Input, u.CacheRead, u.CacheWrite, u.CacheWrite1h, u.Output, u.Reasoning, u.AudioInput, u.AudioOutput, int64(len(u.ServiceTier))}
}

func TestBodiesThatAreNoAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		kind       llm.ErrorKind
		status     int
		message    string
	}{
		{"an error with status 200", `{"error":{"message":"Rate limited","code":429}}`, llm.RateLimited, 429, "Rate limited"},
		{"an error of a kind", `{"error":{"message":"Overloaded","type":"overloaded_error"}}`, llm.Overloaded, 503, "Overloaded"},
		{"an error at the top", `{"object":"error","message":"no","code":40301}`, llm.Upstream, 502, "no"},
		{"an error as a string", `{"error":"down"}`, llm.Upstream, 502, "down"},
		{"something else", `{"hello":1}`, llm.Upstream, 502, "not a chat completion"},
		{"choices that are none", `{"choices":"none"}`, llm.Upstream, 502, "not a chat completion: choices"},
		{"choices null", `{"choices":null}`, llm.Upstream, 502, "no choices"},
		{"a list", `[]`, llm.Upstream, 502, "not a chat completion"},
		{"nothing", ``, llm.Upstream, 502, "not a chat completion"},
		{"a page", `<html>`, llm.Upstream, 502, "not a chat completion"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Raw(nil).DecodeResponse([]byte(tt.body))
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || e.HTTPStatus() != tt.status || !strings.Contains(e.Message, tt.message) {
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestSparseAnswersAreRead(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"choices":[]}`, `{"choices":[{}]}`, `{"choices":[{"message":{}}]}`, `{"choices":[{"message":null,"finish_reason":null}]}`,
		`{"id":7,"created":"x","model":null,"choices":[{"message":{"content":[],"tool_calls":[],"annotations":{},"reasoning":{}}}],"usage":[]}`,
	} {
		if _, err := (Codec{}).Raw(nil).DecodeResponse([]byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestUsageOfGroqIsFound(t *testing.T) {
	t.Parallel()
	r, err := Codec{}.Raw(nil).DecodeResponse([]byte(`{"choices":[{"message":{"content":"x"},"finish_reason":"stop","stop_reason":"END"}],"x_groq":{"usage":{"prompt_tokens":11,"completion_tokens":7}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Usage == nil || r.Usage.Input != 11 || r.Usage.Output != 7 {
		t.Errorf("got %+v", r.Usage)
	}
	if c := r.Choices[0]; c.Finish.Reason != llm.FinishStopSequence || c.StopSequence != "END" {
		t.Errorf("got %+v", c)
	}
}

func TestCallsWithoutIDGetOne(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":"x","choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},{"function":{"name":"f","arguments":null}}]},"finish_reason":"stop"}]}`)
	var ids [2][2]string
	for k := range ids {
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil {
			t.Fatal(err)
		}
		c := r.Choices[0]
		if c.Finish != (llm.Finish{Reason: llm.FinishToolCalls, Raw: "stop"}) {
			t.Errorf("got %+v", c.Finish)
		}
		for i, want := range []string{`{"a":1}`, `{}`} {
			call := c.Parts[i].(*llm.ToolCall)
			if call.Arguments != want {
				t.Errorf("got arguments %s, want %s", call.Arguments, want)
			}
			ids[k][i] = call.ID
		}
	}
	if ids[0] != ids[1] || ids[0][0] == ids[0][1] || ids[0][0] == "" {
		t.Errorf("got %q", ids)
	}
}

func TestEncodeResponse(t *testing.T) {
	t.Parallel()
	head := func(provider string) string {
		return `{"id":"i","object":"chat.completion","created":1,"model":"m","provider":"` + provider + `","choices":[`
	}
	answer := func(c llm.Choice, u *llm.Usage) *llm.Response {
		return &llm.Response{ID: "i", Created: 1, Choices: []llm.Choice{c}, Usage: u}
	}
	thinking := []llm.Part{&llm.Reasoning{Text: "Six", Signature: "EqQ"}, &llm.Reasoning{Redacted: "ZZ"}, say("42")}
	endTurn := llm.Finish{Reason: llm.FinishStop, Raw: "end_turn"}
	tests := []struct {
		name string
		r    *llm.Response
		o    dialect.Options
		want string
	}{
		{"thinking, strict", answer(llm.Choice{Parts: thinking, Finish: endTurn}, nil), dialect.Options{Provider: "anthropic", Strict: true},
			head("anthropic") + `{"index":0,"message":{"role":"assistant","content":"42","refusal":null},"logprobs":null,"finish_reason":"stop"}]}`},
		{"thinking", answer(llm.Choice{Parts: thinking, Finish: endTurn}, nil), dialect.Options{Provider: "anthropic"},
			head("anthropic") + `{"index":0,"message":{"role":"assistant","content":"42","refusal":null,"content_blocks":[{"type":"thinking","thinking":"Six","signature":"EqQ"},{"type":"redacted_thinking","data":"ZZ"},{"type":"text","text":"42"}]},"logprobs":null,"finish_reason":"end_turn"}]}`},
		{"calls only", answer(llm.Choice{Parts: []llm.Part{&llm.ToolCall{ID: "a", Name: "f"}}, Finish: llm.Finish{Reason: llm.FinishToolCalls, Raw: "tool_use"}}, nil), dialect.Options{Provider: "bedrock", Strict: true},
			head("bedrock") + `{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}]}`},
		{"cached tokens", answer(llm.Choice{Parts: []llm.Part{say("A"), say("B")}, Finish: llm.Finish{Reason: llm.FinishLength}},
			&llm.Usage{Input: 30, CacheRead: 5, CacheWrite: 2, CacheWrite1h: 1, Output: 12, Reasoning: 4, Native: llm.Native{Dialect: llm.Converse, Members: []byte(`{"totalTokens":42}`)}}), dialect.Options{Provider: "bedrock", Strict: true},
			head("bedrock") + `{"index":0,"message":{"role":"assistant","content":"A\nB","refusal":null},"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":38,"completion_tokens":12,"total_tokens":42,` +
				`"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":4},"cache_read_input_tokens":5,"cache_creation_input_tokens":3}}`},
		{"texts of Anthropic", answer(llm.Choice{Parts: []llm.Part{&llm.Text{Text: "Ä", Citations: []llm.Citation{{Quote: "of a document"}}}, &llm.Text{Text: "BC", Citations: []llm.Citation{{URL: "u", Title: "t"}}}}, Finish: endTurn},
			&llm.Usage{Input: 1, Output: 2}), dialect.Options{Provider: "anthropic", Strict: true},
			head("anthropic") + `{"index":0,"message":{"role":"assistant","content":"ÄBC","refusal":null,"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":1,"end_index":3}}]},"logprobs":null,"finish_reason":"stop"}],` +
				`"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`},
		{"a picture", answer(llm.Choice{Parts: []llm.Part{say("Here"), &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "QQ=="}}, Finish: llm.Finish{Raw: "STOP"}}, nil), dialect.Options{Provider: "google"},
			head("google") + `{"index":0,"message":{"role":"assistant","content":"Here","refusal":null,"content_blocks":[{"type":"text","text":"Here"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]},"logprobs":null,"finish_reason":"STOP"}]}`},
		{"nothing", answer(llm.Choice{}, nil), dialect.Options{Provider: "x", Strict: true},
			head("x") + `{"index":0,"message":{"role":"assistant","content":null,"refusal":null},"logprobs":null,"finish_reason":"stop"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.o.Model = "m"
			got, err := Codec{}.EncodeResponse(tt.r, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestEncodeResponseMintsWhatIsMissing(t *testing.T) {
	t.Parallel()
	got, err := Codec{}.EncodeResponse(&llm.Response{}, dialect.Options{Model: "asked"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"id":"chatcmpl-`, `"model":"asked"`, `"choices":[]`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(string(got), `"created":0`) {
		t.Errorf("%s has no time", got)
	}
}
