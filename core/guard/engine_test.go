package guard_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/dialect/openaichat"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// chatOf is a chat of one message.
func chatOf(text string) *guard.Input {
	return asks(llm.OpenAIChat, openaichat.Codec{}, `{"model":"m","messages":[{"role":"user","content":`+string(json.Quote(text))+`}]}`).Input()
}

// runHook runs one hook of checks that are functions, by the names after
// "default.".
func runHook(t *testing.T, hook string, in *guard.Input, specs ...guard.Spec) *guard.Outcome {
	t.Helper()
	p := guard.Parser{Library: guard.NewLibrary(specs...), Fault: func(path []string, message string) { t.Error(path, message) }}
	key := "input_guardrails"
	if in.Event == guard.After {
		key = "output_guardrails"
	}
	return guard.Run(t.Context(), p.Hooks(key, json.Value("["+hook+"]"), nil), in)
}

func spec(id string, open bool, check checkFunc) guard.Spec {
	return guard.Spec{ID: id, Open: open, New: func(*guard.Params, guard.Env) guard.Check { return check }}
}

func TestErrorsOfChecksKeepTheirNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		name string
	}{
		{&guard.Error{Name: "HttpError", Message: "HTTP error! status: 500"}, "HttpError"},
		{&guard.Error{Name: "TimeoutError", Message: "Request timed out after 5ms"}, "TimeoutError"},
		{errors.New("x"), "Error"},
	} {
		o := runHook(t, `{"default.seen":{}}`, chatOf("x"), spec("default.seen", false, func(*guard.Input) (guard.Verdict, error) { return guard.Verdict{}, tt.err }))
		if e := o.Results[0].Checks[0].Error; e == nil || e.Name != tt.name || e.Message != tt.err.Error() {
			t.Errorf("%v: got %+v", tt.err, e)
		}
	}
	o := runHook(t, `{"default.seen":{}}`, chatOf("x"), spec("default.seen", false, func(*guard.Input) (guard.Verdict, error) { panic("bug") }))
	if e := o.Results[0].Checks[0].Error; e == nil || *e != (guard.CheckError{Name: "Check error", Message: "Error executing check"}) || !o.Results[0].Verdict {
		t.Errorf("a bug: %+v", o.Results[0])
	}
}

func TestAnOpenCheckThatErrsReadsAsPassedUnlessTheHookCloses(t *testing.T) {
	t.Parallel()
	errs := func(*guard.Input) (guard.Verdict, error) { return guard.Verdict{}, errors.New("x") }
	for _, tt := range []struct {
		hook          string
		open          bool
		check, passes bool
	}{
		{`{"default.seen":{},"deny":true}`, true, true, true},
		{`{"default.seen":{},"deny":true}`, false, false, true},
		{`{"default.seen":{},"deny":true,"on_error":"deny"}`, true, false, false},
		{`{"default.seen":{"failOnError":true},"deny":true}`, true, false, false},
		{`{"default.seen":{"fail_on_error":true},"deny":true}`, false, false, false},
	} {
		o := runHook(t, tt.hook, chatOf("x"), spec("default.seen", tt.open, errs))
		if r := o.Results[0]; r.Checks[0].Verdict != tt.check || r.Verdict != tt.passes || o.Denied() == tt.passes {
			t.Errorf("%s, open %t: got %+v", tt.hook, tt.open, r)
		}
	}
}

func TestTextsAreReadAgainWhenTheWholeBodyWasReplaced(t *testing.T) {
	t.Parallel()
	whole := spec("x.whole", false, func(*guard.Input) (guard.Verdict, error) {
		return guard.Verdict{Pass: true, Request: json.Value(`{"model":"n","messages":[{"role":"user","content":"a"},{"role":"user","content":"FORBIDDEN"}]}`)}, nil
	})
	var seen *guard.Input
	last := spec("x.last", false, func(in *guard.Input) (guard.Verdict, error) { seen = in; return guard.Verdict{Pass: true}, nil })
	in := chatOf("harmless")
	o := runHook(t, `{"x.whole":{},"default.contains":{"operator":"none","words":["FORBIDDEN"]},"x.last":{},"sequential":true,"deny":true}`, in, whole, last)
	if !o.Denied() || seen == nil || !seen.Transformed || seen.Model != "n" || len(seen.Texts) != 2 || len(seen.Question) != 2 {
		t.Errorf("got %+v, seen %+v", o.Results, seen)
	}
	if in.Transformed || in.Texts[0].Text != "harmless" {
		t.Errorf("the input was changed: %+v", in)
	}
}

