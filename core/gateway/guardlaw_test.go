package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core/gateway"
	"sluice/core/guard"
	"sluice/core/guard/partner"
	"sluice/core/internal/json"
	"sluice/core/internal/worktest"
	"sluice/core/provider"
	"sluice/core/secret"
	"sluice/core/upstream/awsx"
	"sluice/core/usage"
)

// guardParams are the least that each check needs, with a canary wherever
// there is a credential.
var guardParams = map[string]string{
	"default.regexMatch": `{"rule":"Hi"}`, "default.contains": `{"words":["Hi"],"operator":"none"}`, "default.sentenceCount": `{}`, "default.wordCount": `{}`,
	"default.characterCount": `{}`, "default.alluppercase": `{}`, "default.alllowercase": `{}`, "default.endsWith": `{"suffix":"."}`,
	"default.jsonSchema": `{"schema":{"type":"object"}}`, "default.jsonKeys": `{"keys":["a"],"operator":"all"}`, "default.containsCode": `{"format":"SQL"}`,
	"default.validUrls": `{}`, "default.modelWhitelist": `{"models":["m"]}`, "default.modelRules": `{"rules":{"defaults":["m"]}}`,
	"default.allowedRequestTypes": `{"allowedTypes":["chatComplete"]}`, "default.requiredMetadataKeys": `{"metadataKeys":["a"],"operator":"all"}`,
	"default.jwt":     `{"jwksUri":"https://user:CANARY-jwks@keys.example/set?token=CANARY-jwks","headerKey":"X-Proof"}`,
	"default.notNull": `{}`, "default.addPrefix": `{}`, "default.regexReplace": `{"rule":"Hi"}`,
	"default.webhook": `{"webhookURL":"https://user:CANARY-hook@hook.example/judge?api_key=CANARY-hook","headers":{"x-custom":"CUSTOM","authorization":"Bearer KEY"}}`,
	"default.log":     `{"logURL":"https://user:CANARY-log@log.example/?token=CANARY-log","headers":"{\"x-custom\":\"CUSTOM\"}"}`,
	"default.pii":     `{}`, "default.secrets": `{}`, "default.promptInjection": `{}`, "default.language": `{"languages":["en"]}`, "default.bannedTopics": `{"words":["Hi"]}`,
	"default.tokenLimit": `{"maxTokens":1}`, "default.condition": `{"query":{"model":"other"}}`,
	"default.lambda": `{"functionArn":"arn:aws:lambda:eu-west-1:123456789012:function:judge"}`,

	"qualifire.contentModeration": `{CRED}`, "qualifire.pii": `{CRED}`, "qualifire.promptInjections": `{CRED}`, "qualifire.grounding": `{CRED}`,
	"qualifire.hallucinations": `{CRED}`, "qualifire.policy": `{"policies":["p"],CRED}`, "qualifire.toolUseQuality": `{CRED}`,
	"portkey.moderateContent": `{"categories":["hate"],CRED}`, "portkey.language": `{"language":["eng_Latn"],CRED}`, "portkey.pii": `{"categories":["NAME"],CRED}`, "portkey.gibberish": `{CRED}`,
	"aporia.validateProject": `{"projectID":"p",CRED}`, "sydelabs.sydeguard": `{CRED}`, "pillar.scanPrompt": `{"scanners":["pii"],CRED}`, "pillar.scanResponse": `{"scanners":["pii"],CRED}`,
	"mistral.moderateContent": `{"categories":["pii"],CRED}`, "pangea.textGuard": `{"credentials":{"apiKey":"KEY","domain":"d"}}`, "pangea.pii": `{"credentials":{"apiKey":"KEY","domain":"d"}}`,
	"promptfoo.guard": `{}`, "promptfoo.pii": `{}`, "promptfoo.harm": `{}`, "lasso.classify": `{CRED}`, "exa.online": `{CRED}`, "walledai.walledprotect": `{CRED}`,
	"javelin.guardrails": `{"apiKey":"KEY","application":"a"}`, "f5-guardrails.scan": `{CRED}`,
	"promptsecurity.protectPrompt": `{"credentials":{"apiKey":"KEY","apiDomain":"d.example"}}`, "promptsecurity.protectResponse": `{"credentials":{"apiKey":"KEY","apiDomain":"d.example"}}`,
	"panw-prisma-airs.intercept": `{"profile_name":"p","credentials":{"AIRS_API_KEY":"KEY"}}`, "crowdstrike-aidr.guardChatCompletions": `{"credentials":{"apiKey":"KEY","baseUrl":"https://d.example"}}`,
	"patronus.isConcise": `{CRED}`, "patronus.isHelpful": `{CRED}`, "patronus.isPolite": `{CRED}`, "patronus.noApologies": `{CRED}`, "patronus.noGenderBias": `{CRED}`, "patronus.noRacialBias": `{CRED}`,
	"patronus.retrievalAnswerRelevance": `{CRED}`, "patronus.retrievalHallucination": `{CRED}`, "patronus.toxicity": `{CRED}`, "patronus.custom": `{"profile":"p",CRED}`, "patronus.pii": `{CRED}`, "patronus.phi": `{CRED}`,
	"bedrock.guard": `{"guardrailId":"g","guardrailVersion":"1","credentials":{"awsAccessKeyId":"KEY","awsSecretAccessKey":"KEY","awsSessionToken":"KEY","awsRegion":"us-east-1"}}`,
	"acuvity.scan":  `{"credentials":{"apiKey":"JWT"}}`,
	"azure.pii":     `{"credentials":{"pii":{"azureAuthMode":"entra","resourceName":"r","clientId":"c","clientSecret":"KEY","tenantId":"t"}}}`, "azure.contentSafety": `{"credentials":{"contentSafety":{"resourceName":"r","apiKey":"KEY"}}}`,
	"azure.shieldPrompt": `{"credentials":{"contentSafety":{"resourceName":"r","apiKey":"KEY"}}}`, "azure.protectedMaterial": `{"credentials":{"contentSafety":{"resourceName":"r","apiKey":"KEY"}}}`,
}

