package guard

import (
	"context"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

func init() { add(Spec{ID: "default.notNull", New: newNotNull}) }

// newNotNull passes what has some text that is not blank, or calls a tool: an
// answer that only does that is a whole answer.
func newNotNull(p *Params, _ Env) Check {
	not := p.Bool("not", false)
	return inputCheck(func(_ context.Context, in *Input) (Verdict, error) {
		null := !slices.ContainsFunc(in.Texts, func(t Text) bool {
			return t.Place == ToolCall || strings.TrimSpace(t.Text) != ""
		}) && !callsTools(in.Response)
		contentType := typeOfContent(in)
		count := len(in.Texts)
		if count == 0 && contentType == "string" { // an empty text is a text
			count = 1
		}
		pass := null == not
		return found(pass, struct {
			IsNull          bool   `json:"isNull"`
			ContentType     string `json:"contentType"`
			TextArrayLength int    `json:"textArrayLength"`
			Explanation     string `json:"explanation"`
			Verdict         string `json:"verdict"`
		}{null, contentType, count, choose(null, "Content is null, undefined, or empty.", "Content is not null."),
			choose(pass, "passed", "failed")}), nil
	})
}

// typeOfContent is what JavaScript says about the content of an answer.
func typeOfContent(in *Input) string {
	for _, path := range [][]string{{"choices", "0", "message", "content"}, {"choices", "0", "text"}, {"content"}, {"output"}} {
		switch v := json.Lookup(in.Response, path...); v.Kind() {
		case '"':
			return "string"
		case '[', '{', 'n':
			return "object"
		}
	}
	return choose(len(in.Texts) > 0, "string", "undefined")
}

// callsTools reports whether an answer calls a tool, in any dialect.
func callsTools(answer json.Value) bool {
	for _, path := range [][]string{
		{"choices", "*", "message", "tool_calls", "*"}, // OpenAI's chat
		{"choices", "*", "message", "function_call"},
		{"candidates", "*", "content", "parts", "*", "functionCall"}, // Gemini
		{"output", "message", "content", "*", "toolUse"},             // Converse
	} {
		if anyAt(answer, path, json.Present) {
			return true
		}
	}
	isCall := func(v json.Value) bool { t := json.Unquote(v); return t == "tool_use" || strings.HasSuffix(t, "_call") }
	return anyAt(answer, []string{"content", "*", "type"}, isCall) || // Anthropic
		anyAt(answer, []string{"output", "*", "type"}, isCall) // OpenAI's Responses
}

// anyAt reports whether some value that the path leads to is as asked for.
func anyAt(v json.Value, path []string, is func(json.Value) bool) bool {
	switch {
	case len(path) == 0:
		return is(v)
	case path[0] != "*":
		next := json.Lookup(v, path[0])
		return next != nil && anyAt(next, path[1:], is)
	case v.Kind() != '[':
		return false
	}
	elements, _ := json.Elements(v)
	return slices.ContainsFunc(elements, func(e json.Value) bool { return anyAt(e, path[1:], is) })
}
