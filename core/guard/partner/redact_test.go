package partner_test

import (
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
)

// The answers of the services here are about each text that they are asked
// about, so they stand for texts of one kind.
func TestRedaction(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id, params, answer string
		texts, want              []string // want is nil: nothing is replaced
		pass                     bool
	}{
		{"all texts in one request", "portkey.pii", `{"redact":true,"categories":["NAME"],CRED}`,
			`[{"entities":[{"labels":{"NAME":1}}],"processed_text":"我叫[NAME]"},{"entities":[],"processed_text":"好"}]`,
			[]string{"我叫小明", "好"}, []string{"我叫[NAME]", "好"}, true},
		{"none of the categories", "portkey.pii", `{"redact":true,"categories":["NAME"],CRED}`,
			`[{"entities":[{"labels":{"SSN":1}}],"processed_text":"[SSN]"}]`, []string{"123"}, nil, true},
		{"not", "portkey.pii", `{"not":true,"categories":["NAME"],CRED}`, `[{"entities":[]}]`, []string{"a"}, nil, false},
		{"not and found", "portkey.pii", `{"not":true,"categories":["NAME"],CRED}`, `[{"entities":[{"labels":{"NAME":1}}]}]`, []string{"a"}, nil, true},
		{"no redacted form", "portkey.pii", `{"redact":true,"categories":["NAME"],CRED}`, `[{"entities":[{"labels":{"NAME":1}}]}]`, []string{"a"}, nil, false},
		{"all texts in one request", "pangea.pii", `{"redact":true,"credentials":{"apiKey":"k","domain":"d"}}`,
			`{"status":"Success","result":{"count":1,"redacted_data":["<电话>","b"]}}`, []string{"555", "b"}, []string{"<电话>", "b"}, true},
		{"every character of a span", "promptfoo.pii", `{"redact":true}`,
			`{"results":[{"flagged":true,"payload":{"pii":[{"entity_type":"PERSON","start":2,"end":4,"pii":"小明"},{"entity_type":"CITY","pii":"台北"}]}}]}`,
			[]string{"我叫小明，住台北"}, []string{"我叫[PERSON]，住[CITY]"}, true},
		{"one span in another", "promptfoo.pii", `{"redact":true}`,
			`{"results":[{"flagged":true,"payload":{"pii":[{"entity_type":"HOST","pii":"a.org"},{"entity_type":"MAIL","pii":"me@a.org"}]}}]}`,
			[]string{"me@a.org on a.org"}, []string{"[MAIL] on [HOST]"}, true},
		{"a span that is not in the text", "promptfoo.pii", `{"redact":true}`,
			`{"results":[{"flagged":true,"payload":{"pii":[{"entity_type":"MAIL","pii":"x@y"}]}}]}`, []string{"a"}, nil, false},
		{"each text by itself", "f5-guardrails.scan", `{"redact":true,CRED}`, `{"redactedInput":"***","result":{"outcome":"redacted"}}`,
			[]string{"a", "", "b"}, []string{"***", "", "***"}, true},
		{"blocked and nothing redacted", "f5-guardrails.scan", `{"redact":true,CRED}`, `{"redactedInput":"a","result":{"outcome":"blocked"}}`, []string{"a"}, nil, false},
		{"spans of characters", "patronus.pii", `{"redact":true,CRED}`,
			`{"results":[{"evaluation_result":{"pass":false,"additional_info":{"positions":[[2,4],[5,11]]}}}]}`,
			[]string{"我叫小明 abcdef!"}, []string{"我叫** a****f!"}, true},
		{"a span behind the text", "patronus.phi", `{"redact":true,CRED}`,
			`{"results":[{"evaluation_result":{"pass":false,"additional_info":{"positions":[[0,99]]}}}]}`, []string{"abc"}, nil, false},
		{"no redaction asked for", "patronus.pii", `{CRED}`,
			`{"results":[{"evaluation_result":{"pass":false,"additional_info":{"positions":[[0,1]]}}}]}`, []string{"abc"}, nil, false},
		{"by the ids of documents", "azure.pii", `{"redact":true,"credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`,
			`{"results":{"documents":[{"id":"2","redactedText":"***","entities":[{"category":"Person"}]},{"id":"0","entities":[]}]}}`,
			[]string{"a", "", "小明"}, []string{"a", "", "***"}, true},
		{"hidden by the service", "bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"I am {NAME}"}],
			"assessments":[{"sensitiveInformationPolicy":{"piiEntities":[{"match":"小明","type":"NAME","action":"ANONYMIZED"}]}}]}`,
			[]string{"I am 小明"}, []string{"I am {NAME}"}, true},
		{"blocked by the service", "bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"Sorry."}],
			"assessments":[{"sensitiveInformationPolicy":{"piiEntities":[{"match":"小明","type":"NAME","action":"BLOCKED"}],"regexes":[{"match":"A-1","name":"badge","action":"BLOCKED"}]}}]}`,
			[]string{"I am 小明, A-1"}, []string{"I am {NAME}, {badge}"}, true},
		{"more than personal data", "bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"Sorry."}],
			"assessments":[{"contentPolicy":{"filters":[{"type":"HATE","action":"BLOCKED"}]},"sensitiveInformationPolicy":{"piiEntities":[{"match":"a","type":"NAME","action":"BLOCKED"}]}}]}`,
			[]string{"a"}, nil, false},
		{"hidden and blocked by the service", "bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"Sorry."}],
			"assessments":[{"sensitiveInformationPolicy":{"piiEntities":[{"match":"A-1","type":"ID","action":"BLOCKED"},{"match":"小明","type":"NAME","action":"ANONYMIZED"}]}}]}`,
			[]string{"I am 小明, A-1"}, []string{"I am {NAME}, {ID}"}, true},
		{"only looked at by the service", "bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"Sorry."}],
			"assessments":[{"contentPolicy":{"filters":[{"type":"HATE","action":"NONE"}]},"sensitiveInformationPolicy":{"piiEntities":[{"match":"小明","type":"NAME","action":"BLOCKED"},{"match":"am","type":"ADDRESS","action":"NONE"}]}}]}`,
			[]string{"I am 小明"}, []string{"I am {NAME}"}, true},
		{"a match that is not in the text", "bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"Sorry."}],
			"assessments":[{"sensitiveInformationPolicy":{"piiEntities":[{"match":"小 明","type":"NAME","action":"BLOCKED"}]}}]}`,
			[]string{"I am 小明"}, nil, false},
		{"a policy of tomorrow", "bedrock.guard", bedrockParams, `{"action":"GUARDRAIL_INTERVENED","outputs":[{"text":"Sorry."}],
			"assessments":[{"newPolicy":{"things":[{"action":"BLOCKED"}]},"sensitiveInformationPolicy":{"piiEntities":[{"match":"a","type":"NAME","action":"BLOCKED"}]}}]}`,
			[]string{"a"}, nil, false},
		{"personal data", "acuvity.scan", `{"pii_redact":true,"pii_categories":["Email_Address"],"credentials":{"apiKey":"JWT"}}`,
			`{"extractions":[{"data":"XXX","piIs":{"email_address":1}},{"data":"b"}]}`, []string{"a@b", "b"}, []string{"XXX", "b"}, true},
		{"a secret", "acuvity.scan", `{"secrets_redact":true,"secrets_categories":["aws"],"credentials":{"apiKey":"JWT"}}`,
			`{"extractions":[{"data":"XXX","detections":[{"type":"Secret","name":"aws","score":1}]}]}`, []string{"AKIA"}, []string{"XXX"}, true},
		{"personal data and an attack", "acuvity.scan", `{"pii_redact":true,"pii_categories":["a"],"credentials":{"apiKey":"JWT"}}`,
			`{"extractions":[{"data":"XXX","piIs":{"a":1},"exploits":{"jailbreak":0.9}}]}`, []string{"a"}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.id+" "+tt.name, func(t *testing.T) {
			s := newServices(t, tt.answer)
			c := mustMake(t, s.env(), tt.id, full(tt.params))
			if asked := strings.Contains(tt.params, "redact\":true"); c.(lawful).replaces() != asked {
				t.Errorf("replaces: %v", !asked)
			}
			v, err := c.Check(t.Context(), before(tt.texts...))
			if err != nil || v.Pass != tt.pass || !slices.Equal(v.Texts, tt.want) {
				t.Errorf("got %v %q, %v; want %v %q", v.Pass, v.Texts, err, tt.pass, tt.want)
			}
		})
	}
}

