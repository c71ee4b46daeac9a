package gemini

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core/dialect"
	"sluice/core/llm"
)

func answer(t testing.TB, body string) *llm.Response {
	t.Helper()
	r, err := Codec{}.Raw(nil).DecodeResponse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFinishReasons(t *testing.T) {
	t.Parallel()
	text, called := `{"text":"a"}`, `{"functionCall":{"name":"f"}}`
	tests := []struct {
		part, word string
		want       llm.FinishReason
	}{
		{text, "STOP", llm.FinishStop}, {called, "STOP", llm.FinishToolCalls}, {text, "MAX_TOKENS", llm.FinishLength}, {called, "MAX_TOKENS", llm.FinishLength},
		{text, "SAFETY", llm.FinishContentFilter}, {text, "PROHIBITED_CONTENT", llm.FinishContentFilter}, {text, "RECITATION", llm.FinishContentFilter},
		{text, "MALFORMED_FUNCTION_CALL", llm.FinishOther}, {text, "UNEXPECTED_TOOL_CALL", llm.FinishOther}, {text, "OF_TOMORROW", llm.FinishOther}, {text, "", llm.FinishOther},
	}
	for _, tt := range tests {
		r := answer(t, `{"candidates":[{"content":{"parts":[`+tt.part+`]},"finishReason":"`+tt.word+`"}]}`)
		if got := r.Choices[0].Finish; got.Reason != tt.want || got.Raw != tt.word {
			t.Errorf("%s: got %+v, want %s", tt.word, got, tt.want)
		}
	}
}

func TestFinishWordsForClients(t *testing.T) {
	t.Parallel()
	for in, want := range map[llm.Finish]string{
		{Reason: llm.FinishStop, Raw: "end_turn"}:              "STOP",
		{Reason: llm.FinishToolCalls, Raw: "tool_use"}:         "STOP",
		{Reason: llm.FinishStopSequence, Raw: "stop_sequence"}: "STOP",
		{Reason: llm.FinishLength, Raw: "length"}:              "MAX_TOKENS",
		{Reason: llm.FinishRefusal, Raw: "refusal"}:            "SAFETY",
		{Reason: llm.FinishContentFilter, Raw: "RECITATION"}:   "RECITATION",
		{Reason: llm.FinishOther, Raw: "whatever"}:             "OTHER",
	} {
		if got := finishWord(in, false); got != want {
			t.Errorf("%+v: got %s, want %s", in, got, want)
		}
	}
}

func TestABlockedPromptIsAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"promptFeedback":{"blockReason":"SAFETY"}}`, `{"candidates":[{"finishReason":"SAFETY"}]}`, `{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"SAFETY"}]}`} {
		r := answer(t, body)
		if len(r.Choices) != 1 || len(r.Choices[0].Parts) != 0 || r.Choices[0].Finish.Reason != llm.FinishContentFilter {
			t.Errorf("%s: got %+v", body, r.Choices)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     llm.Usage
	}{
		{"cached tokens are in the prompt, thoughts are not in the candidates", `{"promptTokenCount":12,"cachedContentTokenCount":4,"candidatesTokenCount":9,"thoughtsTokenCount":40}`,
			llm.Usage{Input: 8, CacheRead: 4, Output: 49, Reasoning: 40}},
		{"what tools of Google's read", `{"promptTokenCount":12,"toolUsePromptTokenCount":100,"candidatesTokenCount":9}`, llm.Usage{Input: 112, Output: 9}},
		{"sound", `{"promptTokenCount":12,"cachedContentTokenCount":2,"candidatesTokenCount":9,"promptTokensDetails":[{"modality":"TEXT","tokenCount":2},{"modality":"AUDIO","tokenCount":10}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":2}],"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":9}]}`,
			llm.Usage{Input: 10, CacheRead: 2, AudioInput: 8, Output: 9, AudioOutput: 9}},
		{"nonsense", `{"promptTokenCount":-5,"cachedContentTokenCount":1e99,"candidatesTokenCount":"7","promptTokensDetails":{"a":1}}`, llm.Usage{Output: 7}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := *answer(t, `{"usageMetadata":`+tt.in+`}`).Usage
			got.Native = llm.Native{}
			if got.Input != tt.want.Input || got.CacheRead != tt.want.CacheRead || got.Output != tt.want.Output || got.Reasoning != tt.want.Reasoning || got.AudioInput != tt.want.AudioInput || got.AudioOutput != tt.want.AudioOutput {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestUsageOfOthersIsWrittenInGooglesCounters(t *testing.T) {
	t.Parallel()
	got := string(encodeUsage(&llm.Usage{Input: 8, CacheRead: 4, Output: 49, Reasoning: 40, AudioInput: 3}))
	want := `{"promptTokenCount":12,"cachedContentTokenCount":4,"candidatesTokenCount":9,"thoughtsTokenCount":40,"totalTokenCount":61,` +
		`"promptTokensDetails":[{"modality":"TEXT","tokenCount":9},{"modality":"AUDIO","tokenCount":3}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCallsHaveIDsThatNoTwoShare(t *testing.T) {
	t.Parallel()
	r := answer(t, `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{
		"a": 1.50 }}},{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}]}`)
	a, b := r.Choices[0].Parts[0].(*llm.ToolCall), r.Choices[0].Parts[1].(*llm.ToolCall)
	if a.ID == "" || a.ID == b.ID {
		t.Errorf("got %q and %q", a.ID, b.ID)
	}
	if a.Arguments != `{"a":1.50}` || b.Arguments != `{}` {
		t.Errorf("got %s and %s", a.Arguments, b.Arguments)
	}
}

func TestEncodeResponseOfAnotherDialect(t *testing.T) {
	t.Parallel()
	r := &llm.Response{ID: "msg_1", Model: "claude", Choices: []llm.Choice{{
		Parts: []llm.Part{
			&llm.Reasoning{Text: "hm", Origin: llm.OpenAIChat}, say("Hi"), &llm.Refusal{Text: "no"},
			&llm.ToolCall{ID: "a", Name: "f", Arguments: `{"x`}, &llm.ToolCall{ID: "b", Name: "p", Custom: true, Arguments: "raw"},
			&llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "QQ=="}, &llm.Foreign{Kind: "x", Native: from(llm.Anthropic, `{"a":1}`)},
		},
		Finish: llm.Finish{Reason: llm.FinishToolCalls, Raw: "tool_use"},
	}}}
	got, err := Codec{}.EncodeResponse(r, dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hi"},{"text":"no"},{"functionCall":{"id":"a","name":"f","args":{"arguments":"{\"x"}}},` +
		`{"functionCall":{"id":"b","name":"p","args":{"input":"raw"}}},{"inlineData":{"mimeType":"image/png","data":"QQ=="}}],"role":"model"},"finishReason":"STOP"}],"modelVersion":"claude","responseId":"msg_1"}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestUnreadableAnswersAreUpstreamErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body string
		kind llm.ErrorKind
	}{
		{``, llm.Upstream}, {`[]`, llm.Upstream}, {`{}`, llm.Upstream}, {`{"candidates":7}`, llm.Upstream}, {`<html>`, llm.Upstream},
		{`{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}`, llm.Overloaded}, {`{"error":{}}`, llm.Upstream}, {`{"error":"x"}`, llm.Upstream},
	}
	for _, tt := range tests {
		_, err := Codec{}.Raw(nil).DecodeResponse([]byte(tt.body))
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != tt.kind || e.Message == "" {
			t.Errorf("%s: got %v", tt.body, err)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		kind   llm.ErrorKind
		words  string
		wait   time.Duration
	}{
		{"how long to wait", 429, `{"error":{"status":"RESOURCE_EXHAUSTED","message":"m","details":[{"retryDelay":"12.5s"}]}}`, llm.RateLimited, "m", 12500 * time.Millisecond},
		{"no status", 503, `{"error":{"message":"m"}}`, llm.Overloaded, "m", 0},
		{"a page", 502, `<html>bad gateway</html>`, llm.Upstream, "status 502 Bad Gateway", 0},
		{"a word", 500, `oops`, llm.Upstream, "oops", 0},
		{"OAuth", 401, `{"error":"invalid_grant"}`, llm.Credential, "invalid_grant", 0},
		{"too late", 504, `{"error":{"code":504,"status":"DEADLINE_EXCEEDED","message":"m"}}`, llm.Timeout, "m", 0},
		{"details of no form", 400, `{"error":{"status":"INVALID_ARGUMENT","message":"m","details":{"a":1}}}`, llm.BadRequest, "m", 0},
		{"nothing", 404, ``, llm.NotFound, "404", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := Codec{}.Raw(nil).DecodeError(tt.status, http.Header{}, []byte(tt.body))
			if e.Kind != tt.kind || e.HTTPStatus() != tt.status || !strings.Contains(e.Message, tt.words) || e.RetryAfter != tt.wait {
				t.Errorf("got %+v", e)
			}
		})
	}
	if e := (Codec{}).Raw(nil).DecodeError(429, http.Header{"Retry-After": {"3"}}, nil); e.RetryAfter != 3*time.Second {
		t.Errorf("got %v", e.RetryAfter)
	}
}

