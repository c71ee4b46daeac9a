package gateway_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
)

// surfaces are the places where a client can put text, by operation and
// dialect. FORBIDDEN stands in one of them at a time.
var surfaces = []struct{ name, path, body string }{
	{"system", "/v1/chat/completions", `{"model":"m","messages":[{"role":"system","content":"FORBIDDEN"},{"role":"user","content":"x"}]}`},
	{"developer", "/v1/chat/completions", `{"model":"m","messages":[{"role":"developer","content":[{"type":"text","text":"FORBIDDEN"}]},{"role":"user","content":"x"}]}`},
	{"earlier message", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"FORBIDDEN"},{"role":"assistant","content":"x"},{"role":"user","content":"x"}]}`},
	{"second part", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"FORBIDDEN"}]}]}`},
	{"tool arguments", "/v1/chat/completions", `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"q\":\"FORBIDDEN\"}"}}]},{"role":"tool","tool_call_id":"a","content":"x"}]}`},
	{"tool result", "/v1/chat/completions", `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"FORBIDDEN"}]}`},
	{"reasoning", "/v1/chat/completions", `{"model":"m","messages":[{"role":"assistant","reasoning_content":"FORBIDDEN","content":"x"},{"role":"user","content":"x"}]}`},
	{"refusal", "/v1/chat/completions", `{"model":"m","messages":[{"role":"assistant","refusal":"FORBIDDEN"},{"role":"user","content":"x"}]}`},
	{"input of the Responses API on the path of chat", "/v1/chat/completions", `{"model":"m","input":"FORBIDDEN"}`},
	{"prompt", "/v1/completions", `{"model":"m","prompt":"FORBIDDEN"}`},
	{"second prompt", "/v1/completions", `{"model":"m","prompt":["x","FORBIDDEN"]}`},
	{"suffix", "/v1/completions", `{"model":"m","prompt":"x","suffix":"FORBIDDEN"}`},
	{"system of messages", "/v1/messages", `{"model":"m","max_tokens":9,"system":"FORBIDDEN","messages":[{"role":"user","content":"x"}]}`},
	{"tool result of messages", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"FORBIDDEN"}]}]}]}`},
	{"tool input of messages", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"q":["FORBIDDEN"]}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}]}`},
	{"document", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"FORBIDDEN"}}]}]}`},
	{"thinking", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"FORBIDDEN","signature":"s"},{"type":"text","text":"x"}]},{"role":"user","content":"x"}]}`},
	{"tokens to be counted", "/v1/messages/count_tokens", `{"model":"m","messages":[{"role":"user","content":"FORBIDDEN"}]}`},
	{"instructions", "/v1/responses", `{"model":"m","store":false,"instructions":"FORBIDDEN","input":"x"}`},
	{"items", "/v1/responses", `{"model":"m","store":false,"input":[{"role":"user","content":[{"type":"input_text","text":"FORBIDDEN"}]}]}`},
	{"output of a function", "/v1/responses", `{"model":"m","store":false,"input":[{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"FORBIDDEN"}]}`},
	{"conversation to be compacted", "/v1/responses/compact", `{"model":"m","input":[{"role":"user","content":"FORBIDDEN"}]}`},
	{"system of gemini", "/v1beta/models/m:generateContent", `{"systemInstruction":{"parts":[{"text":"FORBIDDEN"}]},"contents":[{"parts":[{"text":"x"}]}]}`},
	{"function response of gemini", "/v1beta/models/m:generateContent", `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":"FORBIDDEN"}}}]}]}`},
	{"system of converse", "/model/m/converse", `{"system":[{"text":"FORBIDDEN"}],"messages":[{"role":"user","content":[{"text":"x"}]}]}`},
	{"invoke", "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke", `{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[{"role":"user","content":"FORBIDDEN"}]}`},
	{"cohere", "/v2/chat", `{"model":"m","messages":[{"role":"system","content":"FORBIDDEN"},{"role":"user","content":"x"}]}`},
	{"text to embed", "/v1/embeddings", `{"model":"m","input":"FORBIDDEN"}`},
	{"second text to embed", "/v1/embeddings", `{"model":"m","input":["x","FORBIDDEN"]}`},
	{"text to moderate", "/v1/moderations", `{"model":"m","input":[{"type":"text","text":"FORBIDDEN"}]}`},
	{"query of a ranking", "/v1/rerank", `{"model":"m","query":"FORBIDDEN","documents":["x"]}`},
	{"document of a ranking", "/v1/rerank", `{"model":"m","query":"x","documents":["x",{"text":"FORBIDDEN"}]}`},
	{"image", "/v1/images/generations", `{"model":"m","prompt":"FORBIDDEN"}`},
	{"speech", "/v1/audio/speech", `{"model":"m","voice":"alloy","input":"FORBIDDEN"}`},
	{"tone of speech", "/v1/audio/speech", `{"model":"m","voice":"alloy","input":"x","instructions":"FORBIDDEN"}`},
	{"file name", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"filename":"FORBIDDEN.pdf","file_data":"data:application/pdf;base64,AA=="}}]}]}`},
	{"prediction", "/v1/chat/completions", `{"model":"m","prediction":{"type":"content","content":"FORBIDDEN"},"messages":[{"role":"user","content":"x"}]}`},
	{"parts of a prediction", "/v1/chat/completions", `{"model":"m","prediction":{"type":"content","content":[{"type":"text","text":"FORBIDDEN"}]},"messages":[{"role":"user","content":"x"}]}`},
	{"description of a tool", "/v1/chat/completions", `{"model":"m","tools":[{"type":"function","function":{"name":"f","description":"FORBIDDEN","parameters":{}}}],"messages":[{"role":"user","content":"x"}]}`},
	{"description of a parameter", "/v1/chat/completions", `{"model":"m","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string","description":"FORBIDDEN"}}}}}],"messages":[{"role":"user","content":"x"}]}`},
	{"description of a function", "/v1/chat/completions", `{"model":"m","functions":[{"name":"f","description":"FORBIDDEN","parameters":{}}],"messages":[{"role":"user","content":"x"}]}`},
	{"description of an output schema", "/v1/chat/completions", `{"model":"m","response_format":{"type":"json_schema","json_schema":{"name":"n","description":"FORBIDDEN","schema":{}}},"messages":[{"role":"user","content":"x"}]}`},
	{"part that nobody knows", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":[{"type":"note","note":{"words":["FORBIDDEN"]}}]}]}`},
	{"title of a document", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"FORBIDDEN","source":{"type":"text","media_type":"text/plain","data":"x"}}]}]}`},
	{"description of a tool of messages", "/v1/messages", `{"model":"m","max_tokens":9,"tools":[{"name":"f","description":"FORBIDDEN","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"x"}]}`},
	{"parameter of a tool of messages", "/v1/messages", `{"model":"m","max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"string","description":"FORBIDDEN"}}}}],"messages":[{"role":"user","content":"x"}]}`},
	{"citation of messages", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"text","text":"x","citations":[{"type":"char_location","cited_text":"FORBIDDEN","document_index":0,"start_char_index":0,"end_char_index":1}]}]},{"role":"user","content":"x"}]}`},
	{"input of a server's tool", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"server_tool_use","id":"a","name":"web_search","input":{"query":"FORBIDDEN"}}]},{"role":"user","content":"x"}]}`},
	{"result of a server's tool", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"code_execution_tool_result","tool_use_id":"a","content":{"type":"code_execution_result","stdout":"FORBIDDEN","stderr":"","return_code":0,"content":[]}}]},{"role":"user","content":"x"}]}`},
	{"result of an MCP tool", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"mcp_tool_result","tool_use_id":"a","is_error":false,"content":[{"type":"text","text":"FORBIDDEN"}]}]},{"role":"user","content":"x"}]}`},
	{"image title inside a tool result", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"document","context":"FORBIDDEN","source":{"type":"content","content":[{"type":"text","text":"x"}]}}]}]}]}`},
	{"file name of responses", "/v1/responses", `{"model":"m","store":false,"input":[{"role":"user","content":[{"type":"input_file","filename":"FORBIDDEN.pdf","file_data":"data:application/pdf;base64,AA=="}]}]}`},
	{"code that was run", "/v1/responses", `{"model":"m","store":false,"input":[{"type":"code_interpreter_call","id":"ci_1","container_id":"c","status":"completed","code":"FORBIDDEN","outputs":[]},{"role":"user","content":"x"}]}`},
	{"what was searched", "/v1/responses", `{"model":"m","store":false,"input":[{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"FORBIDDEN"}},{"role":"user","content":"x"}]}`},
	{"what a file search found", "/v1/responses", `{"model":"m","store":false,"input":[{"type":"file_search_call","id":"fs_1","status":"completed","queries":["x"],"results":[{"file_id":"f","text":"FORBIDDEN"}]},{"role":"user","content":"x"}]}`},
	{"description of a tool of responses", "/v1/responses", `{"model":"m","store":false,"tools":[{"type":"function","name":"f","description":"FORBIDDEN","parameters":{}}],"input":"x"}`},
	{"description of an MCP server", "/v1/responses", `{"model":"m","store":false,"tools":[{"type":"mcp","server_label":"s","server_url":"https://x.example/","server_description":"FORBIDDEN"}],"input":"x"}`},
	{"system of gemini as a list", "/v1beta/models/m:generateContent", `{"system_instruction":[{"parts":{"text":"FORBIDDEN"}}],"contents":[{"parts":[{"text":"x"}]}]}`},
	{"file name of gemini", "/v1beta/models/m:generateContent", `{"contents":[{"parts":[{"text":"x"},{"fileData":{"displayName":"FORBIDDEN","fileUri":"https://x.example/a.pdf","mimeType":"application/pdf"}}]}]}`},
	{"description of a tool of gemini", "/v1beta/models/m:generateContent", `{"tools":[{"functionDeclarations":[{"name":"f","description":"FORBIDDEN"}]}],"contents":[{"parts":[{"text":"x"}]}]}`},
	{"arguments of gemini", "/v1beta/models/m:generateContent", `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"q":"FORBIDDEN"}}}]},{"role":"user","parts":[{"text":"x"}]}]}`},
	{"tokens to be counted of gemini", "/v1beta/models/m:countTokens", `{"contents":[{"parts":[{"text":"FORBIDDEN"}]}]}`},
	{"file name of converse", "/model/m/converse", `{"messages":[{"role":"user","content":[{"text":"x"},{"document":{"name":"FORBIDDEN","format":"pdf","source":{"bytes":"AA=="}}}]}]}`},
	{"description of a tool of converse", "/model/m/converse", `{"toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"FORBIDDEN","inputSchema":{"json":{}}}}]},"messages":[{"role":"user","content":[{"text":"x"}]}]}`},
	{"variable of a stored prompt", "/model/m/converse", `{"promptVariables":{"a":{"text":"FORBIDDEN"}},"messages":[{"role":"user","content":[{"text":"x"}]}]}`},
	{"tool result of converse", "/model/m/converse", `{"messages":[{"role":"assistant","content":[{"toolUse":{"toolUseId":"a","name":"f","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"a","content":[{"json":{"a":["FORBIDDEN"]}}]}}]}]}`},
	{"invoke of Titan", "/model/amazon.titan-text-express-v1/invoke", `{"inputText":"FORBIDDEN"}`},
	{"invoke of Llama", "/model/meta.llama3-8b-instruct-v1:0/invoke", `{"prompt":"FORBIDDEN"}`},
	{"invoke of Nova", "/model/amazon.nova-lite-v1:0/invoke", `{"messages":[{"role":"user","content":[{"text":"FORBIDDEN"}]}]}`},
	{"invoke of a model that nobody knows", "/model/acme.model-v1/invoke", `{"ask":{"words":["FORBIDDEN"]}}`},
	{"tokens to be counted of converse", "/model/m/count-tokens", `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"FORBIDDEN"}]}]}}}`},
	{"document of cohere", "/v2/chat", `{"model":"m","documents":[{"data":{"snippet":"FORBIDDEN"}}],"messages":[{"role":"user","content":"x"}]}`},
	{"description of a tool of cohere", "/v2/chat", `{"model":"m","tools":[{"type":"function","function":{"name":"f","description":"FORBIDDEN","parameters":{}}}],"messages":[{"role":"user","content":"x"}]}`},
	{"any member of a document of a ranking", "/v1/rerank", `{"model":"m","query":"x","documents":[{"text":"x","type":"FORBIDDEN"}]}`},
	{"text in escapes", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"FORB\u0049DDEN"}]}`},
	{"member in escapes", "/v1/chat/completions", `{"model":"m","m\u0065ssages":[{"role":"user","cont\u0065nt":"FORBIDDEN"}]}`},
	{"member of messages in escapes", "/v1/messages", `{"model":"m","max_tokens":9,"m\u0065ssages":[{"role":"user","cont\u0065nt":"FORBIDDEN"}]}`},
}

const forbids = `"input_guardrails":[{"scope":"all","default.contains":{"operator":"none","words":["FORBIDDEN"]},"deny":true}]`

func TestEverySurfaceOfEveryOperationIsSeen(t *testing.T) {
	t.Parallel()
	for _, tt := range surfaces {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &guarded{texts: []string{"Hi"}}
			if status, body := a.ask(t, forbids, tt.path, tt.body); status != 446 || a.count() != 0 {
				t.Errorf("%d after %d calls: %s", status, a.count(), body)
			}
		})
	}
	for _, path := range []string{"/v1/images/edits", "/v1/audio/transcriptions", "/v1/audio/translations"} {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		_ = w.WriteField("model", "m")
		_ = w.WriteField("prompt", "FORBIDDEN")
		_ = w.Close()
		a := &guarded{texts: []string{"Hi"}}
		front, up := serve(t, gateway.Config{}, a.ServeHTTP)
		config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,%s}`, up.URL, forbids)
		status, body := post(t, front, path, form.String(), map[string]string{"X-Portkey-Config": config, "Content-Type": w.FormDataContentType()})
		if status != 446 || a.count() != 0 {
			t.Errorf("%s: %d after %d calls: %s", path, status, a.count(), body)
		}
	}
}

