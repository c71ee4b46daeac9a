package openairesponses

import (
	"strings"
	"testing"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
)

// grammar reads a stream as the strictest clients do (the official SDK's
// accumulator and Codex) and fails on whatever would make them throw or lose
// something. It returns the response of the last event.
func grammar(t testing.TB, stream string) json.Value {
	t.Helper()
	g := &client{t: t}
	for f, err := range frame.SSE(strings.NewReader(stream), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Data) == 0 {
			continue
		}
		g.typ, g.data = f.Event, json.Value(f.Data).Clone()
		if typ := g.str("type"); typ != f.Event {
			t.Errorf("event %q has data of type %q", f.Event, typ)
		}
		if n := g.int("sequence_number"); n != g.number {
			t.Errorf("%s has number %d, want %d", f.Event, n, g.number)
		}
		g.event()
		g.number++
	}
	if g.last == nil {
		t.Errorf("no terminal event in\n%s", stream)
	}
	return g.last
}

type client struct {
	t      testing.TB
	typ    string
	data   json.Value
	number int64
	id     string
	output []json.Value // items that are done
	item   json.Value   // as it was announced
	parts  []json.Value // of the open item, as they were done
	part   json.Value   // as it was announced
	said   string       // in deltas, by the open part or call
	full   string       // as the done event has it
	told   bool         // there was a done event
	notes  []json.Value
	last   json.Value
}

func (g *client) at(path ...string) json.Value { return json.Lookup(g.data, path...) }
func (g *client) str(path ...string) string    { return json.Unquote(g.at(path...)) }
func (g *client) int(path ...string) int64 {
	v := g.at(path...)
	if v.Kind() != '0' {
		g.t.Errorf("%s: %v is %q, want a number", g.typ, path, v)
	}
	return openaiwire.WholeNumber(v)
}

func (g *client) want(ok bool, what string) {
	g.t.Helper()
	if !ok {
		g.t.Errorf("event %d, %s: %s\n%s", g.number, g.typ, what, g.data)
	}
}

func (g *client) event() {
	g.want(g.last == nil, "comes after the end")
	switch g.typ {
	case "response.created":
		g.want(g.number == 0, "is not the first")
		g.id = g.str("response", "id")
		g.response("in_progress")
		return
	case "response.in_progress":
		g.want(g.number == 1, "is not the second")
		g.response("in_progress")
		return
	case "response.completed", "response.incomplete", "response.failed":
		g.end()
		return
	}
	g.want(g.number > 1, "comes before the response")
	g.want(g.int("output_index") == int64(len(g.output)), "has another output_index")
	switch g.typ {
	case "response.output_item.added":
		g.want(g.item == nil, "begins inside of an item")
		g.item, g.parts, g.part, g.said, g.full, g.told = g.at("item"), nil, nil, "", "", false
		g.want(json.Unquote(json.Lookup(g.item, "id")) != "" && json.Unquote(json.Lookup(g.item, "type")) != "", "has no id or type")
	case "response.output_item.done":
		g.itemDone()
	default:
		g.want(g.item != nil, "is outside of an item")
		g.want(g.str("item_id") == json.Unquote(json.Lookup(g.item, "id")), "has another item_id")
		g.inside(json.Unquote(json.Lookup(g.item, "type")))
	}
}

// inside checks an event within an item.
func (g *client) inside(kind string) {
	switch g.typ {
	case "response.content_part.added", "response.reasoning_summary_part.added":
		g.partAt(kind)
		g.want(g.part == nil, "begins inside of a part")
		g.part, g.said, g.full, g.told, g.notes = g.at("part"), "", "", false, nil
	case "response.content_part.done", "response.reasoning_summary_part.done":
		g.partAt(kind)
		g.partDone()
	case "response.output_text.delta", "response.refusal.delta", "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
		g.partAt(kind)
		g.want(g.part != nil && !g.told, "is outside of a part")
		g.delta()
	case "response.output_text.done", "response.refusal.done", "response.reasoning_summary_text.done", "response.reasoning_text.done":
		g.partAt(kind)
		g.want(g.part != nil, "is outside of a part")
		g.done("text", "refusal")
	case "response.output_text.annotation.added":
		g.partAt(kind)
		g.want(g.int("annotation_index") == int64(len(g.notes)), "has another annotation_index")
		g.notes = append(g.notes, g.at("annotation"))
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta":
		g.delta()
	case "response.function_call_arguments.done":
		g.want(kind == typeFunctionCall && g.said != "", "is of a call without deltas")
		g.done("arguments")
	case "response.custom_tool_call_input.done":
		g.want(kind == typeCustomCall, "is of something else")
		g.done("input")
	default:
		g.want(false, "is unknown")
	}
}

