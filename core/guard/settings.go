package guard

import (
	"slices"
	"strings"

	"sluice/core/internal/json"
)

// settings reads the members of a hook that are no checks.
type settings struct {
	*Parser
	hook   *Hook
	checks json.Value    // of the long form
	inline []json.Member // the others, which may be checks
}

// read takes a setting. It reports false if the member is none.
func (s *settings) read(name string, v json.Value, path []string) bool {
	h := s.hook
	if v.Kind() == 'n' && slices.Contains(optional, name) {
		return true
	}
	switch name {
	case "id":
		h.ID = s.text(v, path)
	case "type":
		h.Type = HookType(s.oneOf(v, path, string(Guardrail), string(Mutator)))
	case "deny":
		h.Deny = s.yes(v, path)
	case "async":
		h.Async = s.yes(v, path)
	case "sequential":
		h.Sequential = s.yes(v, path)
	case "on_error":
		h.OnError = OnError(s.oneOf(v, path, string(Allow), string(Close)))
	case "fail_on_error":
		if s.yes(v, path) {
			h.OnError = Close
		}
	case "scope":
		h.Scope = Scope(s.oneOf(v, path, scopes...))
	case "on_success":
		h.OnSuccess = s.feedback(v, path)
	case "on_fail":
		h.OnFail = s.feedback(v, path)
	case "actions": // of a guardrail as the control plane keeps it
		s.actions(v, path)
	case "checks":
		s.checks = v
	case "guardrail_version_id", "name": // what the reference keeps and does not use
	default:
		if v.Kind() != '{' {
			s.Fault(path, "Expected object")
			return true
		}
		return false
	}
	return true
}

// optional are the settings that may be null, as programs write them.
var optional = []string{"id", "name", "type", "deny", "async", "sequential", "on_error", "fail_on_error", "scope", "on_success", "on_fail", "guardrail_version_id", "actions"}

// actions reads settings that stand in an object of their own.
func (s *settings) actions(v json.Value, path []string) {
	members, err := json.Members(v)
	if err != nil {
		s.Fault(path, "Expected object")
	}
	for _, m := range members {
		at := append(slices.Clip(path), m.Name)
		switch name := json.SnakeCase(m.Name); name {
		case "deny", "async", "sequential", "on_success", "on_fail", "on_error":
			s.read(name, m.Value, at)
		default:
			s.Fault(at, "There is no such action")
		}
	}
}

func (s *settings) text(v json.Value, path []string) string {
	if v.Kind() != '"' {
		s.Fault(path, "Expected string")
	}
	return json.Unquote(v)
}

func (s *settings) yes(v json.Value, path []string) bool {
	if k := v.Kind(); k != 't' && k != 'f' {
		s.Fault(path, "Expected boolean")
	}
	return v.Kind() == 't'
}

func (s *settings) oneOf(v json.Value, path []string, choices ...string) string {
	text := s.text(v, path)
	if !slices.Contains(choices, text) {
		s.Fault(path, "Must be one of: "+strings.Join(choices, ", "))
	}
	return text
}

// feedback reads {"feedback": {"value", "weight", "metadata"}}.
func (s *settings) feedback(v json.Value, path []string) *Feedback {
	outer := NewParams(v)
	inner := outer.Object("feedback")
	if outer.Value("feedback") == nil {
		s.faults(outer, path)
		return nil
	}
	inner.Number("value", 0)
	inner.Number("weight", 0)
	f := &Feedback{Value: inner.Value("value"), Weight: inner.Value("weight"), Metadata: inner.Object("metadata").members}
	outer.Within("feedback", inner)
	s.faults(outer, path)
	return f
}
