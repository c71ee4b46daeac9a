package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/gateway"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
)

// A service is a partner's: it counts what it is asked, and finds violations in
// texts with the poison. It answers nobody before it was asked as often as all
// says.
type service struct {
	*httptest.Server
	asked, all atomic.Int64
}

func newService(t *testing.T) *service {
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.asked.Add(1)
		for s.asked.Load() < s.all.Load() && r.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		outcome := map[bool]string{true: "flagged", false: "cleared"}[strings.Contains(string(body), "poison")]
		write(w, `{"result":{"outcome":"`+outcome+`"}}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// check asks the service about texts.
func (s *service) check(id string) string {
	return fmt.Sprintf(`%q:{"id":"f5-guardrails.scan","credentials":{"apiKey":"k","calypsoUrl":%q}}`, id, s.URL)
}

// A service of somebody else's costs money and time: it is asked once about an
// answer, however many chunks that has, and its guards are asked at once.
func TestAGuardServiceIsAskedOnceForAnAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, a := newService(t), &guarded{texts: []string{"an answer of many chunks"}}
			guards := `"input_guardrails":[{"deny":true,` + s.check("a") + `}],"output_guardrails":[{"deny":true,` + s.check("b") + `}]`
			if status, body := a.ask(t, guards, tt.path, tt.body); status != 200 || s.asked.Load() != 2 {
				t.Errorf("%d, asked %d times: %s", status, s.asked.Load(), body)
			}
		})
	}
}

func TestRetriesAskNoGuardServiceAboutTheRequestAgain(t *testing.T) {
	t.Parallel()
	s, calls := newService(t), atomic.Int64{}
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		write(w, wholeChat)
	})
	config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"retry":{"attempts":3},"input_guardrails":[{"deny":true,%s}],"output_guardrails":[{"deny":true,%s}]}`,
		up.URL, s.check("a"), s.check("b"))
	status, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{"X-Portkey-Config": config})
	if status != 200 || calls.Load() != 3 || s.asked.Load() != 2 {
		t.Errorf("%d after %d calls, asked %d times: %s", status, calls.Load(), s.asked.Load(), body)
	}
}

// Eight checks in two hooks take as long as one.
func TestGuardServicesAreAskedAtTheSameTime(t *testing.T) {
	t.Parallel()
	s, a := newService(t), &guarded{texts: []string{"Hi"}}
	s.all.Store(8)
	var hooks []string
	for range 2 {
		hooks = append(hooks, `{"deny":true,"on_error":"deny",`+strings.Join([]string{s.check("a"), s.check("b"), s.check("c"), s.check("d")}, ",")+`}`)
	}
	if status, body := a.ask(t, `"input_guardrails":[`+strings.Join(hooks, ",")+`]`, "/v1/chat/completions", clientRequests[0].body); status != 200 || s.asked.Load() != 8 {
		t.Errorf("%d, asked %d times: %s", status, s.asked.Load(), body)
	}
}

