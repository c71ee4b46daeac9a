package partner_test

import (
	"strings"
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

func TestParametersDecide(t *testing.T) {
	t.Parallel()
	acuvity := func(params string) string { return `{` + params + `"credentials":{"apiKey":"JWT"}}` }
	extraction := func(e string) string { return `{"extractions":[{"data":"x",` + e + `}]}` }
	safety := func(params string) string {
		return `{` + params + `"credentials":{"contentSafety":{"apiKey":"k","resourceName":"r"}}}`
	}
	tests := []struct {
		id, params, answer string
		pass               bool
	}{
		{"portkey.moderateContent", `{"categories":["hate"],"not":true,CRED}`, `{"results":[{"categories":{"hate":true}}]}`, true},
		{"portkey.moderateContent", `{"categories":["hate"],"not":true,CRED}`, `{"results":[{"categories":{"hate":false}}]}`, false},
		{"portkey.language", `{"language":["eng_Latn"],"not":true,CRED}`, `[[{"label":"eng_Latn"}]]`, false},
		{"portkey.gibberish", `{"not":true,CRED}`, `[[{"label":"noise"}]]`, true},
		{"sydelabs.sydeguard", `{"toxicity_threshold":0.9,CRED}`, `{"category_scores":[{"category":"TOXIC","score":0.8}]}`, true},
		{"sydelabs.sydeguard", `{"evasion_threshold":0.1,CRED}`, `{"category_scores":[{"category":"EVASION","score":0.2}]}`, false},
		{"sydelabs.sydeguard", `{"prompt_injection_threshold":0,CRED}`, `{"category_scores":[{"category":"PROMPT_INJECT","score":0.01}]}`, false},
		{"azure.contentSafety", safety(`"severity":4,`), `{"categoriesAnalysis":[{"severity":2}]}`, true},
		{"azure.contentSafety", safety(`"severity":4,`), `{"categoriesAnalysis":[{"severity":4}]}`, false},
		{"azure.contentSafety", safety(``), `{"categoriesAnalysis":[],"blocklistsMatch":[{"blocklistName":"b"}]}`, false},
		{"azure.shieldPrompt", safety(``), `{"userPromptAnalysis":{"attackDetected":true}}`, false},
		{"mistral.moderateContent", `{"categories":["dangerous_and_criminal_content"],CRED}`, `{"results":[{"categories":{"dangerous":false,"criminal":true}}]}`, false},
		{"mistral.moderateContent", `{"categories":["dangerous_and_criminal_content"],CRED}`, `{"results":[{"categories":{"dangerous":false,"criminal":false}}]}`, true},
		{"mistral.moderateContent", `{"categories":["jailbreaking","law"],CRED}`, `{"results":[{"categories":{"jailbreaking":true}}]}`, false},
		{"pangea.textGuard", `{"credentials":{"apiKey":"k","domain":"d"}}`, `{"status":"Success","result":{"blocked":true,"detectors":{"new_detector":{"detected":true}}}}`, false},
		{"pangea.textGuard", `{"credentials":{"apiKey":"k","domain":"d"}}`, `{"status":"Success","result":{"blocked":false,"detectors":{"language_detection":{"detected":true}}}}`, true},
		{"walledai.walledprotect", `{"generic_safety_check":false,CRED}`, `{"data":{"pii":[]}}`, true},
		{"walledai.walledprotect", `{CRED}`, `{"data":{"safety":[{"isSafe":false},{"isSafe":true}]}}`, false},
		{"acuvity.scan", acuvity(``), extraction(`"PIIs":{"ssn":1}`), false},
		{"panw-prisma-airs.intercept", `{"credentials":{"AIRS_API_KEY":"k"}}`, `{"action":"block","timeout":true}`, false},
		{"panw-prisma-airs.intercept", `{"credentials":{"airsApiKey":"k","AIRS_API_KEY":"k"}}`, `{"action":"alert"}`, true},
		{"acuvity.scan", acuvity(``), extraction(`"exploits":{"jailbreak":0.5}`), false},
		{"acuvity.scan", acuvity(`"jail_break":false,`), extraction(`"exploits":{"jailbreak":0.9}`), true},
		{"acuvity.scan", acuvity(`"jail_break_threshold":0.95,`), extraction(`"exploits":{"jailbreak":0.9}`), true},
		{"acuvity.scan", acuvity(`"malicious_url_threshold":0.1,`), extraction(`"exploits":{"malicious_url":0.2}`), false},
		{"acuvity.scan", acuvity(``), extraction(`"malcontents":{"toxic":0.9}`), false},
		{"acuvity.scan", acuvity(`"toxic":false,`), extraction(`"malcontents":{"toxic":0.9}`), true},
		{"acuvity.scan", acuvity(``), extraction(`"malcontents":{"biased":0.9}`), false},
		{"acuvity.scan", acuvity(``), extraction(`"malcontents":{"harmful":0.9}`), false},
		{"acuvity.scan", acuvity(``), extraction(`"piIs":{"ssn":1}`), false},
		{"acuvity.scan", acuvity(`"pii":false,`), extraction(`"piIs":{"ssn":1}`), true},
		{"acuvity.scan", acuvity(`"pii_categories":["email"],`), extraction(`"piIs":{"ssn":1}`), true},
		{"acuvity.scan", acuvity(`"secrets_categories":["aws"],`), extraction(`"secrets":{"aws":1}`), false},
		{"acuvity.scan", acuvity(`"language_values":["english","chinese"],`), extraction(`"languages":{"chinese":0.9,"german":0.1}`), true},
		{"acuvity.scan", acuvity(`"language_values":["english"],`), extraction(`"languages":{"chinese":0.9}`), false},
		{"acuvity.scan", acuvity(`"language":false,"language_values":["english"],`), extraction(`"languages":{"chinese":0.9}`), true},
	}
	for _, tt := range tests {
		v, err := mustMake(t, newServices(t, tt.answer).env(), tt.id, full(tt.params)).Check(t.Context(), before("x"))
		if err != nil || v.Pass != tt.pass {
			t.Errorf("%s %s %s: got %v, %v", tt.id, tt.params, tt.answer, v.Pass, err)
		}
	}
}

// Answers that say less than the verdict needs.
func TestAnswersThatAreIncomplete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ id, params, answer string }{
		{"sydelabs.sydeguard", `{CRED}`, `{"category_scores":[{"category":"TOXIC","score":null}]}`},
		{"azure.contentSafety", `{"credentials":{"contentSafety":{"apiKey":"k","resourceName":"r"}}}`, `{"categoriesAnalysis":[{"category":"Hate"}]}`},
		{"azure.pii", `{"credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`, `{"results":{"documents":[],"errors":[{"id":"0"}]}}`},
		{"pangea.textGuard", `{"credentials":{"apiKey":"k","domain":"d"}}`, `{"status":"InternalError","result":{"detectors":{}}}`},
		{"qualifire.pii", `{CRED}`, `{"status":"passed","error":"out of credit"}`},
		{"portkey.gibberish", `{CRED}`, `[]`},
		{"portkey.moderateContent", `{"categories":["hate","violence"],CRED}`, `{"results":[{"categories":{"hate":false}}]}`},
		{"portkey.moderateContent", `{"categories":["hate"],"not":true,CRED}`, `{"results":[{"categories":{}}]}`},
		{"mistral.moderateContent", `{"categories":["jailbreaking"],CRED}`, `{"results":[{"categories":{"pii":false}}]}`},
		{"mistral.moderateContent", `{"categories":["dangerous_and_criminal_content"],CRED}`, `{"results":[{"categories":{"dangerous":false}}]}`},
		{"walledai.walledprotect", `{CRED}`, `{"data":{"safety":[]}}`},
		{"walledai.walledprotect", `{CRED}`, `{"data":{"safety":[{"isSafe":null}]}}`},
		{"panw-prisma-airs.intercept", `{"credentials":{"AIRS_API_KEY":"k"}}`, `{"action":"allow","timeout":true}`},
		{"panw-prisma-airs.intercept", `{"credentials":{"AIRS_API_KEY":"k"}}`, `{"action":"allow","error":true,"errors":[{"feature":"dlp"}]}`},
		{"azure.pii", `{"credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`, `{"results":{"documents":[{"id":"7","entities":[]}]}}`},
		{"promptfoo.pii", `{"redact":true}`, `{"results":[{"flagged":true}]}`},
	} {
		if v, err := mustMake(t, newServices(t, tt.answer).env(), tt.id, full(tt.params)).Check(t.Context(), before("x")); err == nil || v.Pass {
			t.Errorf("%s %s: got %+v, %v", tt.id, tt.answer, v, err)
		}
	}
	s := newServices(t, `{"results":[{"error_message":"no quota","evaluation_result":{"pass":true}}]}`)
	if v, err := mustMake(t, s.env(), "patronus.toxicity", full(`{CRED}`)).Check(t.Context(), after("x")); err == nil || v.Pass {
		t.Errorf("patronus: got %+v, %v", v, err)
	}
}

