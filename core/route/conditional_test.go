package route

import (
	"errors"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

// chooses builds a conditional strategy over two counted children.
func chooses(t *testing.T, strategy string) (*conditional, []*counted) {
	t.Helper()
	c, err := Parse([]byte(`{"strategy":` + strategy + `,"targets":[{"name":"big","provider":"openai"},{"name":"small","provider":"groq"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	children := []*counted{{}, {}}
	return newConditional(c.Strategy, countedGroup(children...), c.targetNames()), children
}

func TestTheFirstConditionThatHoldsChooses(t *testing.T) {
	t.Parallel()
	const strategy = `{"mode":"conditional","default":"small","conditions":[
		{"query":{"metadata.plan":"paid"},"then":"big"},
		{"query":{"metadata.plan":{"$in":["paid","free"]}},"then":"small"}]}`
	tests := []struct{ metadata, note string }{
		{`{"plan":"paid"}`, "condition 0 holds: big"},
		{`{"plan":"free"}`, "condition 1 holds: small"},
		{`{}`, "no condition holds: small"},
	}
	for _, tt := range tests {
		s, children := chooses(t, strategy)
		call := labelled(tt.metadata).Prepare()
		if _, err := s.Handle(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		if notes := call.Trace.Notes(); len(notes) != 1 || notes[0] != (core.Note{Option: "config", Text: tt.note}) {
			t.Errorf("%s: notes %v", tt.metadata, notes)
		}
		if big := strings.HasSuffix(tt.note, "big"); children[0].calls == 1 != big || children[1].calls == 1 == big {
			t.Errorf("%s: called %d and %d times", tt.metadata, children[0].calls, children[1].calls)
		}
	}
}

func TestNobodyElseIsAskedForWhatAConditionGives(t *testing.T) {
	t.Parallel()
	s, children := chooses(t, `{"mode":"conditional","default":"small","conditions":[{"query":{},"then":"big"}]}`)
	children[0].failure, children[0].out, children[0].reason = &llm.Error{Kind: llm.Upstream, Status: 500}, true, "no tools"
	call := labelled("").Prepare()
	if _, err := s.Handle(t.Context(), call); err == nil || children[0].calls != 1 || children[1].calls != 0 {
		t.Errorf("%v after %d and %d calls", err, children[0].calls, children[1].calls)
	}
	if !s.benched(call) || s.unable(call) != "no tools" {
		t.Error("to the level above it is not what its choice is")
	}
}

func TestWithoutAConditionOrADefaultNobodyAnswers(t *testing.T) {
	t.Parallel()
	s, _ := chooses(t, `{"mode":"conditional","conditions":[{"query":{"metadata.plan":"paid"},"then":"big"}]}`)
	call := labelled("").Prepare()
	_, err := s.Handle(t.Context(), call)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.HTTPStatus() != 400 || e.Message != "Query router did not resolve to any valid target" {
		t.Errorf("got %v", err)
	}
	if s.unable(call) == "" {
		t.Error("a fallback above would not pass it over")
	}
}

func TestFaultsOfConditionalStrategies(t *testing.T) {
	t.Parallel()
	tests := []struct{ strategy, fault, router string }{
		{`{"mode":"conditional"}`, "path: strategy,conditions, message: ", "No conditions passed in the query router"},
		{`{"mode":"conditional","conditions":null,"default":"big"}`, "path: strategy,conditions, message: ", "No conditions passed in the query router"},
		{`{"mode":"conditional","conditions":[{"query":{},"then":"huge"}]}`, "path: strategy,conditions,0,then, message: ", "Invalid target name found in the query router: huge"},
		{`{"mode":"conditional","conditions":[{"query":{},"then":"big"}],"default":"huge"}`, "path: strategy,default, message: ", "Invalid target name found in the query router: huge"},
		{`{"mode":"conditional","conditions":[{"query":{"params.a":{"$like":1}},"then":"big"}]}`, "path: strategy,conditions,0,query,params.a,$like, message: ", "Unsupported operator used in the query router: $like"},
		{`{"mode":"conditional","conditions":[{"query":{"params.a":{"$in":1}},"then":"big"}]}`, "path: strategy,conditions,0,query,params.a,$in, message: Expected array, received number", ""},
		{`{"mode":"conditional","conditions":[{"then":"big"}]}`, "path: strategy,conditions,0,query, message: Required", ""},
		{`{"mode":"conditional","conditions":[{"query":{}}]}`, "path: strategy,conditions,0,then, message: Required", ""},
		{`{"mode":"conditional","conditions":{}}`, "path: strategy,conditions, message: Expected array, received object", ""},
		{`{"mode":"conditional","conditions":[{"query":{},"then":1}]}`, "path: strategy,conditions,0,then, message: Expected string, received number", ""},
		{`{"mode":"conditional","conditions":[` + strings.Repeat(`{"query":{},"then":"big"},`, maxConditions) + `{"query":{},"then":"big"}]}`, "message: more than 1000 conditions", ""},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(`{"strategy":` + tt.strategy + `,"targets":[{"name":"big","provider":"openai"}]}`))
		bad, ok := errors.AsType[*InvalidError](err)
		if !ok || len(bad.Faults) != 1 || !strings.Contains(bad.Faults[0], tt.fault+tt.router) || bad.Router != tt.router {
			t.Errorf("%.100s: %+v", tt.strategy, err)
		}
	}
}

func TestAFaultBesideTheRoutersIsListed(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"strategy":{"mode":"conditional"},"request_timeout":"1","targets":[{"name":"big","provider":"openai"}]}`))
	if bad, ok := errors.AsType[*InvalidError](err); !ok || len(bad.Faults) != 2 || bad.Router != "" {
		t.Errorf("got %+v", err)
	}
}
