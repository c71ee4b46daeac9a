package anthropic

import (
	"strings"
	"testing"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
)

// grammar reads a stream as the official TypeScript client does, and fails on
// whatever would make it throw or lose something. It returns the message that
// the client would hold in the end.
func grammar(t testing.TB, stream string) json.Value {
	t.Helper()
	g := &client{t: t, open: -1}
	for f, err := range frame.SSE(strings.NewReader(stream), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Data) == 0 {
			continue
		}
		if typ := json.Unquote(json.Lookup(f.Data, "type")); typ != f.Event {
			t.Errorf("event %q has data of type %q", f.Event, typ)
		}
		g.event(f.Event, f.Data)
	}
	if !g.stopped {
		t.Error("no message_stop")
	}
	g.set("content", marshal(g.blocks))
	return g.message
}

type client struct {
	t       testing.TB
	message json.Value
	blocks  []json.Value
	open    int // index of the open block, or -1
	input   string
	ended   bool
	stopped bool
}

func (g *client) set(name string, v json.Value) {
	g.message, _ = json.Splice(g.message, json.Edit{Name: name, Value: v})
}

func (g *client) event(name string, data json.Value) {
	if g.stopped {
		g.t.Errorf("%s after message_stop", name)
	}
	if name != "message_start" && g.message == nil {
		g.t.Errorf("%s before message_start", name)
	}
	index := -1
	if n, ok := integer(json.Lookup(data, "index")); ok {
		index = int(n)
	}
	switch name {
	case "message_start":
		if g.message != nil {
			g.t.Error("a second message_start")
		}
		g.message = json.Lookup(data, "message").Clone()
	case "content_block_start":
		if g.open >= 0 || index != len(g.blocks) {
			g.t.Errorf("block %d begins while block %d is open and there are %d", index, g.open, len(g.blocks))
		}
		g.blocks, g.open, g.input = append(g.blocks, json.Lookup(data, "content_block").Clone()), index, ""
	case "content_block_delta":
		if index != g.open {
			g.t.Fatalf("a delta for block %d while %d is open", index, g.open)
		}
		g.delta(json.Lookup(data, "delta"))
	case "content_block_stop":
		if index != g.open {
			g.t.Errorf("block %d ends while %d is open", index, g.open)
		}
		g.open = -1
	case "message_delta":
		if g.open >= 0 || g.ended {
			g.t.Errorf("message_delta while block %d is open, or twice (%v)", g.open, g.ended)
		}
		g.ended = true
		for _, n := range []string{"stop_reason", "stop_sequence"} {
			g.set(n, json.Lookup(data, "delta", n))
		}
		g.set("usage", mergeObjects(json.Lookup(g.message, "usage"), json.Lookup(data, "usage")))
	case "message_stop":
		g.stopped = true
		if !g.ended {
			g.t.Error("message_stop without message_delta")
		}
	case "ping":
	default:
		g.t.Errorf("unknown event %s", name)
	}
}

// delta joins what the client joins. Signatures replace each other.
func (g *client) delta(d json.Value) {
	b := &g.blocks[g.open]
	typ := json.Unquote(json.Lookup(*b, "type"))
	set := func(name string, v json.Value) { *b, _ = json.Splice(*b, json.Edit{Name: name, Value: v}) }
	join := func(name, want string) {
		if typ != want {
			g.t.Errorf("a %s in a block of type %s", json.Lookup(d, "type"), typ)
		}
		set(name, json.Quote(json.Unquote(json.Lookup(*b, name))+json.Unquote(json.Lookup(d, name))))
	}
	switch json.Unquote(json.Lookup(d, "type")) {
	case "text_delta":
		join("text", "text")
	case "thinking_delta":
		join("thinking", "thinking")
	case "signature_delta":
		if typ != "thinking" {
			g.t.Errorf("a signature in a block of type %s", typ)
		}
		set("signature", json.Lookup(d, "signature"))
	case "input_json_delta":
		if g.input += json.Unquote(json.Lookup(d, "partial_json")); json.Valid([]byte(g.input)) {
			set("input", json.Value(g.input))
		}
	case "citations_delta":
		if typ != "text" {
			g.t.Errorf("a citation in a block of type %s", typ)
		}
		var cs []json.Value
		_ = json.Unmarshal(json.Lookup(*b, "citations"), &cs)
		set("citations", marshal(append(cs, json.Lookup(d, "citation"))))
	}
}