func TestAnAnswerInPlaceOfARequestChangesNothing(t *testing.T) {
	t.Parallel()
	o := runHook(t, `{"x.whole":{}}`, chatOf("a"), spec("x.whole", false, func(*guard.Input) (guard.Verdict, error) {
		return guard.Verdict{Pass: true, Response: json.Value(`{}`)}, nil
	}))
	if r := o.Results[0]; r.Transformed || r.Checks[0].Transformed || o.Texts != nil {
		t.Errorf("got %+v", r)
	}
}

// answerOf is an answer of a chat.
func answerOf(t *testing.T, choice string) *guard.Input {
	t.Helper()
	body := []byte(`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[` + choice + `]}`)
	call := &core.Call{Incoming: core.Incoming{Body: []byte(`{"model":"m","messages":[]}`)}, Operation: llm.Generate, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{}}
	reply := core.NewBody(llm.OpenAIChat, openaichat.Codec{}.Raw(call.Body), body)
	a, err := guard.NewAnswer(guard.NewRequest(call, "p"), reply)
	if err != nil {
		t.Fatal(err)
	}
	return a.Input()
}

func TestClosingHooksLetAnswersThroughThatOnlyCallTools(t *testing.T) {
	t.Parallel()
	const hook = `{"default.wordCount":{"maxWords":5},"deny":true,"on_error":"deny"}`
	for choice, denied := range map[string]bool{
		`{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}`: false,
		`{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"stop"}`:                                                                                            true,
		`{"index":0,"message":{"role":"assistant","content":"one two"},"finish_reason":"stop"}`:                                                                                       false,
		`{"index":0,"message":{"role":"assistant","content":"one two three four five six"},"finish_reason":"stop"}`:                                                                   true,
	} {
		if o := runHook(t, hook, answerOf(t, choice)); o.Denied() != denied {
			t.Errorf("%s: %+v", choice, o.Results[0].Checks[0])
		}
	}
}

func TestClosingHooksPassWhereTheirScopeHasNothing(t *testing.T) {
	t.Parallel()
	for hook, denied := range map[string]bool{
		`{"scope":"system","default.wordCount":{"maxWords":5},"deny":true,"on_error":"deny"}`: false,
		`{"scope":"tools","default.wordCount":{"maxWords":5},"deny":true,"on_error":"deny"}`:  false,
		`{"scope":"last","default.wordCount":{"maxWords":5},"deny":true,"on_error":"deny"}`:   true,
	} {
		in := asks(llm.OpenAIChat, openaichat.Codec{}, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/"}}]}]}`).Input()
		if o := runHook(t, hook, in); o.Denied() != denied || o.Results[0].Checks[0].Error == nil {
			t.Errorf("%s: %+v", hook, o.Results[0].Checks[0])
		}
	}
}

func TestWhatStandsBesideAnAnswerIsJudgedButNotCounted(t *testing.T) {
	t.Parallel()
	for name, choice := range map[string]string{
		"title":     `{"index":0,"message":{"role":"assistant","content":"one","annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":1,"url":"https://x.example/","title":"FORBIDDEN"}}]},"finish_reason":"stop"}`,
		"tool":      `{"index":0,"message":{"role":"assistant","content":"one","tool_calls":[{"id":"a","type":"function","function":{"name":"FORBIDDEN","arguments":"{}"}}]},"finish_reason":"tool_calls"}`,
		"own words": `{"index":0,"message":{"role":"assistant","content":"one"},"finish_reason":"stop","sources":[{"snippet":"so FORBIDDEN it is"}]}`,
	} {
		if o := runHook(t, `{"default.contains":{"operator":"none","words":["FORBIDDEN"]},"deny":true}`, answerOf(t, choice)); !o.Denied() {
			t.Errorf("%s: %+v", name, o.Results[0])
		}
		if o := runHook(t, `{"default.wordCount":{"minWords":1,"maxWords":1},"deny":true}`, answerOf(t, choice)); o.Denied() {
			t.Errorf("%s: %+v", name, string(o.Results[0].Checks[0].Data))
		}
	}
}

func TestTimesAreWrittenAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	r := guard.Result{Created: guard.Moment(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), Checks: []guard.CheckResult{{Created: guard.Moment(time.Date(2026, 1, 1, 0, 0, 0, 120e6, time.UTC))}}}
	got := string(json.ValueOf(r))
	for _, want := range []string{`"created_at":"2026-01-01T00:00:00.000Z"`, `"created_at":"2026-01-01T00:00:00.120Z"`, `"log":null`, `"data":null`, `"feedback":null`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s has no %s", got, want)
		}
	}
}
