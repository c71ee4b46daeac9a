package lambdaemu

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRuntimeAPIRefusesAnswersThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	v := &environment{emu: &Emulator{config: Config{Log: &log}}, current: newInvocation("current", nil)}
	v.current.answer(answer{})
	for path, want := range map[string]int{
		"/2018-06-01/runtime/invocation/other/response":   400,
		"/2018-06-01/runtime/invocation/other/error":      400,
		"/2018-06-01/runtime/invocation/current/response": 400,
		"/2018-06-01/runtime/init/error":                  202,
		"/2018-06-01/runtime/none":                        404,
	} {
		w := httptest.NewRecorder()
		v.runtimeAPI().ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(`{"errorMessage":"why"}`)))
		if w.Code != want {
			t.Errorf("%s: got %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	if got := log.String(); !strings.Contains(got, "why") {
		t.Errorf("log: %q", got)
	}
}

func TestPreludesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]string{
		"no NUL bytes":     `{"statusCode":200}`,
		"not JSON":         "status 200\x00\x00\x00\x00\x00\x00\x00\x00body",
		"without end":      strings.Repeat(" ", 1<<20+1),
		"nothing":          "",
		"of another shape": `{"statusCode":"200"}` + "\x00\x00\x00\x00\x00\x00\x00\x00body",
	} {
		e := &Emulator{config: Config{}.withDefaults()}
		w := httptest.NewRecorder()
		inv := newInvocation("id", nil)
		e.sendStream(w, httptest.NewRequest("GET", "/", nil), inv, answer{contentType: integrationType, body: strings.NewReader(sent)})
		if w.Code != 502 || w.Body.String() != "Internal Server Error" {
			t.Errorf("%s: got %d %q", name, w.Code, w.Body)
		}
	}
}