func TestAPartnersVerdictDeniesAnswersAndStreams(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, a := newService(t), &guarded{texts: []string{"some poison"}}
			status, body := a.ask(t, `"output_guardrails":[{"deny":true,`+s.check("a")+`}]`, tt.path, tt.body)
			if status != 446 || strings.Contains(body, "poison") {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

// Addresses of configs are not trusted: those of this network are not reached.
func TestGuardServicesAreNotLookedForInOurNetwork(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"http://169.254.169.254", "http://10.0.0.1", "http://[fd00::1]", "http://[::ffff:169.254.169.254]", "http://0xa9fea9fe", "http://2852039166", "http://0.0.0.0:80",
	} {
		for id, credentials := range map[string]string{
			"f5-guardrails.scan": `"calypsoUrl":"` + host + `"`, "crowdstrike-aidr.guardChatCompletions": `"baseUrl":"` + host + `"`,
			"portkey.gibberish": `"baseURL":"` + host + `"`,
		} {
			a := &guarded{texts: []string{"Hi"}}
			began := time.Now()
			status, body := a.ask(t, `"input_guardrails":[{"deny":true,"on_error":"deny","`+id+`":{"timeout":20000,"credentials":{"apiKey":"canary-key",`+credentials+`}}}]`,
				"/v1/chat/completions", clientRequests[0].body)
			if status != 446 || a.count() != 0 || strings.Contains(body, "canary") || time.Since(began) > 10*time.Second {
				t.Errorf("%s at %s: %d after %s: %s", id, host, status, time.Since(began), body)
			}
		}
	}
}

func TestMissingCredentialsOfPartnersAreRefusedByTheirPlace(t *testing.T) {
	t.Parallel()
	for guards, want := range map[string]string{
		`"input_guardrails":[{"mistral.moderateContent":{"categories":["pii"]}}]`:                        "path: input_guardrails,0,mistral.moderateContent,credentials,apiKey, message: Required",
		`"output_guardrails":[{"azure.pii":{"credentials":{"pii":{"resourceName":"r"}}}}]`:               "path: output_guardrails,0,azure.pii,credentials,pii,apiKey, message: Required",
		`"input_guardrails":[{"bedrock.guard":{"guardrailId":"g","guardrailVersion":"1"}}]`:              "path: input_guardrails,0,bedrock.guard,credentials, message: Missing required credentials",
		`"before_request_hooks":[{"checks":[{"id":"lasso.classify","parameters":{"timeout":1000}}]}]`:    "path: before_request_hooks,0,checks,0,parameters,credentials,apiKey, message: Required",
		`"input_guardrails":[{"pillar.scanResponse":{"scanners":["pii"],"credentials":{"apiKey":"k"}}}]`: "path: input_guardrails,0,pillar.scanResponse",
	} {
		a := &guarded{texts: []string{"Hi"}}
		status, body := a.ask(t, guards, "/v1/chat/completions", clientRequests[0].body)
		if status != 400 || !strings.Contains(body, want) || a.count() != 0 {
			t.Errorf("%s: %d %s", guards, status, body)
		}
	}
}

// refusalWords are how answers end, in every dialect of clients, that a policy has
// stopped. Cohere has no word for it: the answer is not complete, and says so.
var refusalWords = map[string][]string{
	"chat": {`"finish_reason":"content_filter"`}, "messages": {`"stop_reason":"refusal"`},
	"responses": {`"status":"incomplete"`, `"incomplete_details":{"reason":"content_filter"}`}, "gemini": {`"finishReason":"SAFETY"`},
	"converse": {`"stopReason":"guardrail_intervened"`, `"stopReason":"content_filtered"`}, "cohere": {`"finish_reason":"ERROR"`},
}

// stopped are answers of providers whose own guardrails have stopped them.
func stopped(id string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case id == "azure-openai" && strings.Contains(string(body), `"stream":true`):
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, chunk("Sor")+strings.Replace(chatEnd, `"finish_reason":"stop"`, `"finish_reason":"content_filter","content_filter_results":{"hate":{"filtered":true,"severity":"high"}}`, 1))
		case id == "azure-openai":
			w.Header().Set("Content-Type", "application/json")
			write(w, strings.Replace(wholeChat, `"finish_reason":"stop"`, `"finish_reason":"content_filter","content_filter_results":{"hate":{"filtered":true,"severity":"high"}}`, 1))
		case strings.HasSuffix(r.URL.Path, "/converse-stream"):
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			var b []byte
			for _, e := range [][2]string{
				{"messageStart", `{"role":"assistant"}`}, {"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Sorry."}}`}, {"contentBlockStop", `{"contentBlockIndex":0}`},
				{"messageStop", `{"stopReason":"guardrail_intervened"}`}, {"metadata", `{"usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}`},
			} {
				b = frame.AppendEvent(b, e[0], []byte(e[1]))
			}
			write(w, string(b))
		case strings.HasSuffix(r.URL.Path, "/converse"):
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"output":{"message":{"role":"assistant","content":[{"text":"Sorry."}]}},"stopReason":"guardrail_intervened","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}`)
		case strings.HasSuffix(r.URL.Path, "/invoke-with-response-stream"):
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			var b []byte
			for _, p := range []string{
				`{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}`,
				`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Sorry."}}`,
				`{"type":"content_block_stop","index":0}`, `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}`,
				`{"type":"message_stop","amazon-bedrock-guardrailAction":"INTERVENED"}`,
			} {
				b = appendChunk(b, p)
			}
			write(w, string(b))
		default:
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"Sorry."}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1},"amazon-bedrock-guardrailAction":"INTERVENED"}`)
		}
	}
}

func TestAnAnswerThatAProvidersGuardrailStoppedIsNoNormalOne(t *testing.T) {
	t.Parallel()
	for id, options := range map[string]string{
		"bedrock by Converse": `"provider":"bedrock","aws_access_key_id":"AKIDEXAMPLE","aws_secret_access_key":"s","aws_region":"us-east-1"`,
		"bedrock by Invoke":   `"provider":"bedrock","aws_access_key_id":"AKIDEXAMPLE","aws_secret_access_key":"s","aws_region":"us-east-1","aws_bedrock_api":"invoke"`,
		"azure-openai":        `"provider":"azure-openai","api_key":"k","azure_deployment_id":"d","azure_api_version":"2024-10-21"`,
	} {
		for _, tt := range clientRequests {
			if id == "azure-openai" && strings.HasSuffix(tt.path, "/responses") {
				continue // it speaks that itself
			}
			t.Run(id+", "+tt.name, func(t *testing.T) {
				t.Parallel()
				front, up := serve(t, gateway.Config{}, stopped(id))
				path := strings.NewReplacer("/m:", "/anthropic.claude-sonnet-4-5-20250929-v1:0:", "/m/", "/anthropic.claude-sonnet-4-5-20250929-v1:0/").Replace(tt.path)
				body := strings.Replace(tt.body, `"model":"m"`, `"model":"anthropic.claude-sonnet-4-5-20250929-v1:0"`, 1)
				status, got := post(t, front, path, body, map[string]string{"X-Portkey-Config": fmt.Sprintf(`{%s,"custom_host":%q}`, options, up.URL)})
				client := strings.TrimPrefix(tt.name, "streamed ")
				if !strings.Contains(got, "Sor") && !strings.Contains(got, "Hello") || status != 200 || !endsAs(got, refusalWords[client]) {
					t.Errorf("%d %s", status, got)
				}
			})
		}
	}
}

// endsAs reports whether an answer has one of the endings. Those of a stream of
// AWS stand in its frames as they are.
func endsAs(answer string, endings []string) bool {
	for _, e := range endings {
		if strings.Contains(strings.ReplaceAll(answer, `": `, `":`), e) {
			return true
		}
	}
	return false
}

// What Azure refuses before a model has said anything is an error of its own
// kind, not a bad request that another target would refuse as well.
func TestAPromptThatAzureFiltersIsNamedSo(t *testing.T) {
	t.Parallel()
	const refused = `{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}`
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		write(w, refused)
	})
	config := fmt.Sprintf(`{"provider":"azure-openai","api_key":"k","azure_deployment_id":"d","azure_api_version":"2024-10-21","custom_host":%q}`, up.URL)
	status, body := post(t, front, "/v1/chat/completions", clientRequests[0].body, map[string]string{"X-Portkey-Config": config})
	if status != 400 || json.Unquote(json.Lookup([]byte(body), "error", "code")) != "content_filter" {
		t.Errorf("%d %s", status, body)
	}
}
