package partner_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

const (
	safetyParams = `{"timeout":60000,"credentials":{"contentSafety":{"apiKey":"k","resourceName":"r"}}}`
	piiParams    = `{"timeout":60000,"redact":true,"credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`
)

// limited are checks of services that refuse longer texts: the characters they
// take, and answers about texts with and without the poison.
var limited = []struct {
	id, params string
	limit      int
	good, bad  string
	texts      []string // path of the texts in a request
}{
	{"azure.contentSafety", safetyParams, 10_000, `{"categoriesAnalysis":[{"severity":0}]}`, `{"categoriesAnalysis":[{"severity":6}]}`, []string{"text"}},
	{"azure.protectedMaterial", safetyParams, 10_000, `{"protectedMaterialAnalysis":{"detected":false}}`, `{"protectedMaterialAnalysis":{"detected":true}}`, []string{"text"}},
	{"azure.shieldPrompt", safetyParams, 10_000, `{"userPromptAnalysis":{"attackDetected":false}}`, `{"userPromptAnalysis":{"attackDetected":false},"documentsAnalysis":[{"attackDetected":true}]}`, []string{"documents", "0"}},
	{"pangea.textGuard", `{"timeout":60000,"credentials":{"apiKey":"k","domain":"d"}}`, 20 << 10 / 3, `{"status":"Success","result":{"detectors":{}}}`,
		`{"status":"Success","result":{"blocked":true,"detectors":{}}}`, []string{"text"}},
	{"bedrock.guard", strings.Replace(bedrockParams, "{", `{"timeout":60000,`, 1), 25_000, `{"action":"NONE"}`, `{"action":"GUARDRAIL_INTERVENED","assessments":[]}`, []string{"content", "0", "text", "text"}},
}

// A text that is longer than a service takes would be no verdict, and let
// whoever pads it through.
func TestLongTextsAreJudgedToTheirEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("很长的文字，a long text.\n", 30_000) + strings.Repeat("字", 26_000) // 1 MB, the end without a place to cut
	for _, tt := range limited {
		for text, want := range map[string]bool{long: true, long + "poison": false, "poison" + long: false} {
			s := newServices(t, "")
			s.reply = func(body string) string {
				if strings.Contains(body, "poison") {
					return tt.bad
				}
				return tt.good
			}
			began := time.Now()
			v, err := mustMake(t, s.env(), tt.id, tt.params).Check(t.Context(), inputOf(tt.id, text))
			if err != nil || v.Pass != want || time.Since(began) > 20*time.Second {
				t.Errorf("%s: got %v, want %v, %v after %s", tt.id, v.Pass, want, err, time.Since(began))
			}
			sum := 0
			for _, r := range s.sent {
				n := utf8.RuneCountInString(json.Unquote(json.Lookup([]byte(r.body), tt.texts...)))
				if sum += n; n > tt.limit {
					t.Errorf("%s: asked about %d characters", tt.id, n)
				}
			}
			if whole := utf8.RuneCountInString(text); sum != whole {
				t.Errorf("%s: asked about %d characters of %d", tt.id, sum, whole)
			}
		}
	}
}

// playAzure finds the number and hides it.
func playAzure(body string) string {
	asked, _ := json.Elements(json.Lookup([]byte(body), "analysisInput", "documents"))
	var out []json.Value
	for _, d := range asked {
		text, entities := json.Unquote(json.Lookup(d, "text")), "[]"
		if strings.Contains(text, "555-0100") {
			entities = `[{"category":"PhoneNumber"}]`
		}
		out = append(out, json.Object{
			json.Named("id", json.Lookup(d, "id")), json.Named("entities", json.Value(entities)),
			json.Named("redactedText", json.Quote(strings.ReplaceAll(text, "555-0100", "********"))),
		}.Value())
	}
	slices.Reverse(out)
	return `{"results":{"documents":` + string(json.ValueOf(out)) + `}}`
}

func TestLongTextsAreRedactedInTheirPlaces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("一些文字 and words. ", 20_000) // 0.5 MB
	s := newServices(t, "")
	s.reply = playAzure
	c := mustMake(t, s.env(), "azure.pii", piiParams)
	v, err := c.Check(t.Context(), before("a", "", long+"555-0100"+long+"555-0100 b", "c 555-0100"))
	want := []string{"a", "", long + "********" + long + "******** b", "c ********"}
	if err != nil || !v.Pass || !slices.Equal(v.Texts, want) {
		t.Errorf("got %v, %v, %d texts", v.Pass, err, len(v.Texts))
	}
	for _, r := range s.sent {
		documents, _ := json.Elements(json.Lookup([]byte(r.body), "analysisInput", "documents"))
		for _, d := range documents {
			if n := utf8.RuneCountInString(json.Unquote(json.Lookup(d, "text"))); n > 5_120 || len(documents) > 5 {
				t.Fatalf("%d characters, %d documents", n, len(documents))
			}
		}
	}
	twice := newServices(t, `{"results":{"documents":[{"id":"0","entities":[]},{"id":"0","entities":[]}]}}`)
	if v, err := mustMake(t, twice.env(), "azure.pii", piiParams).Check(t.Context(), before("a", "b")); err == nil || v.Pass {
		t.Errorf("one text answered twice, another not at all: got %+v, %v", v, err)
	}
	if v, err = c.Check(t.Context(), before(long)); err != nil || !v.Pass || v.Texts != nil {
		t.Errorf("nothing to redact: got %v, %v", v.Pass, err)
	}
}