// paramsOf are those of a check, with less patience.
func paramsOf(id, timeout string) string {
	token := func(payload string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".CANARY-acuvity"
	}
	p := strings.NewReplacer("CRED", `"credentials":{"apiKey":"KEY"}`, "JWT", token(`{"opaque":{"apex-url":"https://apex.example"}}`)).Replace(guardParams[id])
	p = strings.ReplaceAll(strings.ReplaceAll(p, `KEY"`, canary("check")+`"`), "CUSTOM", canary("custom"))
	p = strings.ReplaceAll(p, "AIRS_API_"+canary("check"), "AIRS_API_KEY")
	if !strings.HasPrefix(id, "default.") || id == "default.webhook" || id == "default.log" || id == "default.lambda" {
		p = strings.Replace(`{"timeout":`+timeout+`,`+p[1:], ",}", "}", 1)
	}
	return p
}

// guardOf is a hook of one check.
func guardOf(id, timeout string) (list []string, hook string) {
	spec := guard.NewLibrary(partner.Specs()...)[id]
	for event, name := range map[guard.Event]string{guard.Before: "input_guardrails", guard.After: "output_guardrails"} {
		if len(spec.Events) == 0 || slices.Contains(spec.Events, event) {
			list = append(list, name)
		}
	}
	return list, fmt.Sprintf(`[{"deny":true,%q:%s}]`, id, paramsOf(id, timeout))
}

// defaults are the checks of the reference's own plugin; those of its partners
// are listed where they are made.
const defaults = `regexMatch contains sentenceCount wordCount characterCount alluppercase alllowercase endsWith jsonSchema jsonKeys containsCode
	validUrls modelWhitelist modelRules allowedRequestTypes requiredMetadataKeys jwt notNull webhook log addPrefix regexReplace`

// ours are the checks that the reference does not have.
const ours = `pii secrets promptInjection language bannedTopics tokenLimit condition lambda`

