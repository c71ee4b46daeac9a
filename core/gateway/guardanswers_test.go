package gateway_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
)

// said are answers to other things than conversations in chat, with FORBIDDEN
// in them.
var said = []struct{ name, provider, path, body, typ, answer string }{
	{"second completion", "openai", "/v1/completions", `{"model":"m","prompt":"x","n":2}`, "",
		`{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"x","finish_reason":"stop"},{"index":1,"text":"FORBIDDEN","finish_reason":"stop"}]}`},
	{"text of messages", "anthropic", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, "",
		`{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"x"},{"type":"text","text":"FORBIDDEN"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`},
	{"thinking", "anthropic", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, "",
		`{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"FORBIDDEN","signature":"s"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`},
	{"input of a tool", "anthropic", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, "",
		`{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":{"b":["FORBIDDEN"]}}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`},
	{"citation", "anthropic", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, "",
		`{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"x","citations":[{"type":"char_location","cited_text":"so FORBIDDEN","document_index":0,"document_title":null,"start_char_index":0,"end_char_index":1}]}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`},
	{"result of a server's tool", "anthropic", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, "",
		`{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"code_execution_tool_result","tool_use_id":"t","content":{"type":"code_execution_result","stdout":"FORBIDDEN","stderr":"","return_code":0,"content":[]}}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`},
	{"item of responses", "openai", "/v1/responses", `{"model":"m","store":false,"input":"x"}`, "",
		`{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m","output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"FORBIDDEN","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`},
	{"code that was run", "openai", "/v1/responses", `{"model":"m","store":false,"input":"x"}`, "",
		`{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m","output":[{"type":"code_interpreter_call","id":"ci_1","status":"completed","container_id":"c","code":"FORBIDDEN","outputs":[]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`},
	{"source of a search", "google", "/v1beta/models/m:generateContent", `{"contents":[{"parts":[{"text":"x"}]}]}`, "",
		`{"candidates":[{"content":{"role":"model","parts":[{"text":"x"}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["what is FORBIDDEN"]}}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}`},
	{"prompt of an image", "openai", "/v1/images/generations", `{"model":"m","prompt":"x"}`, "",
		`{"created":1,"data":[{"url":"https://x.example/a.png","revised_prompt":"x"},{"b64_json":"AA==","revised_prompt":"FORBIDDEN"}]}`},
}

func answersWith(typ, answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typ)
		write(w, answer)
	}
}

const forbidsOut = `"output_guardrails":[{"default.contains":{"operator":"none","words":["FORBIDDEN"]},"deny":true}]`

func TestAnswersInEveryDialectAreJudged(t *testing.T) {
	t.Parallel()
	for _, tt := range said {
		for answer, want := range map[string]int{tt.answer: 446, strings.Replace(tt.answer, "FORBIDDEN", "PERMITTED", 1): 200} {
			front, up := serve(t, gateway.Config{}, answersWith("application/json", answer))
			config := fmt.Sprintf(`{"provider":%q,"api_key":"k","custom_host":%q,%s}`, tt.provider, up.URL, forbidsOut)
			status, body := post(t, front, tt.path, tt.body, map[string]string{"X-Portkey-Config": config})
			if status != want || want == 446 && strings.Contains(body, "FORBIDDEN") || want == 200 && !strings.Contains(body, "PERMITTED") {
				t.Errorf("%s: %d %s", tt.name, status, body)
			}
		}
	}
}

// Responses repeat what they were asked, such as not to say a word.
func TestInstructionsThatAnAnswerRepeatsAreNoAnswer(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, answersWith("application/json", `{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m","instructions":"Never say FORBIDDEN words","tools":[{"type":"function","name":"f","description":"says FORBIDDEN words","parameters":{}}],"output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"fine","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`))
	config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,%s}`, up.URL, forbidsOut)
	body := `{"model":"m","store":false,"instructions":"Never say FORBIDDEN words","input":"x"}`
	if status, answer := post(t, front, "/v1/responses", body, map[string]string{"X-Portkey-Config": config}); status != 200 {
		t.Errorf("%d %s", status, answer)
	}
}

func TestTranscriptsAreJudgedInEveryForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, typ, answer string }{
		{"json", "application/json", `{"text":"FORBIDDEN"}`},
		{"verbose_json", "application/json", `{"task":"transcribe","language":"english","duration":1.0,"text":"x","segments":[{"id":0,"text":" so FORBIDDEN"}]}`},
		{"words", "application/json", `{"text":"x","words":[{"word":"FORBIDDEN","start":0.0,"end":1.0}]}`},
		{"text", "text/plain", "so FORBIDDEN\n"},
		{"srt", "text/plain", "1\n00:00:00,000 --> 00:00:01,000\nFORBIDDEN\n"},
		{"vtt", "text/plain", "WEBVTT\n\n00:00.000 --> 00:01.000\nFORBIDDEN\n"},
		{"streamed", "text/event-stream", "data: {\"type\":\"transcript.text.delta\",\"delta\":\"FORBIDDEN\"}\n\ndata: {\"type\":\"transcript.text.done\",\"text\":\"FORBIDDEN\"}\n\n"},
	} {
		for _, path := range []string{"/v1/audio/transcriptions", "/v1/audio/translations"} {
			var form bytes.Buffer
			w := multipart.NewWriter(&form)
			_ = w.WriteField("model", "m")
			_ = w.WriteField("response_format", tt.format)
			file, _ := w.CreateFormFile("file", "a.wav")
			_, _ = file.Write([]byte("RIFF"))
			_ = w.Close()
			for answer, want := range map[string]int{tt.answer: 446, strings.ReplaceAll(tt.answer, "FORBIDDEN", "PERMITTED"): 200} {
				front, up := serve(t, gateway.Config{}, answersWith(tt.typ, answer))
				config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,%s}`, up.URL, forbidsOut)
				status, body := post(t, front, path, form.String(), map[string]string{"X-Portkey-Config": config, "Content-Type": w.FormDataContentType()})
				if status != want || want == 446 && strings.Contains(body, "FORBIDDEN") || want == 200 && !strings.Contains(body, "PERMITTED") {
					t.Errorf("%s of %s: %d %s", tt.format, path, status, body)
				}
			}
		}
	}
}

// What a mutator replaces is gone wherever it stood, and the rest still makes
// sense to the provider's codec.
func TestEverySurfaceCanBeRewritten(t *testing.T) {
	t.Parallel()
	const replaces = `"input_mutators":[{"scope":"all","on_error":"deny","deny":true,"default.regexReplace":{"rule":"/FORBIDDEN/g","redactText":"PERMITTED"}}]`
	asked := 0
	for _, tt := range surfaces {
		a := &guarded{texts: []string{"Hi"}}
		status, body := a.ask(t, replaces, tt.path, tt.body)
		asked += a.count()
		if status != 200 && status != 404 && status != 400 {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
		for _, sent := range a.bodies {
			if strings.Contains(sent, "FORBIDDEN") || !json.Valid([]byte(sent)) {
				t.Errorf("%s: sent %s", tt.name, sent)
			}
		}
	}
	if asked < len(surfaces)*3/4 {
		t.Errorf("only %d of %d were asked", asked, len(surfaces))
	}
}