func (g *client) partAt(kind string) {
	index, of := "content_index", typeMessage
	switch {
	case strings.HasPrefix(g.typ, "response.reasoning_summary"):
		index, of = "summary_index", typeReasoning
	case strings.HasPrefix(g.typ, "response.reasoning_text"), strings.HasPrefix(g.typ, "response.content_part") && g.str("part", "type") == "reasoning_text":
		of = typeReasoning
	}
	g.want(kind == of, "is in an item of type "+kind)
	g.want(g.int(index) == int64(len(g.parts)), "has another "+index)
}

func (g *client) delta() {
	g.want(g.str("delta") != "", "says nothing")
	if g.typ == "response.output_text.delta" {
		g.want(g.at("logprobs") != nil, "has no logprobs")
	}
	g.said += g.str("delta")
}

func (g *client) done(names ...string) {
	for _, n := range names {
		if v := g.at(n); v != nil {
			g.full = json.Unquote(v)
		}
	}
	g.want(!g.told, "comes twice")
	g.want(g.full == g.said, "says something else than the deltas: "+g.said)
	g.told = true
}

func (g *client) partDone() {
	p := g.at("part")
	g.want(g.part != nil && g.str("part", "type") == json.Unquote(json.Lookup(g.part, "type")), "is of another part")
	text := json.Unquote(json.Lookup(p, "text")) + json.Unquote(json.Lookup(p, "refusal"))
	if known := g.told; known {
		g.want(text == g.full, "says something else than the done event: "+g.full)
	}
	if notes := json.Lookup(p, "annotations"); notes != nil {
		g.want(string(json.ValueOf(notes)) == string(json.ValueOf(append([]json.Value{}, g.notes...))), "has other annotations")
	}
	g.parts, g.part = append(g.parts, p), nil
}

func (g *client) itemDone() {
	it := g.at("item")
	g.want(g.item != nil && g.part == nil, "is outside of an item, or a part is open")
	for _, n := range []string{"id", "type", "call_id", "name", "namespace", "role"} {
		g.want(string(json.Lookup(it, n)) == string(json.Lookup(g.item, n)), "has another "+n)
	}
	switch json.Unquote(json.Lookup(it, "type")) {
	case typeMessage:
		g.list(it, "content")
		g.want(json.Lookup(it, "status") != nil, "has no status")
	case typeReasoning:
		if strings.Contains(string(json.ValueOf(append([]json.Value{}, g.parts...))), `"reasoning_text"`) {
			g.list(it, "content")
		} else {
			g.list(it, "summary")
		}
	case typeFunctionCall:
		g.want(g.told && json.Unquote(json.Lookup(it, "arguments")) == g.full, "has other arguments")
	case typeCustomCall:
		g.want(g.told && json.Unquote(json.Lookup(it, "input")) == g.full, "has another input")
	}
	g.output, g.item = append(g.output, it), nil
}

func (g *client) list(it json.Value, name string) {
	g.want(string(json.ValueOf(json.Lookup(it, name))) == string(json.ValueOf(append([]json.Value{}, g.parts...))), "has another "+name)
}

// response checks a response object. Typed clients read all of its members.
func (g *client) response(status string) {
	r := g.at("response")
	g.want(json.Unquote(json.Lookup(r, "id")) == g.id && strings.HasPrefix(g.id, "resp_"), "has another id, or none of ours: "+g.id)
	g.want(json.Unquote(json.Lookup(r, "status")) == status, "has not the status "+status)
	g.want(json.Unquote(json.Lookup(r, "object")) == "response" && json.Lookup(r, "created_at").Kind() == '0', "is no response")
	for _, n := range []string{
		"error", "incomplete_details", "instructions", "metadata", "model", "output", "parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "usage",
	} {
		g.want(json.Lookup(r, n) != nil, "lacks "+n)
	}
	g.want(string(json.ValueOf(json.Lookup(r, "output"))) == string(json.ValueOf(append([]json.Value{}, g.output...))), "has another output")
}

func (g *client) end() {
	r := g.at("response")
	g.response(strings.TrimPrefix(g.typ, "response."))
	g.last = r
	switch g.typ {
	case "response.failed":
		g.want(json.Unquote(json.Lookup(r, "error", "code")) != "" && json.Unquote(json.Lookup(r, "error", "message")) != "", "has no error")
		return
	case "response.incomplete":
		g.want(json.Unquote(json.Lookup(r, "incomplete_details", "reason")) != "", "says not why")
	default:
		g.want(json.Lookup(r, "incomplete_details").Kind() == 'n', "is complete and says why not")
	}
	g.want(g.item == nil, "leaves an item open")
	g.want(json.Lookup(r, "error").Kind() == 'n', "has an error")
	for _, path := range [][]string{{"input_tokens"}, {"output_tokens"}, {"total_tokens"}, {"input_tokens_details", "cached_tokens"}, {"output_tokens_details", "reasoning_tokens"}} {
		g.want(json.Lookup(r, append([]string{"usage"}, path...)...).Kind() == '0', "lacks usage."+strings.Join(path, "."))
	}
}
