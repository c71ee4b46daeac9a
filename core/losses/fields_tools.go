package losses

import (
	"fmt"
	"reflect"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

func weather() llm.Tool {
	return llm.Tool{Kind: llm.FunctionTool, Name: "get_weather", Description: "The weather in a city", Parameters: schema}
}

// tools are tools, how they are chosen, calls and results.
var tools = []RequestField{
	{"tool", withTool(func(*llm.Request) {}), declared, nil},
	{"strict tool", withTool(func(r *llm.Request) { yes := true; r.Tools[0].Strict = &yes }), func(r *llm.Request) any { return strict(r) }, nil},
	{"cache mark on a tool", withTool(func(r *llm.Request) { r.Tools[0].Cache = &llm.CacheMark{} }), marks, nil},
	{"tool that takes free text", func(r *llm.Request) {
		r.Tools = []llm.Tool{{Kind: llm.CustomTool, Name: "run", Description: "Runs it"}}
	}, declared, []Form{{"a tool with one text", oneText}}},
	{"tools if the model likes", choose(llm.ToolChoice{Mode: llm.ToolAuto}), chosen, []Form{{"nothing is said: it is the default", func(_ *llm.Request, got Heard) bool {
		return len(got.Tools) == 1 && got.ToolChoice.Mode == ""
	}}}},
	{"no tools now", choose(llm.ToolChoice{Mode: llm.ToolNone}), chosen, []Form{{"no tools are sent", func(_ *llm.Request, got Heard) bool { return len(got.Tools) == 0 }}}},
	{"some tool required", choose(llm.ToolChoice{Mode: llm.ToolRequired}), chosen, nil},
	{"one tool required", func(r *llm.Request) {
		r.Tools = []llm.Tool{weather(), {Kind: llm.FunctionTool, Name: "other", Description: "Does more", Parameters: schema}}
		r.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: "get_weather"}
	}, chosen, []Form{{"only that tool is sent, and required", func(_ *llm.Request, got Heard) bool {
		return len(got.Tools) == 1 && got.Tools[0].Name == "get_weather" && got.ToolChoice.Mode == llm.ToolRequired
	}}}},
	{"choice among some tools", func(r *llm.Request) {
		r.Tools = []llm.Tool{weather(), {Kind: llm.FunctionTool, Name: "other", Description: "Does more", Parameters: schema}}
		r.ToolChoice = llm.ToolChoice{Mode: llm.ToolAuto, Allowed: []string{"get_weather"}}
	}, chosen, []Form{{"only those tools are sent", func(_ *llm.Request, got Heard) bool {
		return len(got.Tools) == 1 && got.Tools[0].Name == "get_weather"
	}}}},
	{"one call at a time", withTool(func(r *llm.Request) { no := false; r.ParallelTools = &no }), parallel, []Form{{
		"Claude's own member", func(_ *llm.Request, got Heard) bool {
			return json.Lookup(got.Native.Members, "additionalModelRequestFields", "tool_choice", "disable_parallel_tool_use").Kind() == 't'
		},
	}}},
	{"tool call", called(call("c1"), result("c1", &llm.Text{Text: "sunny"})), calls, nil},
	{"calls side by side", called(call("c1"), call("c2"), result("c1", &llm.Text{Text: "sunny"}), result("c2", &llm.Text{Text: "rain"})), calls, nil},
	{"result of a tool", called(call("c1"), result("c1", &llm.Text{Text: "sunny"})), results, nil},
	{"failed tool", called(call("c1"), failed("c1")), failures, nil},
	{"image in a result", called(call("c1"), result("c1", &llm.Text{Text: "a map"}, &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: png})), results, beside},
	{"PDF in a result", called(call("c1"), result("c1", &llm.Text{Text: "a paper"}, &llm.Media{Kind: llm.Document, MediaType: "application/pdf", Data: pdf, Name: "paper.pdf"})), results, beside},
}