const bedrockParams = `{"redact":true,"guardrailId":"g","guardrailVersion":"1","credentials":{"awsAccessKeyId":"a","awsSecretAccessKey":"b","awsRegion":"r"}}`

// A redacted list that is too short would put texts in the wrong places.
func TestRedactedTextsThatDoNotFitAreNoVerdict(t *testing.T) {
	t.Parallel()
	for id, row := range map[string][2]string{
		"pangea.pii":   {`{"redact":true,"credentials":{"apiKey":"k","domain":"d"}}`, `{"status":"Success","result":{"count":1,"redacted_data":["x"]}}`},
		"portkey.pii":  {`{"redact":true,"categories":["NAME"],CRED}`, `[{"entities":[{"labels":{"NAME":1}}],"processed_text":"x"}]`},
		"acuvity.scan": {`{"credentials":{"apiKey":"JWT"}}`, `{"extractions":[{"data":"x"}]}`},
		"azure.pii":    {`{"credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`, `{"results":{"documents":[{"id":"0","entities":[]}]}}`},
	} {
		v, err := mustMake(t, newServices(t, row[1]).env(), id, full(row[0])).Check(t.Context(), before("a", "b"))
		if err == nil || v.Pass || v.Texts != nil {
			t.Errorf("%s: got %+v, %v", id, v, err)
		}
	}
}