func TestAnswersAreJudgedWithTheirQuestion(t *testing.T) {
	t.Parallel()
	tests := []struct{ id, params, want string }{
		{"aporia.validateProject", `{"projectID":"p",CRED}`, `"validation_target":"response","response":"好"}`},
		{"mistral.moderateContent", `{"categories":["pii"],CRED}`, `"input":["好"]}`},
		{"panw-prisma-airs.intercept", `{"credentials":{"AIRS_API_KEY":"k"}}`, `"contents":[{"response":"好"}]`},
		{"qualifire.policy", `{"policies":["a"],"policy_target":"output",CRED}`, `{"output":"好","assertions":["a"]`},
		{"qualifire.policy", `{"policies":["a"],CRED}`, `{"input":"What is it?","output":"好","assertions":["a"]`},
		{"acuvity.scan", `{"credentials":{"apiKey":"JWT"}}`, `"type":"Output"`},
		{"bedrock.guard", bedrockParams, `"source":"OUTPUT"`},
	}
	for _, tt := range tests {
		s := newServices(t, `{}`)
		mustMake(t, s.env(), tt.id, full(tt.params)).Check(t.Context(), after("好"))
		if !strings.Contains(s.sent[0].body, tt.want) {
			t.Errorf("%s: sent %s, want %s", tt.id, s.sent[0].body, tt.want)
		}
	}
}

