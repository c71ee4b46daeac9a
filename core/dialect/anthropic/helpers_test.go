package anthropic

import (
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decode reads a request of this dialect.
func decode(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body)})
	if err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return r
}

func prepareFor(t testing.TB, r *llm.Request, model string) dialect.Exchange {
	t.Helper()
	x, err := Codec{}.Prepare(r, dialect.Target{Provider: "anthropic", Model: model})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ask is a request of another dialect with one question, changed by f.
func ask(f func(*llm.Request)) *llm.Request {
	r := &llm.Request{Turns: []llm.Turn{user(&llm.Text{Text: "Hi"})}}
	f(r)
	return r
}

func user(parts ...llm.Part) llm.Turn      { return llm.Turn{Role: llm.User, Parts: parts} }
func assistant(parts ...llm.Part) llm.Turn { return llm.Turn{Role: llm.Assistant, Parts: parts} }
func toolTurn(parts ...llm.Part) llm.Turn  { return llm.Turn{Role: llm.ToolRole, Parts: parts} }
func text(s string) *llm.Text              { return &llm.Text{Text: s} }
func ref[T any](v T) *T                    { return &v }

func call(id, name, arguments string) *llm.ToolCall {
	return &llm.ToolCall{ID: id, Name: name, Arguments: arguments}
}

func result(id, s string) *llm.ToolResult {
	return &llm.ToolResult{CallID: id, Parts: []llm.Part{text(s)}}
}

func function(name string) llm.Tool {
	return llm.Tool{Kind: llm.FunctionTool, Name: name, Parameters: json.Value(`{"type":"object"}`)}
}

// checks are members of a body, by their dotted path; "" means absent.
type checks map[string]string

func (c checks) run(t *testing.T, x dialect.Exchange, dropped ...string) {
	t.Helper()
	for p, want := range c {
		if got := string(json.Lookup(x.Body(), strings.Split(p, ".")...)); got != want {
			t.Errorf("%s: got %s, want %s", p, got, want)
		}
	}
	if !slices.Equal(x.Dropped(), dropped) {
		t.Errorf("dropped: got %q, want %q", x.Dropped(), dropped)
	}
	if t.Failed() {
		t.Logf("body: %s", x.Body())
	}
}

// decodeFrames decodes events of a stream, given as their data.
func decodeFrames(t testing.TB, x dialect.Exchange, data ...string) []llm.Event {
	t.Helper()
	dec := x.DecodeStream()
	var events []llm.Event
	var err error
	for _, d := range data {
		if events, err = dec.Decode(events, frame.Frame{Data: []byte(d)}); err != nil {
			t.Fatalf("%s: %v", d, err)
		}
	}
	return events
}

// equal brings two documents into one form.
func equal(t *testing.T, a, b json.Value) (string, string) {
	t.Helper()
	form := func(v json.Value) string {
		var x any
		if err := json.Unmarshal(v, &x); err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		return string(marshal(dropNulls(x)))
	}
	return form(a), form(b)
}