func TestWhatNoGuardrailCanReadIsRefused(t *testing.T) {
	t.Parallel()
	a := &guarded{texts: []string{"Hi"}}
	status, body := a.ask(t, forbids, "/model/anthropic.claude-3-haiku-20240307-v1:0/count-tokens", `{"input":{"invokeModel":{"body":"eyJtZXNzYWdlcyI6W119"}}}`)
	if status != 400 || a.count() != 0 || !strings.Contains(body, "input.invokeModel.body") {
		t.Errorf("%d after %d calls: %s", status, a.count(), body)
	}
}

func TestEveryTextOfAnAnswerIsSeen(t *testing.T) {
	t.Parallel()
	for name, choice := range map[string]string{
		"content":        `{"index":0,"message":{"role":"assistant","content":"FORBIDDEN"},"finish_reason":"stop"}`,
		"refusal":        `{"index":0,"message":{"role":"assistant","content":null,"refusal":"FORBIDDEN"},"finish_reason":"stop"}`,
		"reasoning":      `{"index":0,"message":{"role":"assistant","reasoning_content":"FORBIDDEN","content":"x"},"finish_reason":"stop"}`,
		"tool arguments": `{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"q\":\"FORBIDDEN\"}"}}]},"finish_reason":"tool_calls"}`,
		"second choice":  `{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"FORBIDDEN"},"finish_reason":"stop"}`,
	} {
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[`+choice+`]}`)
		})
		config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,%s}`, up.URL, strings.Replace(forbids, "input", "output", 1))
		if status, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{"X-Portkey-Config": config}); status != 446 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestReplacingInArgumentsLeavesThemJSON(t *testing.T) {
	t.Parallel()
	arguments := `{"to":"ann@x.org 東京","n":1.50,"cc":["bob@x.org"]}`
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		write(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":`+string(json.Quote(arguments))+`}}]},"finish_reason":"tool_calls"}]}`)
	})
	config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"output_mutators":[{"default.regexReplace":{"rule":"/\\w+@\\w+\\.org/g","redactText":"\"M\""}}]}`, up.URL)
	_, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{"X-Portkey-Config": config})
	got := json.Unquote(json.Lookup([]byte(body), "choices", "0", "message", "tool_calls", "0", "function", "arguments"))
	if got != `{"to":"\"M\" 東京","n":1.50,"cc":["\"M\""]}` {
		t.Errorf("got %s of %s", got, body)
	}
}

// The README's example is played against a model that says Apple or Bat.
func TestTheReadmesGuardrailLetsOnlyBatThrough(t *testing.T) {
	t.Parallel()
	md, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)### Guardrails.*?```json\n\\{(.*?)\\}\n```").FindSubmatch(md)
	if example == nil {
		t.Fatal("the README has no example of guardrails")
	}
	for n := range 7 {
		a := &guarded{texts: append(slicesOf("Apple", n), "Bat")}
		body := `{"model":"m","messages":[{"role":"user","content":"Reply randomly with Apple or Bat"}]}`
		status, answer := a.ask(t, strings.ReplaceAll(string(example[1]), "\n", ""), "/v1/chat/completions", body)
		said := json.Unquote(json.Lookup([]byte(answer), "choices", "0", "message", "content"))
		if n <= 5 && (status != 200 || said != "Bat") || n > 5 && (status != 446 || a.count() != 6) {
			t.Errorf("after %d times Apple: %d %s", n, status, answer)
		}
	}
}

func slicesOf(s string, n int) (list []string) {
	for range n {
		list = append(list, s)
	}
	return list
}
