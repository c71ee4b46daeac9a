package partner

import (
	"context"
	"slices"
	"time"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

var qualifire = service{
	name: "Qualifire", base: "https://proxy.qualifire.ai/api/evaluation/evaluate", key: "X-Qualifire-API-Key",
	checks: []kind{
		{id: "qualifire.contentModeration", timeout: time.Minute, ask: evaluated("content_moderation_check", "")},
		{id: "qualifire.pii", timeout: time.Minute, ask: evaluated("pii_check", "")},
		{id: "qualifire.promptInjections", events: input, timeout: time.Minute, ask: evaluated("prompt_injections", "")},
		{id: "qualifire.grounding", events: output, timeout: time.Minute, ask: evaluated("grounding_check", "grounding_mode")},
		{id: "qualifire.hallucinations", events: output, timeout: time.Minute, ask: evaluated("hallucinations_check", "hallucinations_mode")},
		{id: "qualifire.policy", timeout: time.Minute, ask: policy},
		{id: "qualifire.toolUseQuality", events: output, timeout: time.Minute, ask: toolUse},
	},
}

// evaluated asks for one evaluation of the question, and of the answer if
// there is one.
func evaluated(evaluation, modeName string) func(*guard.Params, *line) asker {
	return func(p *guard.Params, l *line) asker {
		mode := quality(p)
		return once(l, func(in *guard.Input) json.Object {
			body := append(both(in), json.Named(evaluation, json.Bool(true)))
			if modeName != "" {
				body.Add(modeName, mode)
			}
			return body
		}, evaluationResults)
	}
}

// quality is how carefully an evaluation is made.
func quality(p *guard.Params) json.Value {
	return json.Quote(p.OneOf("mode", "balanced", "speed", "quality"))
}

// both are the question and the answer.
func both(in *guard.Input) json.Object {
	body := json.Object{json.Named("input", json.Quote(question(in)))}
	if in.Event == guard.After {
		body.Add("output", json.Quote(in.Text()))
	}
	return body
}

func policy(p *guard.Params, l *line) asker {
	p.Required("policies")
	mode, target := quality(p), p.OneOf("policy_target", "both", "input", "output")
	assertions := strs(p.Texts("policies"))
	return once(l, func(in *guard.Input) json.Object {
		body := both(in)
		switch {
		case target == "input":
			body.Remove("output")
		case target == "output" && in.Event == guard.After:
			body.Remove("input")
		}
		return append(body, json.Named("assertions", assertions), json.Named("assertions_mode", mode))
	}, evaluationResults)
}

func evaluationResults(answer json.Value) (bool, json.Value, error) {
	if json.Present(json.Lookup(answer, "error")) {
		return false, nil, errRefused
	}
	status, err := word(answer, "status")
	return status != "failed", json.Lookup(answer, "evaluationResults"), err
}

// toolUse asks whether the answer calls the right tools. It reads the body of
// the request and the answer, in the forms of Chat, Responses and Anthropic.
func toolUse(p *guard.Params, l *line) asker {
	mode := quality(p)
	ask := once(l, func(in *guard.Input) json.Object {
		return json.Object{
			json.Named("messages", exchange(in)), json.Named("available_tools", tools(in.Request)),
			json.Named("tool_selection_quality_check", json.Bool(true)), json.Named("tsq_mode", mode),
		}
	}, evaluationResults)
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		if in.Response == nil {
			return guard.Verdict{}, &guard.Error{Name: "Error", Message: "an answer that is a stream has no body to judge"}
		}
		if !readable(in) {
			return guard.Verdict{}, &guard.Error{Name: "Error", Message: "the tool calls of the answer cannot be read"}
		}
		return ask(ctx, in)
	}
}

// readable reports whether the tool calls of an answer, if it has some, are in
// a form that is known here.
func readable(in *guard.Input) bool {
	calls := slices.ContainsFunc(in.Texts, func(t guard.Text) bool { return t.Place == guard.ToolCall })
	return !calls || len(toolCalls(in.Response)) > 0
}

// exchange is the last message and the answer.
func exchange(in *guard.Input) json.Value {
	user := json.Object{json.Named("role", json.Quote("user")), json.Named("content", json.Quote(question(in)))}
	answer := json.Object{json.Named("role", json.Quote("assistant"))}
	var said guard.Input
	for _, t := range in.Texts {
		if t.Place == guard.Content {
			said.Texts = append(said.Texts, t)
		}
	}
	answer.Add("content", json.Quote(said.Text()))
	if calls := toolCalls(in.Response); len(calls) > 0 {
		answer.Add("tool_calls", json.ValueOf(calls))
	}
	return json.ValueOf([]json.Value{user.Value(), answer.Value()})
}

// toolCalls are the calls in an answer, with arguments as objects.
func toolCalls(answer json.Value) []json.Value {
	var calls []json.Value
	add := func(id, name, arguments json.Value) {
		call := json.Object{}
		call.Add("id", id)
		call.Add("name", name)
		call.Add("arguments", arguments)
		calls = append(calls, call.Value())
	}
	chat, _ := list(answer, "choices", "0", "message", "tool_calls")
	for _, c := range chat {
		add(json.Lookup(c, "id"), json.Lookup(c, "function", "name"), unpacked(json.Lookup(c, "function", "arguments")))
	}
	responses, _ := list(answer, "output")
	for _, c := range responses {
		if json.Unquote(json.Lookup(c, "type")) == "function_call" {
			add(json.Lookup(c, "call_id"), json.Lookup(c, "name"), unpacked(json.Lookup(c, "arguments")))
		}
	}
	anthropic, _ := list(answer, "content")
	for _, c := range anthropic {
		if json.Unquote(json.Lookup(c, "type")) == "tool_use" {
			add(json.Lookup(c, "id"), json.Lookup(c, "name"), json.Lookup(c, "input"))
		}
	}
	return calls
}

// unpacked is the object that a string holds, or the string if it holds none.
func unpacked(arguments json.Value) json.Value {
	if text := json.Unquote(arguments); json.Valid([]byte(text)) {
		return json.Value(text)
	}
	return arguments
}

// tools are those that a request offers.
func tools(request json.Value) json.Value {
	offered, _ := list(request, "tools")
	out := []json.Value{}
	for _, t := range offered {
		if f := json.Lookup(t, "function"); f != nil {
			t = f
		}
		tool := json.ObjectOf(picked(t, "name", "description", "parameters"))
		if !tool.Has("parameters") {
			tool.Add("parameters", json.Lookup(t, "input_schema"))
		}
		if len(tool) > 0 {
			out = append(out, tool.Value())
		}
	}
	return json.ValueOf(out)
}