func TestToolCallsAreJudgedInTheirDialects(t *testing.T) {
	t.Parallel()
	call := `"tool_calls":[{"id":"c1","name":"weather","arguments":{"city":"台北"}}]`
	offered := `"available_tools":[{"name":"weather","description":"d","parameters":{"type":"object"}}]`
	for name, body := range map[string][2]string{
		"OpenAI": {`{"tools":[{"type":"function","function":{"name":"weather","description":"d","parameters":{"type":"object"}}}]}`,
			`{"choices":[{"message":{"tool_calls":[{"id":"c1","function":{"name":"weather","arguments":"{\"city\":\"台北\"}"}}]}}]}`},
		"Responses": {`{"tools":[{"type":"function","name":"weather","description":"d","parameters":{"type":"object"}}]}`,
			`{"output":[{"type":"message","content":[]},{"type":"function_call","id":"f","call_id":"c1","name":"weather","arguments":"{\"city\":\"台北\"}"}]}`},
		"Anthropic": {`{"tools":[{"name":"weather","description":"d","input_schema":{"type":"object"}}]}`,
			`{"content":[{"type":"text","text":"a"},{"type":"tool_use","id":"c1","name":"weather","input":{"city":"台北"}}]}`},
	} {
		s := newServices(t, `{"status":"failed"}`)
		in := after("a")
		in.Request, in.Response = json.Value(body[0]), json.Value(body[1])
		in.Texts = append(in.Texts, guard.Text{Place: guard.ToolCall, Role: "assistant", Text: "weather"})
		v, err := mustMake(t, s.env(), "qualifire.toolUseQuality", full(`{CRED}`)).Check(t.Context(), in)
		if err != nil || v.Pass || !strings.Contains(s.sent[0].body, call) || !strings.Contains(s.sent[0].body, offered) {
			t.Errorf("%s: got %+v, %v; sent %s", name, v, err, s.sent[0].body)
		}
		in.Response = json.Value(`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"weather"}}]}}]}`)
		if v, err := mustMake(t, s.env(), "qualifire.toolUseQuality", full(`{CRED}`)).Check(t.Context(), in); err == nil || v.Pass {
			t.Errorf("%s, a form that is not known: got %+v, %v", name, v, err)
		}
		in.Response = nil
		if v, err := mustMake(t, s.env(), "qualifire.toolUseQuality", full(`{CRED}`)).Check(t.Context(), in); err == nil || v.Pass {
			t.Errorf("%s, a stream: got %+v, %v", name, v, err)
		}
	}
}