// beside is where media of a result go in dialects whose results are text.
var beside = []Form{{"in a turn of the user behind the result, which says so", func(asked *llm.Request, got Heard) bool {
	want := files(asked)
	return len(want) > 0 && reflect.DeepEqual(files(got.Request), want)
}}}

// files lists the data of all media, in results and beside.
func files(r *llm.Request) []string {
	var all []string
	for _, t := range r.Turns {
		all = append(all, data(t.Parts)...)
	}
	return all
}

func data(parts []llm.Part) []string {
	var all []string
	for _, p := range parts {
		switch p := p.(type) {
		case *llm.Media:
			all = append(all, p.Data)
		case *llm.ToolResult:
			all = append(all, data(p.Parts)...)
		}
	}
	return all
}

func oneText(_ *llm.Request, got Heard) bool {
	if len(got.Tools) != 1 || got.Tools[0].Name != "run" {
		return false
	}
	return json.Unquote(json.Lookup(got.Tools[0].Parameters, "properties", "input", "type")) == "string"
}

func withTool(f func(*llm.Request)) func(*llm.Request) {
	return func(r *llm.Request) {
		r.Tools = append(r.Tools, weather())
		f(r)
	}
}

func choose(c llm.ToolChoice) func(*llm.Request) {
	return withTool(func(r *llm.Request) { r.ToolChoice = c })
}

func call(id string) *llm.ToolCall {
	return &llm.ToolCall{ID: id, Name: "get_weather", Arguments: `{"city":"Bonn"}`}
}

func result(id string, parts ...llm.Part) *llm.ToolResult {
	return &llm.ToolResult{CallID: id, Name: "get_weather", Parts: parts}
}

func failed(id string) *llm.ToolResult {
	r := result(id, &llm.Text{Text: "no such city"})
	r.IsError = true
	return r
}

// called puts calls, and the results that answer them, behind the question.
func called(parts ...llm.Part) func(*llm.Request) {
	return withTool(func(r *llm.Request) {
		asks, answers := llm.Turn{Role: llm.Assistant}, llm.Turn{Role: llm.ToolRole}
		for _, p := range parts {
			if _, ok := p.(*llm.ToolCall); ok {
				asks.Parts = append(asks.Parts, p)
			} else {
				answers.Parts = append(answers.Parts, p)
			}
		}
		r.Turns = append(r.Turns, asks, answers)
	})
}

func declared(r *llm.Request) any {
	var all []string
	for _, t := range r.Tools {
		all = append(all, t.Kind, t.Name, t.Description, canonical(t.Parameters))
	}
	return all
}

func strict(r *llm.Request) bool {
	return len(r.Tools) > 0 && r.Tools[0].Strict != nil && *r.Tools[0].Strict
}

func chosen(r *llm.Request) any {
	return fmt.Sprint(r.ToolChoice.Mode, r.ToolChoice.Name, r.ToolChoice.Allowed)
}

func parallel(r *llm.Request) any {
	return r.ParallelTools != nil && !*r.ParallelTools
}

// calls are what was asked of tools. Ids differ where a dialect has none: the
// order stands for them.
func calls(r *llm.Request) any {
	var all []string
	each(r, func(_ llm.Role, p llm.Part) {
		if c, ok := p.(*llm.ToolCall); ok {
			all = append(all, c.Name, canonical(json.Value(c.Arguments)))
		}
	})
	return all
}

func results(r *llm.Request) any {
	var all []any
	each(r, func(_ llm.Role, p llm.Part) {
		if t, ok := p.(*llm.ToolResult); ok {
			inside := &llm.Request{Turns: []llm.Turn{{Parts: t.Parts}}}
			all = append(all, shown(inside))
		}
	})
	return all
}

func failures(r *llm.Request) any {
	n := 0
	each(r, func(_ llm.Role, p llm.Part) {
		if t, ok := p.(*llm.ToolResult); ok && t.IsError {
			n++
		}
	})
	return n
}
