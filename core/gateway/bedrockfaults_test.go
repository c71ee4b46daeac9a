package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/frame"
)

// TestFaultsOfTheReferenceOnBedrock has what its requests to Bedrock lose or
// break, by the numbers of the list of its faults.
func TestFaultsOfTheReferenceOnBedrock(t *testing.T) {
	t.Parallel()
	const claude, nova, titan = `"model":"anthropic.claude-sonnet-4-5-20250929-v1:0"`, `"model":"amazon.nova-lite-v1:0"`, `"model":"amazon.titan-text-express-v1"`
	const hi, tool = `"messages":[{"role":"user","content":"Hi"}]`, `"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{},"additionalProperties":false}}}]`
	const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	file := func(media string) string {
		return `"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.x","file_data":"data:` + media + `;base64,aGk="}}]}]`
	}
	tests := []struct{ name, path, body, beta, want, not string }{
		{"18: betas of a header alone", "chat/completions", claude + "," + hi, "context-1m-2025-08-07", `"anthropic_beta":["context-1m-2025-08-07"]`, ""},
		{"19: top_k of another family", "chat/completions", nova + `,"top_k":5,` + hi, "", `"inferenceConfig":{"topK":5}`, ""},
		{"20: a stop that is a text", "chat/completions", claude + `,"stop":"END",` + hi, "", `"stopSequences":["END"]`, ""},
		{"20: no tool", "chat/completions", claude + `,"tool_choice":"none",` + tool + "," + hi, "", `"Hi"`, `"toolConfig"`},
		{"20: strict", "chat/completions", claude + "," + tool + "," + hi, "", `"strict":true`, ""},
		{"20: effort", "chat/completions", claude + `,"max_tokens":20000,"reasoning_effort":"high",` + hi, "", `"thinking"`, ""},
		{"21: text", "chat/completions", claude + "," + file("text/plain"), "", `"format":"txt"`, "plain"},
		{"21: Markdown", "chat/completions", claude + "," + file("text/markdown"), "", `"format":"md"`, "markdown"},
		{"21: Word", "chat/completions", claude + "," + file(docx), "", `"format":"docx"`, "openxml"},
		{"BD-06: a document without text", "chat/completions", claude + "," + file("application/pdf"), "", `"text":`, ""},
		{"22: the choice of a tool", "messages", claude + `,"max_tokens":9,"tool_choice":{"type":"any"},"tools":[{"name":"f","input_schema":{"type":"object"}}],` + hi, "", `"toolConfig":{"tools"`, `}},"toolChoice"`},
		{"22: a temperature of zero", "messages", claude + `,"max_tokens":9,"temperature":0,` + hi, "", `"temperature":0`, ""},
		{"22: a document has a name", "messages", claude + `,"max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hello"}},{"type":"text","text":"Hi"}]}]`, "", `"name":"`, ""},
		{"24: stop alone", "completions", titan + `,"prompt":"Hi","stop":["x"]`, "", `{"inputText":"Hi","textGenerationConfig":{"stopSequences":["x"]}}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sent string
			front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				sent = string(body)
				w.Header().Set("Content-Type", "application/json")
				if strings.HasSuffix(r.URL.Path, "/invoke") {
					write(w, `{"inputTextTokenCount":1,"results":[{"outputText":"Hi","completionReason":"FINISH","tokenCount":1}]}`)
					return
				}
				write(w, converseAnswer)
			})
			headers := upstreams(up.URL)["bedrock"]
			if tt.beta != "" {
				headers["Anthropic-Beta"] = tt.beta
			}
			status, got := post(t, front, "/v1/"+tt.path, "{"+tt.body+"}", headers)
			if status != http.StatusOK || !strings.Contains(sent, tt.want) || tt.not != "" && strings.Contains(sent, tt.not) {
				t.Errorf("%d %s\nsent %s\nwant %s, not %s", status, got, sent, tt.want, tt.not)
			}
		})
	}
}

// TestExceptionsOfBedrocksStreamsAreErrors: 23. The message arrives, and no
// finish reason is made of it.
func TestExceptionsOfBedrocksStreamsAreErrors(t *testing.T) {
	t.Parallel()
	for id, model := range map[string]string{"converse": "anthropic.claude-sonnet-4-5-20250929-v1:0", "invoke": "meta.llama3-8b-instruct-v1:0"} {
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			if strings.Contains(r.URL.Path, "invoke") {
				write(w, string(appendChunk(nil, `{"generation":"Hi","stop_reason":null}`)))
			} else {
				write(w, string(frame.AppendEvent(nil, "contentBlockDelta", []byte(`{"contentBlockIndex":0,"delta":{"text":"Hi"}}`))))
			}
			write(w, string(frame.AppendException(nil, "modelStreamErrorException", []byte(`{"message":"out of memory"}`))))
		})
		path, body := "/v1/chat/completions", `{"model":"`+model+`","stream":true,"messages":[{"role":"user","content":"Hi"}]}`
		if id == "invoke" {
			path, body = "/v1/completions", `{"model":"`+model+`","stream":true,"prompt":"Hi"}`
		}
		_, got := post(t, front, path, body, upstreams(up.URL)["bedrock"])
		if !strings.Contains(got, `"Hi"`) || !strings.Contains(got, "out of memory") || strings.Contains(got, `"finish_reason":"`) {
			t.Errorf("%s: %s", id, got)
		}
	}
}

// TestTextStreamsOfTitanEndOnce: 24. Each chunk is a piece, and only the last
// one the end.
func TestTextStreamsOfTitanEndOnce(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		b := appendChunk(nil, `{"outputText":"one ","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":3}`)
		b = appendChunk(b, `{"outputText":"two","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":null}`)
		write(w, string(appendChunk(b, `{"outputText":"","index":0,"totalOutputTextTokenCount":2,"completionReason":"FINISH","amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":2}}`)))
	})
	body := `{"model":"amazon.titan-text-express-v1","stream":true,"stream_options":{"include_usage":true},"prompt":"Hi"}`
	_, got := post(t, front, "/v1/completions", body, upstreams(up.URL)["bedrock"])
	if !strings.Contains(got, `"one "`) || !strings.Contains(got, `"two"`) || strings.Count(got, "[DONE]") != 1 || strings.Count(got, `"finish_reason":"stop"`) != 1 || !strings.Contains(got, `"total_tokens":5`) {
		t.Error(got)
	}
}

// TestATruncatedAnswerOfBedrockIsIncomplete: BD-15.
func TestATruncatedAnswerOfBedrockIsIncomplete(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		write(w, strings.Replace(converseAnswer, `"stopReason":"tool_use"`, `"stopReason":"max_tokens"`, 1))
	})
	_, got := post(t, front, "/v1/responses", `{"model":"anthropic.claude-sonnet-4-5-20250929-v1:0","store":false,"input":"Hi"}`, upstreams(up.URL)["bedrock"])
	if !strings.Contains(got, `"status":"incomplete"`) || !strings.Contains(got, `"reason":"max_output_tokens"`) {
		t.Error(got)
	}
}
