package gemini

import (
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

const (
	flash25 = "gemini-2.5-flash"
	pro25   = "gemini-2.5-pro"
	pro3    = "gemini-3-pro-preview"
	flash3  = "gemini-3-flash"
	pro15   = "gemini-1.5-pro"
)

func google(model string) dialect.Target { return dialect.Target{Provider: "google", Model: model} }

func vertex(model string) dialect.Target { return dialect.Target{Provider: "vertex-ai", Model: model} }

// prepare writes a request that comes from another dialect.
func prepare(t testing.TB, r *llm.Request, to dialect.Target) dialect.Exchange {
	t.Helper()
	x, err := Codec{}.Prepare(r, to)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(x.Body()) {
		t.Fatalf("not JSON: %s", x.Body())
	}
	return x
}

func decode(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body), Model: flash25})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func say(s string) *llm.Text { return &llm.Text{Text: s} }

func turn(role llm.Role, parts ...llm.Part) llm.Turn { return llm.Turn{Role: role, Parts: parts} }

func call(id, name, args string) *llm.ToolCall {
	return &llm.ToolCall{ID: id, Name: name, Arguments: args}
}

func returned(id string, parts ...llm.Part) *llm.ToolResult {
	return &llm.ToolResult{CallID: id, Parts: parts}
}

func from(d llm.Dialect, members string) llm.Native {
	return llm.Native{Dialect: d, Members: json.Value(members)}
}

// member is a member of a body, as text.
func lookup(body []byte, path ...string) string { return string(json.Lookup(body, path...)) }
