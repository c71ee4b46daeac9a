package openairesponses

import (
	"fmt"
	"slices"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Leave readies a request of this dialect for another one. It returns a copy
// without what has no meaning elsewhere, such as the ids of items and the
// search among tools, of which all are sent; what of it is a loss is named
// with the indexes of canonical turns and parts. What the target could not do
// without changing the answer is an *llm.Error of kind Unsupported: input that
// is stored elsewhere, answers in the background, truncation, compacted
// history, tools that the client ran for this provider. A request to compact
// what stands before it becomes one for a summary in words.
//
// A request of another dialect is returned as it is.
func Leave(r *llm.Request) (out *llm.Request, dropped []string, err error) {
	if r.Native.Dialect != llm.OpenAIResponses {
		return r, nil, nil
	}
	r = compacting(r)
	l := leaver{}
	l.top(own(r.Native))
	if !r.ToolChoice.Native.Empty() {
		kind := json.Unquote(own(r.ToolChoice.Native).Get("type"))
		l.refuse("tool_choice", "of type %q is for tools of this API", kind)
	}
	q := *r
	q.Native = strip(r.Native, slices.DeleteFunc(slices.Clone(silent), func(name string) bool { return !harmless(name, own(r.Native).Get(name)) })...)
	q.Tools = l.tools(r.Tools)
	q.Turns = make([]llm.Turn, len(r.Turns))
	for i, t := range r.Turns {
		q.Turns[i] = l.turn(i, t)
	}
	if l.err != nil {
		return nil, nil, l.err
	}
	return &q, l.dropped, nil
}

type leaver struct {
	dropped []string
	err     error
}

func (l *leaver) refuse(param, format string, args ...any) {
	if l.err == nil {
		l.err = &llm.Error{
			Kind: llm.Unsupported, Status: 400, Param: param,
			Message: param + ": " + fmt.Sprintf(format, args...) + "; the target does not speak the Responses API",
		}
	}
}

// elsewhere are the members that mean input which only the provider has.
var elsewhere = []string{"previous_response_id", "conversation", "prompt"}

func (l *leaver) top(ms json.Object) {
	for _, name := range elsewhere {
		if openaiwire.NotNull(ms.Get(name)) != nil {
			l.refuse(name, "is kept by a provider")
		}
	}
	if ms.Get("background").Kind() == 't' {
		l.refuse("background", "answers are given at once only")
	}
	if v := json.Unquote(ms.Get("truncation")); v != "" && v != "disabled" {
		l.refuse("truncation", "%q cannot be done", v)
	}
}

// silent are the members of which a harmless value need not be reported.
var silent = []string{"store", "background", "truncation", "include"}

// harmless reports whether a value asks for nothing that others do not do
// anyway.
func harmless(name string, v json.Value) bool {
	switch name {
	case "include":
		return string(json.ValueOf(v)) == `["reasoning.encrypted_content"]` || string(json.ValueOf(v)) == "[]"
	case "truncation":
		return true
	}
	return v.Kind() == 'f'
}

// strip returns a residue without the named members.
func strip(n llm.Native, names ...string) llm.Native {
	ms := own(n)
	if !slices.ContainsFunc(ms, func(m json.Member) bool { return slices.Contains(names, m.Name) }) {
		return n
	}
	w := writer{json.NewWriter("{")}
	w.Rest(ms, names...)
	w.Close('}')
	return llm.Native{Dialect: n.Dialect, Members: w.B}
}

func (l *leaver) tools(tools []llm.Tool) []llm.Tool {
	return slices.DeleteFunc(slices.Clone(tools), func(t llm.Tool) bool {
		if t.Kind != "tool_search" {
			return false
		}
		l.dropped = append(l.dropped, "tools.tool_search")
		return true
	})
}

// kept are the items that cannot be left out: what they stand for is with the
// provider, or was done by the client for it.
var kept = []string{
	"item_reference", "compaction", "compaction_summary", "context_compaction", typeTrigger, "mcp_approval_response",
	"computer_call_output", "local_shell_call_output", "shell_call_output", "apply_patch_call_output",
}

func (l *leaver) turn(i int, t llm.Turn) llm.Turn {
	t.Native = strip(t.Native, "id", "status")
	t.Parts = slices.Clone(t.Parts)
	for n, p := range t.Parts {
		switch p := p.(type) {
		case *llm.Foreign:
			if slices.Contains(kept, p.Kind) {
				l.refuse(fmt.Sprintf("messages[%d].content[%d]", i, n), "an item of type %s cannot be translated", p.Kind)
			}
		case *llm.ToolCall:
			c := *p
			c.Native = strip(p.Native, "id", "status")
			t.Parts[n] = &c
		case *llm.ToolResult:
			r := *p
			r.Native = strip(p.Native, "id", "status")
			t.Parts[n] = &r
		case *llm.Reasoning:
			r := *p
			r.Native = strip(p.Native, "id", "status")
			t.Parts[n] = &r
		case *llm.Text:
			c := *p
			c.Native = withoutID(p.Native)
			t.Parts[n] = &c
		case *llm.Refusal:
			c := *p
			c.Native = withoutID(p.Native)
			t.Parts[n] = &c
		}
	}
	return t
}

// withoutID takes id and status away from the message that a part began.
func withoutID(n llm.Native) llm.Native {
	mark := own(n).Get(markMessage)
	if mark == nil {
		return n
	}
	inner := strip(llm.Native{Dialect: llm.OpenAIResponses, Members: mark}, "id", "status")
	return residue(strip(n, markMessage).Members, json.Named(markMessage, orObject(inner.Members)))
}