func TestEncodeError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   *llm.Error
		want string
	}{
		{"the gateway's own", llm.Errorf(llm.Unauthenticated, "no key"), `{"error":{"code":401,"message":"no key","status":"UNAUTHENTICATED"}}`},
		{"when to come back", &llm.Error{Kind: llm.RateLimited, Message: "m", RetryAfter: 1500 * time.Millisecond},
			`{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}`},
		{"as it came, without the array", &llm.Error{Kind: llm.Overloaded, Raw: []byte(` [{"error":{"code":503}}]`), RawDialect: llm.Gemini}, `{"error":{"code":503}}`},
		{"nothing to say", &llm.Error{Kind: llm.Upstream}, `{"error":{"code":502,"message":"upstream failure","status":"INTERNAL"}}`},
		{"another provider's", &llm.Error{Kind: llm.ContextLength, Status: 400, Message: "too long", Type: "invalid_request_error"}, `{"error":{"code":400,"message":"too long","status":"INVALID_ARGUMENT"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(Codec{}.EncodeError(tt.in, dialect.Options{})); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	body := []byte(`{"contents":[{"parts":[{"text":"Hi"}]}],"tools":[{"google_search":{}}],"generationConfig":{"topK":1},"cachedContent":"c"}`)
	for provider, want := range map[string]string{
		"google":    `{"generateContentRequest":{"model":"models/gemini-2.5-pro","contents":[{"parts":[{"text":"Hi"}]}],"tools":[{"googleSearch":{}}],"cachedContent":"c"}}`,
		"vertex-ai": `{"contents":[{"parts":[{"text":"Hi"}]}],"tools":[{"googleSearch":{}}]}`,
	} {
		got, err := CountBody(body, provider, pro25)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s (%v), want %s", provider, got, err, want)
		}
	}
	if n, err := (Codec{}).DecodeCountTokens((Codec{}).EncodeCountTokens(42)); n != 42 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := (Codec{}).DecodeCountTokens([]byte(`{"totalTokens":"x"}`)); err == nil {
		t.Error("no error")
	}
	if _, err := CountBody([]byte(`[]`), "google", pro25); err == nil {
		t.Error("no error")
	}
}
