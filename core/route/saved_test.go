package route

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A shelf keeps guardrails by id, as a store does.
type shelf map[string]string

func (s shelf) find(id string) (json.Value, bool) {
	v, ok := s[id]
	return json.Value(v), ok
}

func shelved(s shelf) *Router {
	return NewRouter(Env{Checks: guard.NewLibrary(), SavedGuard: s.find, CheckHost: func(string) error { return nil }})
}

// hookIDs are the ids of the input hooks that deny a call.
func hookIDs(t *testing.T, r *Router, config string, h http.Header) string {
	t.Helper()
	handler, err := r.Handler(config, "")
	if err != nil {
		t.Fatal(err)
	}
	c := &core.Call{Incoming: core.Incoming{Body: []byte(`{"input":"FORBIDDEN"}`), Header: h}, Operation: llm.Embed, Dialect: llm.OpenAIChat, Trace: &core.Trace{}}
	_, err = handler.Handle(context.Background(), c)
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Kind != llm.Denied {
		t.Fatalf("not denied: %v", err)
	}
	var ids []string
	list, _ := json.Elements(e.Hooks.Before)
	for _, hook := range list {
		ids = append(ids, json.Unquote(json.Lookup(hook, "id")))
	}
	return strings.Join(ids, " ")
}

const (
	forbids   = `{"default.contains":{"operator":"none","words":["FORBIDDEN"]},"deny":true}`
	asStored  = `{"name":"No words","checks":[{"id":"default.contains","name":"x","is_enabled":true,"parameters":{"operator":"none","words":["FORBIDDEN"]}}],"actions":{"deny":true,"async":false,"on_success":{"feedback":{"value":5,"weight":1,"metadata":{}}},"on_fail":{"feedback":{"value":-5,"weight":1,"metadata":{}}}}}`
	ownName   = `{"id":"mine","deny":true,"default.contains":{"operator":"none","words":["FORBIDDEN"]}}`
	harmless  = `{"default.contains":{"operator":"none","words":["nothing"]}}`
	useSaved  = `{"provider":"openai","api_key":"k","input_guardrails":["pg-a"]}`
	useOthers = `{"provider":"openai","api_key":"k","input_guardrails":["pg-a@2",{"id":"inline","default.contains":{"operator":"none","words":["FORBIDDEN"]},"deny":true},"named"]}`
)

func TestSavedGuardrailsRunUnderTheirIDs(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{"short form": forbids, "as the control plane keeps it": asStored} {
		r := shelved(shelf{"pg-a": form, "pg-a@2": form, "named": ownName})
		if got := hookIDs(t, r, useSaved, nil); got != "pg-a" {
			t.Errorf("%s: got %q", name, got)
		}
		if got := hookIDs(t, r, useOthers, nil); got != "pg-a@2 inline mine" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	r := shelved(shelf{"pg-a": forbids})
	h := http.Header{"X-Portkey-Default-Input-Guardrails": {`["pg-a"]`}}
	if got := hookIDs(t, r, `{"provider":"openai","api_key":"k"}`, h); got != "pg-a" {
		t.Errorf("by header: got %q", got)
	}
}

func TestSavedGuardrailsThatCannotBeUsedAreNamed(t *testing.T) {
	t.Parallel()
	r := shelved(shelf{"broken": `[]`, "unknown check": `{"default.nope":{}}`, "pg-a": forbids})
	for id, want := range map[string]string{
		"pg-a@3":        "path: input_guardrails,0, message: There is no guardrail 'pg-a@3'",
		"":              "path: input_guardrails,0, message: There is no guardrail ''",
		"broken":        "path: input_guardrails,0, message: Expected object",
		"unknown check": "path: input_guardrails,0,default.nope, message: There is no check 'default.nope'",
	} {
		config := `{"provider":"openai","api_key":"k","input_guardrails":[` + string(json.Quote(id)) + `]}`
		_, err := r.Handler(config, "")
		bad, ok := errors.AsType[*InvalidError](err)
		if !ok || !strings.Contains(strings.Join(bad.Faults, "\n"), want) {
			t.Errorf("%q: %v", id, err)
		}
		err = r.CheckGuards(http.Header{"X-Portkey-Default-Output-Guardrails": {`[` + string(json.Quote(id)) + `]`}})
		if _, ok := errors.AsType[*InvalidError](err); !ok {
			t.Errorf("%q in a header: %v", id, err)
		}
	}
}

func TestAChangedGuardrailIsReadAgainOnceTheOldOneIsForgotten(t *testing.T) {
	t.Parallel()
	s := shelf{"pg-a": ownName, "pg-b": forbids}
	r := shelved(s)
	h := http.Header{"X-Portkey-Default-Input-Guardrails": {`["pg-b"]`}}
	if got := hookIDs(t, r, useSaved, h); got != "mine pg-b" {
		t.Fatalf("got %q", got)
	}
	s["pg-a"], s["pg-b"] = forbids, ownName
	r.Forget()
	if got := hookIDs(t, r, useSaved, h); got != "pg-a mine" {
		t.Errorf("got %q", got)
	}
	delete(s, "pg-a")
	r.Forget()
	if _, err := r.Handler(useSaved, ""); err == nil {
		t.Error("a guardrail that is gone is still used")
	}
}