func TestAzureIsAskedAboutFiveTextsAtATime(t *testing.T) {
	t.Parallel()
	s := newServices(t, `{"results":{"documents":[]}}`)
	mustMake(t, s.env(), "azure.pii", `{"credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`).Check(t.Context(), before("1", "2", "3", "4", "5", "6"))
	var sizes []int
	for _, r := range s.sent {
		sizes = append(sizes, strings.Count(r.body, `"id":`))
	}
	if slices.Sort(sizes); !slices.Equal(sizes, []int{1, 5}) {
		t.Errorf("requests of %d documents", sizes)
	}
}

func TestTheWebIsPutIntoTheRequest(t *testing.T) {
	t.Parallel()
	answer := `{"results":[{"title":"天氣","url":"https://w.example","text":"Sunny.","publishedDate":"2026-01-01"}]}`
	found := "P\n[1] \"天氣\"\nURL: https://w.example\nDate: 2026-01-01\nSunny.\nS"
	tests := []struct{ operation, body, want string }{
		{"chatComplete", `{"messages":[{"role":"system","content":"Be kind.","name":"n"},{"role":"user","content":"hi"}],"n":1.0}`,
			`{"messages":[{"role":"system","content":"Be kind.FOUND","name":"n"},{"role":"user","content":"hi"}],"n":1.0}`},
		{"chatComplete", `{"messages":[{"role":"user","content":"hi"}]}`, `{"messages":[{"role":"system","content":"FOUND"},{"role":"user","content":"hi"}]}`},
		{"chatComplete", `{"messages":[{"role":"system","content":[{"type":"text","text":"a"}]}]}`, `{"messages":[{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"FOUND"}]}]}`},
		{"complete", `{"prompt":"hi"}`, `{"prompt":"FOUNDhi"}`},
		{"embed", `{"input":"hi"}`, ``},
	}
	for _, tt := range tests {
		in := before("hi")
		in.Operation, in.Request = tt.operation, json.Value(tt.body)
		v, err := mustMake(t, newServices(t, answer).env(), "exa.online", full(`{"prefix":"P","suffix":"S",CRED}`)).Check(t.Context(), in)
		quoted := string(json.Quote(found))
		want := strings.ReplaceAll(tt.want, "FOUND", quoted[1:len(quoted)-1])
		if err != nil || !v.Pass || string(v.Request) != want {
			t.Errorf("%s: got %s, %v\nwant %s", tt.body, v.Request, err, want)
		}
	}
}

func TestWholeBodiesAreReplaced(t *testing.T) {
	t.Parallel()
	params := `{"credentials":{"apiKey":"k","baseUrl":"https://h"}}`
	s := newServices(t, `{"status":"Success","result":{"blocked":false,"transformed":true,"guard_output":{"messages":[]}}}`)
	c := mustMake(t, s.env(), "crowdstrike-aidr.guardChatCompletions", params)
	if v, err := c.Check(t.Context(), before("a")); err != nil || !v.Pass || string(v.Request) != `{"messages":[]}` || v.Response != nil {
		t.Errorf("a request: got %+v, %v", v, err)
	}
	if v, err := c.Check(t.Context(), after("a")); err != nil || !v.Pass || string(v.Response) != `{"messages":[]}` || v.Request != nil {
		t.Errorf("an answer: got %+v, %v", v, err)
	}
	stream := after("a")
	stream.Response = nil
	if v, err := c.Check(t.Context(), stream); err == nil || v.Pass {
		t.Errorf("a stream, whose change cannot be made: got %+v, %v", v, err)
	}
	if sent := s.sent[2].body; !strings.Contains(sent, `"guard_input":{"messages":[{"role":"assistant","content":"a"}]},"event_type":"output"`) {
		t.Errorf("of a stream, sent %s", sent)
	}
	s.answer = `{"status":"Accepted","result":{"location":"https://h"}}`
	if v, err := c.Check(t.Context(), before("a")); err == nil || v.Pass {
		t.Errorf("an answer that comes later: got %+v, %v", v, err)
	}
	s.answer = `{"result":{"blocked":true,"transformed":true,"guard_output":{"messages":[]}}}`
	if v, err := c.Check(t.Context(), before("a")); err != nil || v.Pass || v.Request != nil {
		t.Errorf("a request that is blocked: got %+v, %v", v, err)
	}
}
