package partner_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// jwt is a token as Acuvity's are, with the canary in its signature.
func jwt(apex string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"opaque":{"apex-url":"`+apex+`"}}`)) + "." + key
}

// full puts in what stands for something else.
func full(s string) string {
	messages := `[{"role":"system","content":"Be kind."},{"role":"user","content":TEXT}]`
	return strings.NewReplacer("MSGS", strings.ReplaceAll(messages, "TEXT", string(json.Quote(text))), "TEXT", string(json.Quote(text)),
		"CRED", `"credentials":{"apiKey":"`+key+`"}`, "JWT", jwt("https://apex.acuvity.ai"), "$KEY", key).Replace(s)
}

// keepsQuiet fails if a verdict or an error shows the key or the text.
func keepsQuiet(t *testing.T, v guard.Verdict, err error) {
	t.Helper()
	shown := fmt.Sprintf("%s %v", json.Unescape(v.Data), err)
	if strings.Contains(shown, key) || strings.Contains(shown, text) || strings.Contains(shown, "canary") {
		t.Errorf("shows the key or the text: %s", shown)
	}
}

func TestWhatChecksSendAndWhatTheyMakeOfAnswers(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		t.Run(r.id, func(t *testing.T) {
			for want, answer := range map[bool]string{true: r.pass, false: r.fail} {
				if answer == "" {
					continue
				}
				s := newServices(t, full(answer))
				v, err := mustMake(t, s.env(), r.id, full(r.params)).Check(t.Context(), inputOf(r.id, text))
				if err != nil || v.Pass != want || v.Texts != nil || v.Request != nil {
					t.Fatalf("%s: got %+v, %v", answer, v, err)
				}
				keepsQuiet(t, v, err)
				if len(s.sent) != 1 {
					t.Fatalf("%d requests", len(s.sent))
				}
				header, value, _ := strings.Cut(full(r.auth), ": ")
				if got := s.sent[0]; got.url != r.url || got.header.Get(header) != value || got.body != full(r.body) {
					t.Errorf("sent to %s with %q\n%s\nwant %s\n%s", got.url, got.header.Get(header), got.body, r.url, full(r.body))
				}
			}
		})
	}
}

// timed adds a timeout in milliseconds to parameters.
func timed(params, timeout string) string {
	return strings.Replace(strings.Replace(params, "{", `{"timeout":`+timeout+",", 1), ",}", "}", 1)
}

func TestAServiceThatFailsGivesNoVerdict(t *testing.T) {
	t.Parallel()
	failures := []struct {
		name, answer string
		status       int
		hang         bool
		want         string
	}{
		{name: "500", status: 500, answer: `{"error":TEXT,"action":"passthrough"}`, want: "500"},
		{name: "429", status: 429, answer: `{"error":TEXT}`, want: "429"},
		{name: "401", status: 401, answer: `{"error":"$KEY"}`, want: "401"},
		{name: "redirect", status: 302, answer: `{}`, want: "302"},
		{name: "no JSON", status: 200, answer: `<html>TEXT`, want: "cannot be read"},
		{name: "cut off", status: 200, answer: `{"results":[`, want: "cannot be read"},
		{name: "another shape", status: 200, answer: `{"surprise":TEXT}`, want: "cannot be read"},
		{name: "too long", status: 200, answer: strings.Repeat(" ", guard.MaxAnswer+1), want: "longer than"},
		{name: "hangs in the body", status: 200, hang: true, want: "timed out"},
	}
	for _, r := range rows {
		for _, f := range failures {
			t.Run(r.id+" "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newServices(t, full(f.answer))
				s.status, s.hang = f.status, f.hang
				params := r.params
				if f.hang {
					params = timed(params, "50")
				}
				v, err := mustMake(t, s.env(), r.id, full(params)).Check(t.Context(), inputOf(r.id, text))
				if err == nil || v.Pass || v.Texts != nil {
					t.Fatalf("got %+v, %v", v, err)
				}
				service, _, _ := strings.Cut(err.Error(), ":")
				if service == "" || !strings.Contains(err.Error(), f.want) {
					t.Errorf("error %q does not say %q", err, f.want)
				}
				if e, ok := errors.AsType[*guard.Error](err); !ok || f.hang != (e.Name == "TimeoutError") {
					t.Errorf("error %T %q", err, e.Name)
				}
				keepsQuiet(t, v, err)
			})
		}
	}
}

func TestNobodyIsAskedAboutNothing(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		s := newServices(t, full(r.pass))
		for _, texts := range [][]string{nil, {""}, {"", ""}} {
			v, err := mustMake(t, s.env(), r.id, full(r.params)).Check(t.Context(), inputOf(r.id, texts...))
			if err != guard.ErrNoText && !strings.Contains(fmt.Sprint(err), "text is empty") || v.Pass {
				t.Errorf("%s: got %+v, %v", r.id, v, err)
			}
		}
		if len(s.sent) != 0 {
			t.Errorf("%s: asked about nothing", r.id)
		}
	}
}

func TestCredentialsAreRequired(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		if strings.HasPrefix(r.id, "promptfoo.") {
			continue
		}
		params, _, _ := strings.Cut(strings.ReplaceAll(r.params, "CRED", `"credentials":{}`), `"credentials":`)
		for _, credentials := range []string{"", `"credentials":{},`, `"credentials":null,`, `"credentials":"$KEY",`} {
			own := strings.TrimSuffix(params+credentials, ",") + "}"
			if own == "}" {
				own = "{}"
			}
			if _, faults := try(t, guard.Env{}, r.id, full(own)); len(faults) == 0 {
				t.Errorf("%s: no fault in %s", r.id, own)
			} else if strings.Contains(fmt.Sprint(faults), key) {
				t.Errorf("%s: a fault quotes the key", r.id)
			}
		}
	}
}

func TestAClientThatLeavesEndsTheQuestion(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"promptfoo.guard", "promptfoo.pii"} {
		s := newServices(t, "")
		s.hang = true
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if v, err := mustMake(t, s.env(), id, `{}`).Check(ctx, before(text)); err == nil || v.Pass {
			t.Errorf("%s: got %+v, %v", id, v, err)
		}
	}
}