// Services know no developers, and refuse messages that say nothing.
func TestConversationsAreSentInTheServicesWords(t *testing.T) {
	t.Parallel()
	in := before("你好")
	in.Question = []guard.Text{
		{Role: "developer", Text: "Be kind."}, {Role: "user", Turn: 1, Text: "a"}, {Role: "user", Turn: 1, Text: "b"},
		{Role: "assistant", Turn: 2, Text: ""}, {Turn: 3, Text: "你好"},
	}
	for id, params := range map[string]string{
		"mistral.moderateContent": `{"categories":["pii"],CRED}`, "lasso.classify": `{CRED}`, "aporia.validateProject": `{"projectID":"p",CRED}`,
	} {
		s := newServices(t, `{}`)
		mustMake(t, s.env(), id, full(params)).Check(t.Context(), in)
		want := `[{"role":"system","content":"Be kind."},{"role":"user","content":"a\nb"},{"role":"user","content":"你好"}]`
		if !strings.Contains(s.sent[0].body, want) {
			t.Errorf("%s: sent %s", id, s.sent[0].body)
		}
	}
}

func TestAnswersThatToolsWereAskedForAreTheContext(t *testing.T) {
	t.Parallel()
	s := newServices(t, full(good))
	in := after("x")
	in.Question = append(in.Question, guard.Text{Place: guard.ToolResult, Role: "tool", Turn: 2, Text: "晴"})
	mustMake(t, s.env(), "patronus.retrievalHallucination", full(`{CRED}`)).Check(t.Context(), in)
	if !strings.Contains(s.sent[0].body, `"evaluated_model_retrieved_context":["晴"]`) {
		t.Errorf("sent %s", s.sent[0].body)
	}
}

func TestLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长文", 200_000) // 1.2 MB
	s := newServices(t, `{"results":[{"flagged":true,"categories":{"a":"`+strings.Repeat("长", 2000)+`"}}]}`)
	v, err := mustMake(t, s.env(), "promptfoo.harm", `{}`).Check(t.Context(), before(long))
	if err != nil || v.Pass || len(s.sent[0].body) < len(long) {
		t.Errorf("got %v, %v", v.Pass, err)
	}
}

func TestDataNamesWhatWasFoundButDoesNotQuoteIt(t *testing.T) {
	t.Parallel()
	const said = "I hate John of 台北市, call 555-0100"
	tests := []struct{ id, params, answer, want string }{
		{"portkey.moderateContent", `{"categories":["hate"],CRED}`, `{"results":[{"categories":{"hate":true}}]}`,
			`{"verdict":false,"not":false,"flaggedCategories":["hate"],"restrictedCategories":["hate"]}`},
		{"qualifire.pii", `{CRED}`, `{"status":"failed","evaluationResults":[{"type":"hate","quote":"John","found":["555-0100","台北市"],"score":1.0}]}`,
			`[{"type":"hate","quote":"•••","found":["•••","•••"],"score":1.0}]`},
		{"lasso.classify", `{CRED}`, `{"violations_detected":true,"findings":{"a":[{"text":"John","reason":"you said: ` + said + `"}]}}`,
			`{"violations_detected":true,"findings":{"a":[{"text":"•••","reason":"•••"}]}}`},
		{"bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","assessments":[{"wordPolicy":{"customWords":[{"match":"hate","action":"BLOCKED"}]}}]}`,
			`{"action":"GUARDRAIL_INTERVENED","assessments":[{"wordPolicy":{"customWords":[{"match":"•••","action":"BLOCKED"}]}}]}`},
		{"sydelabs.sydeguard", `{CRED}`, `{"category_scores":[{"category":"TOXIC","score":0.9,"note":"` + strings.Repeat("x", 20_000) + `"}]}`, ``},
	}
	for _, tt := range tests {
		v, err := mustMake(t, newServices(t, tt.answer).env(), tt.id, full(tt.params)).Check(t.Context(), before(said))
		if err != nil || v.Pass || string(v.Data) != tt.want {
			t.Errorf("%s: got %s, %v\nwant %s", tt.id, v.Data, err, tt.want)
		}
	}
}