func TestOneErrorAmongManyQuestionsIsNoVerdict(t *testing.T) {
	t.Parallel()
	for _, tt := range limited {
		s := newServices(t, "")
		s.reply = func(body string) string {
			if strings.Contains(body, "poison") {
				return `{"surprise":true}`
			}
			return tt.good
		}
		v, err := mustMake(t, s.env(), tt.id, tt.params).Check(t.Context(), inputOf(tt.id, strings.Repeat("words ", 20_000)+"poison"))
		if err == nil || v.Pass || v.Texts != nil {
			t.Errorf("%s: got %+v, %v", tt.id, v, err)
		}
	}
}

// Of services that set no limit the whole text is asked.
func TestAMegabyteIsAskedAboutAtOnce(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长文 ", 150_000)
	for _, r := range rows {
		if strings.HasPrefix(r.id, "azure.") || r.id == "bedrock.guard" || r.id == "pangea.textGuard" {
			continue
		}
		s := newServices(t, full(r.pass))
		began := time.Now()
		v, err := mustMake(t, s.env(), r.id, full(timed(r.params, "60000"))).Check(t.Context(), inputOf(r.id, long))
		if err != nil || !v.Pass || len(s.sent) != 1 || len(s.sent[0].body) < len(long) || time.Since(began) > 20*time.Second {
			t.Errorf("%s: got %v, %v after %s", r.id, v.Pass, err, time.Since(began))
		}
	}
}

// A stream has no body: what is judged are its texts.
func TestStreamsAreJudgedByTheirTexts(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		events := library[r.id].Events
		if len(events) > 0 && !slices.Contains(events, guard.After) || r.id == "qualifire.toolUseQuality" {
			continue
		}
		in := after(text)
		in.Response, in.Stream = nil, true
		for answer, want := range map[string]bool{r.pass: true, r.fail: false} {
			v, err := mustMake(t, newServices(t, full(answer)).env(), r.id, full(r.params)).Check(t.Context(), in)
			if err != nil || v.Pass != want {
				t.Errorf("%s: got %v, %v", r.id, v.Pass, err)
			}
		}
	}
}

func TestEmptyTextsAreNotSent(t *testing.T) {
	t.Parallel()
	for id, tt := range map[string]struct{ params, answer, sent string }{
		"pangea.pii": {`{"redact":true,"credentials":{"apiKey":"k","domain":"d"}}`, `{"status":"Success","result":{"count":2,"redacted_data":["1","2"]}}`, `{"data":["a","b"]}`},
		"portkey.pii": {`{"redact":true,"categories":["NAME"],CRED}`,
			`[{"entities":[{"labels":{"NAME":1}}],"processed_text":"1"},{"entities":[{"labels":{"NAME":1}}],"processed_text":"2"}]`, `"input":["a","b"]`},
		"acuvity.scan": {`{"pii_redact":true,"pii_categories":["x"],"credentials":{"apiKey":"JWT"}}`,
			`{"extractions":[{"data":"1","PIIs":{"x":1}},{"data":"2","PIIs":{"x":1}}]}`, `"messages":["a","b"]`},
	} {
		s := newServices(t, tt.answer)
		v, err := mustMake(t, s.env(), id, full(tt.params)).Check(t.Context(), before("", "a", "", "b"))
		if err != nil || !v.Pass || !slices.Equal(v.Texts, []string{"", "1", "", "2"}) || !strings.Contains(s.sent[0].body, tt.sent) {
			t.Errorf("%s: got %+v, %v; sent %s", id, v, err, s.sent[0].body)
		}
	}
}

func TestARedactedFormInWhichNothingIsRedactedDoesNotPass(t *testing.T) {
	t.Parallel()
	for id, tt := range map[string][2]string{
		"pangea.pii":         {`{"redact":true,"credentials":{"apiKey":"k","domain":"d"}}`, `{"status":"Success","result":{"count":1,"redacted_data":["a"]}}`},
		"portkey.pii":        {`{"redact":true,"categories":["NAME"],CRED}`, `[{"entities":[{"labels":{"NAME":1}}],"processed_text":"a"}]`},
		"acuvity.scan":       {`{"pii_redact":true,"pii_categories":["x"],"credentials":{"apiKey":"JWT"}}`, `{"extractions":[{"data":"a","piIs":{"x":1}}]}`},
		"azure.pii":          {piiParams, `{"results":{"documents":[{"id":"0","redactedText":"a","entities":[{"category":"Person"}]}]}}`},
		"f5-guardrails.scan": {`{"redact":true,CRED}`, `{"redactedInput":"a","result":{"outcome":"flagged"}}`},
	} {
		v, err := mustMake(t, newServices(t, tt[1]).env(), id, full(tt[0])).Check(t.Context(), before("a"))
		if err != nil || v.Pass || v.Texts != nil {
			t.Errorf("%s: got %+v, %v", id, v, err)
		}
	}
}
