package awsx

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core/guard"
	"sluice/core/llm"
)

const judge = "arn:aws:lambda:eu-west-1:123456789012:function:judge"

// invoker may call judge and its versions, with the key of AWS's documentation.
func invoker(endpoint string) *Transport {
	return New(Config{LambdaEndpoint: endpoint, DefaultCredentials: process(testKey), Functions: []string{judge, judge + ":*"}})
}

func TestAFunctionIsCalledWithOurBytes(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"verdict":true}`) })
	for _, arn := range []string{judge, judge + ":$LATEST", judge + ":live"} {
		const payload = `{"request":{"text":"你好"}}`
		answer, err := invoker(u.URL).Invoke(t.Context(), arn, []byte(payload))
		if err != nil || string(answer) != `{"verdict":true}` {
			t.Fatalf("%s: got %s, %v", arn, answer, err)
		}
		r, body := u.last(t)
		if want := "/2015-03-31/functions/" + strings.ReplaceAll(arn, ":", "%3A") + "/invocations"; r.Method != "POST" || r.URL.EscapedPath() != want || string(body) != payload {
			t.Errorf("asked %s %s with %s", r.Method, r.URL.EscapedPath(), body)
		}
		if got := r.Header.Get("X-Amz-Invocation-Type"); got != "RequestResponse" {
			t.Errorf("invocation type %q", got)
		}
		sig := parseSignature(t, r.Header.Get("Authorization"))
		if err := sig.verify(r, body, "process secret"); err != nil || sig.region != "eu-west-1" || sig.service != "lambda" || sig.key != testKey {
			t.Errorf("signed by %+v: %v", sig, err)
		}
	}
}

func TestFunctionsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		kind   llm.ErrorKind
		text   string
	}{
		{"an error of the function", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorMessage":"SECRET","verdict":true}`)
		}, llm.Upstream, "the function has failed"},
		{"no permission", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"Message":"SECRET"}`, http.StatusForbidden)
		}, llm.Upstream, "status: 403"},
		{"throttled", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"Message":"SECRET"}`, http.StatusTooManyRequests)
		}, llm.Upstream, "status: 429"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/SECRET", http.StatusFound) }, llm.Upstream, "status: 302"},
		{"too long", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat(" ", guard.MaxAnswer+1))
		}, llm.Upstream, "longer than"},
		{"late", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, llm.Timeout, "in time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := newUpstream(t, tt.answer)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			answer, err := invoker(u.URL).Invoke(ctx, judge, []byte("{}"))
			e, ok := err.(*llm.Error)
			if !ok || e.Kind != tt.kind || !strings.Contains(e.Message, tt.text) || strings.Contains(e.Error(), "SECRET") || answer != nil {
				t.Errorf("got %s, %v", answer, err)
			}
		})
	}
}

func TestOnlyFunctionsOfTheOperatorAreCalled(t *testing.T) {
	t.Parallel()
	const east, all = "arn:aws:lambda:us-east-1:123456789012:function:", "arn:aws:lambda:*:123456789012:function:guard-*"
	for _, tt := range []struct {
		patterns, arn string
		want          bool
	}{
		{"", judge, false}, {judge, judge, true}, {judge, judge + "s", false}, {judge, judge + ":live", false}, {judge + ":*", judge, false},
		{all, east + "guard-words", true}, {all, east + "guard-words:1", true}, {all, east + "admin", false}, {all, east + "guard-*", false},
		{judge + "," + all, east + "guard-", true}, {all, "arn:aws:lambda:us-east-1:210987654321:function:guard-a", false},
		{all, "arn:aws:lambda:us-east-1/x:123456789012:function:guard-a", false}, {all, east + "guard-a/../../x", false}, {"*", judge, false},
		{strings.ReplaceAll(judge, "1", "."), judge, false},
	} {
		u := newUpstream(t, nil)
		tr := New(Config{LambdaEndpoint: u.URL, DefaultCredentials: process("K"), Functions: strings.FieldsFunc(tt.patterns, func(r rune) bool { return r == ',' })})
		if got := tr.MayInvoke(tt.arn); got != tt.want {
			t.Errorf("%s may be called with %q: %v", tt.arn, tt.patterns, got)
		}
		if _, err := tr.Invoke(t.Context(), tt.arn, []byte("{}")); (err == nil) != tt.want || (u.req != nil) != tt.want {
			t.Errorf("%s with %q: %v", tt.arn, tt.patterns, err)
		}
	}
	if _, err := New(Config{Functions: []string{judge}}).Invoke(t.Context(), judge, nil); err == nil {
		t.Error("called with nobody's credentials")
	}
}

func TestPatternsOfFunctions(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"*", "judge", "arn:aws:lambda:eu-west-1:*:function:judge", "arn:aws:iam::123456789012:role/x", judge + " "} {
		if CheckFunctions([]string{judge, bad}) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if err := CheckFunctions([]string{judge, "arn:aws-cn:lambda:*:123456789012:function:*:live"}); err != nil {
		t.Error(err)
	}
}

func TestWhereFunctionsAre(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"eu-west-1": "https://lambda.eu-west-1.amazonaws.com", "cn-north-1": "https://lambda.cn-north-1.amazonaws.com.cn"} {
		if got := New(Config{}).lambdaURL(region); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