func TestEveryCheckHasParametersThatCompile(t *testing.T) {
	t.Parallel()
	library := guard.NewLibrary(partner.Specs()...)
	if n := len(strings.Fields(defaults)); n != 22 {
		t.Errorf("%d defaults, want 22", n)
	}
	for _, name := range strings.Fields(defaults + " " + ours) {
		if guardParams["default."+name] == "" {
			t.Errorf("there are no parameters of default.%s", name)
		}
	}
	p := guard.Parser{
		Library: library, Env: guard.Env{MayInvoke: func(string) bool { return true }, Invoke: func(context.Context, string, []byte) ([]byte, error) { return nil, nil }},
		Fault: func(path []string, message string) { t.Errorf("%q: %s", path, message) },
	}
	for id := range guardParams {
		if library[id] == nil || library[id].ID != id {
			t.Errorf("there is no %s", id)
			continue
		}
		lists, hook := guardOf(id, "1000")
		for _, list := range lists {
			if hooks := p.Hooks(list, json.Value(hook), []string{id}); len(hooks) != 1 {
				t.Errorf("%s: %d hooks of %s", id, len(hooks), hook)
			}
		}
	}
	for _, id := range library.IDs() {
		if guardParams[library[id].ID] == "" {
			t.Errorf("there are no parameters of %s", id)
		}
	}
}

// A repeater is the network: a model, and services that repeat all they are sent.
type repeater struct {
	t     *testing.T
	mode  repeaterMode
	asked atomic.Int32
}

// A repeaterMode is one way to answer. QUOTE in a body stands for the request.
type repeaterMode struct {
	name, body string
	status     int
	hangs      bool
}

const (
	// likesAll and likesNone are verdicts in the forms of many services.
	likesAll = `{"verdict":true,"data":{"q":QUOTE,"safety":[{"isSafe":true,"q":QUOTE}]},"status":"passed","explanation":QUOTE,"flagged":false,"action":"NONE","assessments":[],"outcome":"cleared",
		"results":[{"flagged":false,"q":QUOTE,"text":QUOTE,"url":QUOTE,"title":QUOTE,"evaluation_result":{"pass":true,"additional_info":{"q":QUOTE}}}],"result":{"q":QUOTE,"count":0},"keys":[{"kid":QUOTE}]}`
	likesNone = `{"verdict":false,"data":{"q":QUOTE,"safety":[{"isSafe":false,"q":QUOTE}]},"status":"failed","explanation":QUOTE,"flagged":true,"action":"GUARDRAIL_INTERVENED",
		"outputs":[{"text":QUOTE}],"assessments":[{"topicPolicy":{"topics":[{"name":QUOTE,"action":"BLOCKED"}]}}],"results":[{"flagged":true,"q":QUOTE,"evaluation_result":{"pass":false,"additional_info":{"q":QUOTE}}}],
		"result":{"q":QUOTE,"count":1},"violations_detected":true,"findings":{"q":QUOTE},"extractions":[{"data":QUOTE,"exploits":{"q":1}}],"categoriesAnalysis":[{"category":QUOTE,"severity":6}]}`
)

var repeaterModes = []repeaterMode{
	{name: "likes all", status: 200, body: likesAll}, {name: "likes nothing", status: 200, body: likesNone},
	{name: "labels", status: 200, body: `[[{"label":QUOTE,"score":1}]]`}, {name: "a text", status: 200, body: `QUOTE`},
	{name: "malformed", status: 200, body: `{"verdict":QUOTE,`}, {name: "401", status: 401, body: `{"error":{"message":QUOTE}}`}, {name: "403, no JSON", status: 403, body: `<p>QUOTE`},
	{name: "500", status: 500, body: `{"error":QUOTE,"message":QUOTE,"__type":QUOTE}`}, {name: "redirect", status: 302}, {name: "silence", hangs: true},
}

func (e *repeater) Do(r *http.Request) (*http.Response, error) { return e.RoundTrip(r) }

