package partner_test

// A row is a check: what it sends about text and what it makes of answers. In
// them TEXT, MSGS, $KEY and CRED stand for what every row has alike; TEXT in an
// answer is a service that repeats what it was asked.
type row struct {
	id, params       string
	url, auth        string // auth is a header and its value
	body, pass, fail string
}

var rows = []row{
	{"qualifire.contentModeration", `{CRED}`, "https://proxy.qualifire.ai/api/evaluation/evaluate", "X-Qualifire-API-Key: $KEY",
		`{"input":TEXT,"content_moderation_check":true}`, `{"status":"passed","evaluationResults":[{"type":"content","quote":TEXT}]}`, `{"status":"failed","evaluationResults":[{"quote":TEXT}]}`},
	{"qualifire.pii", `{CRED}`, "https://proxy.qualifire.ai/api/evaluation/evaluate", "X-Qualifire-API-Key: $KEY",
		`{"input":TEXT,"pii_check":true}`, `{"status":"passed"}`, `{"status":"failed"}`},
	{"qualifire.promptInjections", `{CRED}`, "https://proxy.qualifire.ai/api/evaluation/evaluate", "X-Qualifire-API-Key: $KEY",
		`{"input":TEXT,"prompt_injections":true}`, `{"status":"passed"}`, `{"status":"failed"}`},
	{"qualifire.grounding", `{CRED}`, "https://proxy.qualifire.ai/api/evaluation/evaluate", "X-Qualifire-API-Key: $KEY",
		`{"input":"What is it?","output":TEXT,"grounding_check":true,"grounding_mode":"balanced"}`, `{"status":"passed"}`, `{"status":"failed"}`},
	{"qualifire.hallucinations", `{"mode":"speed",CRED}`, "https://proxy.qualifire.ai/api/evaluation/evaluate", "X-Qualifire-API-Key: $KEY",
		`{"input":"What is it?","output":TEXT,"hallucinations_check":true,"hallucinations_mode":"speed"}`, `{"status":"passed"}`, `{"status":"failed"}`},
	{"qualifire.policy", `{"policies":["禁止"],"mode":"quality",CRED}`, "https://proxy.qualifire.ai/api/evaluation/evaluate", "X-Qualifire-API-Key: $KEY",
		`{"input":TEXT,"assertions":["禁止"],"assertions_mode":"quality"}`, `{"status":"passed"}`, `{"status":"failed"}`},
	{"qualifire.toolUseQuality", `{CRED}`, "https://proxy.qualifire.ai/api/evaluation/evaluate", "X-Qualifire-API-Key: $KEY",
		`{"messages":[{"role":"user","content":"What is it?"},{"role":"assistant","content":TEXT}],"available_tools":[],"tool_selection_quality_check":true,"tsq_mode":"balanced"}`, `{"status":"passed"}`, `{"status":"failed"}`},

	{"portkey.moderateContent", `{"categories":["hate","violence"],CRED}`, "https://api.portkey.ai/v1/execute-guardrails/moderations", "x-portkey-api-key: $KEY",
		`{"input":TEXT}`, `{"results":[{"categories":{"hate":false,"violence":false,"sexual":true}}]}`, `{"results":[{"categories":{"hate":true}}]}`},
	{"portkey.language", `{"language":["eng_Latn","zho_Hans"],CRED}`, "https://api.portkey.ai/v1/execute-guardrails/language", "x-portkey-api-key: $KEY",
		`{"input":TEXT}`, `[[{"label":"zho_Hans","score":0.9}]]`, `[[{"label":"deu_Latn","score":0.9}]]`},
	{"portkey.gibberish", `{CRED}`, "https://api.portkey.ai/v1/execute-guardrails/gibberish", "x-portkey-api-key: $KEY",
		`{"input":TEXT}`, `[[{"label":"clean"}]]`, `[[{"label":"word salad"}]]`},
	{"portkey.pii", `{"categories":["PHONE_NUMBER"],CRED}`, "https://api.portkey.ai/v1/execute-guardrails/pii", "x-portkey-api-key: $KEY",
		`{"input":[TEXT],"categories":["PHONE_NUMBER"]}`, `[{"entities":[{"text":TEXT,"labels":{"NAME":0.9}}],"processed_text":"x"}]`, `[{"entities":[{"text":TEXT,"labels":{"PHONE_NUMBER":0.9}}],"processed_text":"x"}]`},

	{"aporia.validateProject", `{"projectID":"p/1",CRED}`, "https://gr-prd.aporia.com/p%2F1/validate", "X-APORIA-API-KEY: $KEY",
		`{"messages":MSGS,"explain":true,"validation_target":"prompt"}`, `{"action":"passthrough"}`, `{"action":"modify","revised_response":TEXT}`},
	{"sydelabs.sydeguard", `{CRED}`, "https://guard.sydelabs.ai/api/v1/guard/generate-score", "x-api-key: $KEY",
		`{"prompt":TEXT}`, `{"category_scores":[{"category":"EVASION","score":0.5},{"category":"OTHER","score":1}]}`, `{"category_scores":[{"category":"TOXIC","score":0.51}]}`},
	{"pillar.scanPrompt", `{"scanners":["pii","secrets"],CRED}`, "https://api.pillarseclabs.com/api/v1/scan/prompt", "Authorization: Bearer $KEY",
		`{"message":TEXT,"scanners":{"pii":true,"secrets":true}}`, `{"pii":false,"secrets":null}`, `{"pii":[TEXT],"secrets":false}`},
	{"pillar.scanResponse", `{"scanners":["pii"],CRED}`, "https://api.pillarseclabs.com/api/v1/scan/response", "Authorization: Bearer $KEY",
		`{"message":TEXT,"scanners":{"pii":true}}`, `{"pii":false}`, `{"pii":true}`},
	{"mistral.moderateContent", `{"categories":["pii"],CRED}`, "https://api.mistral.ai/v1/chat/moderations", "Authorization: Bearer $KEY",
		`{"model":"mistral-moderation-latest","input":MSGS}`, `{"results":[{"categories":{"pii":false,"law":true}}]}`, `{"results":[{"categories":{"pii":true}}]}`},
	{"pangea.textGuard", `{"recipe":"r","debug":true,"overrides":{"a":1},"credentials":{"apiKey":"$KEY","domain":"aws.us.pangea.cloud"}}`,
		"https://ai-guard.aws.us.pangea.cloud/v1/text/guard", "Authorization: Bearer $KEY",
		`{"text":TEXT,"recipe":"r","debug":true,"overrides":{"a":1}}`, `{"status":"Success","result":{"detectors":{"prompt_injection":{"detected":false}}}}`,
		`{"status":"Success","result":{"prompt_text":TEXT,"detectors":{"pii_entity":{"detected":true,"data":{"entities":[{"value":TEXT}]}}}}}`},
	{"pangea.pii", `{"credentials":{"apiKey":"$KEY","domain":"aws.us.pangea.cloud"}}`, "https://redact.aws.us.pangea.cloud/v1/redact_structured", "Authorization: Bearer $KEY",
		`{"data":[TEXT]}`, `{"status":"Success","result":{"count":0}}`, `{"status":"Success","result":{"count":1,"redacted_data":[TEXT]}}`},
	{"promptfoo.guard", `{}`, "https://api.promptfoo.dev/v1/guard", "Authorization: ",
		`{"input":TEXT}`, `{"results":[{"categories":{"jailbreak":false}}]}`, `{"results":[{"categories":{"jailbreak":true}}]}`},
	{"promptfoo.harm", `{}`, "https://api.promptfoo.dev/v1/harm", "Authorization: ",
		`{"input":TEXT}`, `{"results":[{"flagged":false}]}`, `{"results":[{"flagged":true}]}`},
	{"promptfoo.pii", `{}`, "https://api.promptfoo.dev/v1/pii", "Authorization: ",
		`{"input":TEXT}`, `{"results":[{"flagged":false}]}`, `{"results":[{"flagged":true,"payload":{"pii":[{"pii":TEXT}]}}]}`},
	{"lasso.classify", `{"conversationId":"c1","userId":"u1",CRED}`, "https://server.lasso.security/gateway/v2/classify", "lasso-api-key: $KEY",
		`{"messages":MSGS}`, `{"violations_detected":false}`, `{"violations_detected":true,"findings":{"a":[{"text":TEXT}]}}`},
	{"walledai.walledprotect", `{"compliance_list":["a"],CRED}`, "https://services.walled.ai/v1/walled-protect", "x-api-key: $KEY",
		`{"text":TEXT,"generic_safety_check":true,"greetings_list":["Casual & Friendly"],"pii_list":["Person's Name","Address","Email Id","Contact No","Date Of Birth","Unique Id","Financial Data"],"compliance_list":["a"]}`,
		`{"data":{"safety":[{"isSafe":true}]}}`, `{"data":{"safety":[{"isSafe":false,"text":TEXT}]}}`},
	{"javelin.guardrails", `{"credentials":{"apiKey":"$KEY","application":"app"}}`, "https://api-dev.javelin.live/v1/guardrails/apply", "x-javelin-apikey: $KEY",
		`{"input":{"text":TEXT},"config":{},"metadata":{}}`, `{"assessments":[{"trustsafety":{"request_reject":false}}]}`, `{"assessments":[{"a":{}},{"trustsafety":{"request_reject":true}}]}`},
	{"f5-guardrails.scan", `{"projectId":"p",CRED}`, "https://us1.calypsoai.app/backend/v1/scans", "Authorization: Bearer $KEY",
		`{"input":TEXT,"project":"p"}`, `{"result":{"outcome":"cleared"}}`, `{"redactedInput":TEXT,"result":{"outcome":"flagged"}}`},
	{"promptsecurity.protectPrompt", `{"credentials":{"apiKey":"$KEY","apiDomain":"eu.prompt.security"}}`, "https://eu.prompt.security/api/protect", "APP-ID: $KEY",
		`{"prompt":TEXT}`, `{"result":{"prompt":{"passed":true}}}`, `{"result":{"prompt":{"passed":false,"modified_text":TEXT}}}`},
	{"promptsecurity.protectResponse", `{"credentials":{"apiKey":"$KEY","apiDomain":"eu.prompt.security"}}`, "https://eu.prompt.security/api/protect", "APP-ID: $KEY",
		`{"response":TEXT}`, `{"result":{"response":{"passed":true}}}`, `{"result":{"response":{"passed":false}}}`},
	{"panw-prisma-airs.intercept", `{"profile_name":"strict","app_name":"shop","credentials":{"AIRS_API_KEY":"$KEY"}}`,
		"https://service.api.aisecurity.paloaltonetworks.com/v1/scan/sync/request", "x-pan-token: $KEY",
		`{"tr_id":"trace-1","metadata":{"ai_model":"unknown-model","app_user":"portkey-gateway","app_name":"Portkey-shop"},"contents":[{"prompt":TEXT}],"ai_profile":{"profile_name":"strict"}}`,
		`{"action":"allow"}`, `{"action":"block","prompt_masked_data":{"data":TEXT}}`},
	{"crowdstrike-aidr.guardChatCompletions", `{"credentials":{"apiKey":"$KEY","baseUrl":"https://api.crowdstrike.com/aidr/"}}`,
		"https://api.crowdstrike.com/aidr/v1/guard_chat_completions", "Authorization: Bearer $KEY",
		`{"guard_input":{"model":"gpt-4o","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":TEXT}],"n":1.0},"event_type":"input","app_id":"Portkey AI Gateway","user_id":"u1","llm_provider":"openai","model":"gpt-4o","extra_info":{"user_name":"Ada"}}`,
		`{"status":"Success","result":{"blocked":false}}`, `{"status":"Success","summary":TEXT,"result":{"blocked":true,"policy":"p"}}`},
	{"exa.online", `{CRED}`, "https://api.exa.ai/search", "x-api-key: $KEY",
		`{"query":TEXT,"numResults":5,"useAutoprompt":true,"contents":{"text":true}}`, `{"results":[]}`, ``},

	{"patronus.isConcise", `{CRED}`, evaluate, "x-api-key: $KEY", judge("patronus:is-concise"), good, bad},
	{"patronus.isHelpful", `{CRED}`, evaluate, "x-api-key: $KEY", judge("patronus:is-helpful"), good, bad},
	{"patronus.isPolite", `{CRED}`, evaluate, "x-api-key: $KEY", judge("patronus:is-polite"), good, bad},
	{"patronus.noApologies", `{CRED}`, evaluate, "x-api-key: $KEY", judge("patronus:no-apologies"), good, bad},
	{"patronus.noGenderBias", `{CRED}`, evaluate, "x-api-key: $KEY", judge("patronus:no-gender-bias"), good, bad},
	{"patronus.noRacialBias", `{CRED}`, evaluate, "x-api-key: $KEY", judge("patronus:no-racial-bias"), good, bad},
	{"patronus.custom", `{"profile":"my-rule",CRED}`, evaluate, "x-api-key: $KEY", judge("my-rule"), good, bad},
	{"patronus.custom", `{"criteria":"judge:other:rule",CRED}`, evaluate, "x-api-key: $KEY", judge("other:rule"), good, bad},
	{"patronus.retrievalAnswerRelevance", `{CRED}`, evaluate, "x-api-key: $KEY", evaluator("answer-relevance", "What is it?"), good, bad},
	{"patronus.retrievalHallucination", `{CRED}`, evaluate, "x-api-key: $KEY", evaluator("lynx", "What is it?"), good, bad},
	{"patronus.toxicity", `{CRED}`, evaluate, "x-api-key: $KEY", evaluator("toxicity", "What is it?"), good, bad},
	{"patronus.pii", `{CRED}`, evaluate, "x-api-key: $KEY", evaluator("pii", ""), good, bad},
	{"patronus.phi", `{CRED}`, evaluate, "x-api-key: $KEY", evaluator("phi", ""), good, bad},

	{"bedrock.guard", `{"guardrailId":"g","guardrailVersion":"1","credentials":{"accessKeyId":"id","accessKeySecret":"$KEY","region":"us-east-1"}}`,
		"https://bedrock-runtime.us-east-1.amazonaws.com/guardrail/g/version/1/apply", "Authorization: $KEY",
		`{"content":[{"text":{"text":TEXT}}],"source":"INPUT"}`, `{"action":"NONE"}`,
		`{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":TEXT}],"assessments":[{"wordPolicy":{"customWords":[{"match":TEXT,"action":"BLOCKED"}]}}]}`},
	{"acuvity.scan", `{"credentials":{"apiKey":"JWT"}}`, "https://apex.acuvity.ai/_acuvity/scan", "Authorization: Bearer JWT",
		`{"anonymization":"FixedSize","messages":[TEXT],"redactions":[],"type":"Input"}`,
		`{"extractions":[{"data":TEXT,"exploits":{"prompt_injection":0.49}}]}`, `{"extractions":[{"data":TEXT,"exploits":{"prompt_injection":0.5}}]}`},
	{"azure.pii", `{"piiCategories":["PhoneNumber"],"credentials":{"pii":{"resourceName":"res","apiKey":"$KEY"}}}`,
		"https://res.cognitiveservices.azure.com/language/:analyze-text?api-version=2024-11-01", "Ocp-Apim-Subscription-Key: $KEY",
		`{"kind":"PiiEntityRecognition","parameters":{"domain":"none","modelVersion":"latest","piiCategories":["PhoneNumber"]},"analysisInput":{"documents":[{"id":"0","text":TEXT,"language":"en"}]}}`,
		`{"results":{"documents":[{"id":"0","entities":[]}]}}`, `{"results":{"documents":[{"id":"0","redactedText":"x","entities":[{"text":TEXT,"category":"PhoneNumber"}]}]}}`},
	{"azure.contentSafety", `{"blocklistNames":["b"],"credentials":{"contentSafety":{"resourceName":"res","apiKey":"$KEY"}}}`,
		"https://res.cognitiveservices.azure.com/contentsafety/text:analyze?api-version=2024-11-01", "Ocp-Apim-Subscription-Key: $KEY",
		`{"text":TEXT,"categories":["Hate","SelfHarm","Sexual","Violence"],"blocklistNames":["b"]}`,
		`{"blocklistsMatch":[],"categoriesAnalysis":[{"category":"Hate","severity":1}]}`, `{"categoriesAnalysis":[{"category":"Hate","severity":2}]}`},
	{"azure.shieldPrompt", `{"credentials":{"contentSafety":{"resourceName":"res","apiKey":"$KEY"}}}`,
		"https://res.cognitiveservices.azure.com/contentsafety/text:shieldPrompt?api-version=2024-09-01", "Ocp-Apim-Subscription-Key: $KEY",
		`{"userPrompt":"Be kind.","documents":[TEXT]}`,
		`{"userPromptAnalysis":{"attackDetected":false},"documentsAnalysis":[{"attackDetected":false}]}`, `{"userPromptAnalysis":{"attackDetected":false},"documentsAnalysis":[{"attackDetected":true}]}`},
	{"azure.protectedMaterial", `{"credentials":{"contentSafety":{"resourceName":"res","apiKey":"$KEY"}}}`,
		"https://res.cognitiveservices.azure.com/contentsafety/text:detectProtectedMaterial?api-version=2024-09-01", "Ocp-Apim-Subscription-Key: $KEY",
		`{"text":TEXT}`, `{"protectedMaterialAnalysis":{"detected":false}}`, `{"protectedMaterialAnalysis":{"detected":true}}`},
}

const (
	evaluate = "https://api.patronus.ai/v1/evaluate"
	good     = `{"results":[{"error_message":null,"evaluation_result":{"pass":true,"additional_info":{"explanation":TEXT}}}]}`
	bad      = `{"results":[{"evaluation_result":{"pass":false,"additional_info":{"explanation":TEXT}}}]}`
)

func judge(criteria string) string {
	return `{"evaluators":[{"evaluator":"judge","explain_strategy":"always","criteria":"` + criteria + `"}],"evaluated_model_input":"What is it?","evaluated_model_output":TEXT}`
}

func evaluator(name, question string) string {
	return `{"evaluators":[{"evaluator":"` + name + `","explain_strategy":"always"}],"evaluated_model_input":"` + question + `","evaluated_model_output":TEXT}`
}