func (e *repeater) RoundTrip(r *http.Request) (*http.Response, error) {
	dump, _ := httputil.DumpRequestOut(r, true)
	answer := func(status int, body string) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		if status >= 300 {
			w.Header().Set("Location", "https://elsewhere.example/?"+r.Header.Get("Authorization"))
			w.Header().Set("X-Amzn-Errortype", r.Header.Get("X-Amz-Security-Token"))
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
		resp := w.Result()
		resp.Request = r
		return resp, nil
	}
	switch r.URL.Host {
	case "api.openai.com":
		for _, m := range canaryPattern.FindAllStringSubmatch(string(dump), -1) {
			if m[1] != "target" {
				e.t.Errorf("%s: the model is sent the credential %q", e.mode.name, m[1])
			}
		}
		return answer(200, strings.Replace(wholeChat, "Hello!", "Hi, see https://site.example/page", 1))
	case "login.microsoftonline.com":
		return answer(200, `{"access_token":"`+canary("bought")+`","expires_in":3600}`)
	}
	e.asked.Add(1)
	if e.mode.hangs {
		select { // not every check has a parameter for it
		case <-r.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
		return nil, fmt.Errorf("no answer to %s with %s: %w", r.URL, r.Header, os.ErrDeadlineExceeded)
	}
	quote := fmt.Sprintf("%s %v %s %s", r.URL, r.Header, r.URL.User, dump)
	return answer(e.mode.status, strings.ReplaceAll(e.mode.body, "QUOTE", string(json.Quote(quote))))
}

// TestNoCheckTellsASecret asks through the gateway, with every check on every
// side, and services that repeat what they are sent.
func TestNoCheckTellsASecret(t *testing.T) {
	said := listen(t)
	proof := "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ." + base64.RawURLEncoding.EncodeToString([]byte(`{"iat":1}`)) + ".CANARY-proof"
	for _, mode := range repeaterModes {
		t.Run(mode.name, func(t *testing.T) {
			network := &repeater{t: t, mode: mode}
			h, err := gateway.NewPlayed(gateway.Config{
				Keys: gateway.StaticKeys(secret.New(canary(gatewayKey))), Sinks: []usage.Sink{usage.NewLines(said)},
				Log:     slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug})),
				Ambient: &provider.Ambient{Client: &http.Client{Transport: network}},
				Bedrock: awsx.Config{
					HTTPClient: &http.Client{Transport: network}, Functions: []string{"arn:aws:lambda:eu-west-1:123456789012:function:judge"},
					DefaultCredentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
						return aws.Credentials{AccessKeyID: canary("process"), SecretAccessKey: canary("process-secret"), SessionToken: canary("process-session")}, nil
					}),
				},
			}, network)
			if err != nil {
				t.Fatal(err)
			}
			for id := range guardParams {
				if worktest.Raced && rand.IntN(3) > 0 {
					continue
				}
				before := network.asked.Load()
				lists, hook := guardOf(id, map[bool]string{true: "15", false: "5000"}[mode.hangs])
				for _, list := range lists {
					for _, more := range []string{"", `"async":true,`} {
						r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", bytes.NewReader(conversationOf("Hi")))
						for k, v := range map[string]string{
							"Content-Type": "application/json", "X-Portkey-Api-Key": canary(gatewayKey), "X-Proof": proof, "Cookie": canary("cookie"),
							"Authorization": "Bearer " + canary("client"), "X-Sluice-Explain": "true", "X-Portkey-Aws-Secret-Access-Key": canary("aws"),
							"X-Portkey-Config": `{"provider":"openai","api_key":"` + canary("target") + `","` + list + `":` + strings.Replace(hook, `[{`, `[{`+more, 1) + `}`,
						} {
							r.Header.Set(k, v)
						}
						w := httptest.NewRecorder()
						h.ServeHTTP(w, r)
						what := fmt.Sprintf("%s, %s %s%s", mode.name, list, more, id)
						if (w.Code != 200 && w.Code != 246 && w.Code != 446) || more == "" && !strings.Contains(w.Body.String(), `"hook_results"`) {
							t.Errorf("%s: %d %s", what, w.Code, w.Body)
						}
						noCanary(t, "the answer ("+what+")", fmt.Appendf(nil, "%v %s", w.Header(), w.Body))
						noCanary(t, "log or record ("+what+")", said.take())
					}
				}
				if asks := strings.Contains(guardParams[id], "https:") || !strings.HasPrefix(id, "default.") || id == "default.lambda"; asks && network.asked.Load() == before {
					t.Errorf("%s: nobody was asked: nothing was tested", id)
				}
			}
		})
	}
}

func conversationOf(text string) []byte {
	return fmt.Appendf(nil, `{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":%q}]}`, text)
}
