package anthropic

import (
	"slices"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestTurnsBecomeMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		turns   []llm.Turn
		system  string
		want    string
		dropped []string
	}{
		{"instructions in front are the system member",
			[]llm.Turn{{Role: llm.System, Parts: []llm.Part{text("a")}}, {Role: llm.Developer, Parts: []llm.Part{text("b"), text(" ")}}, user(text("Hi"))},
			`[{"type":"text","text":"a"},{"type":"text","text":"b"}]`,
			`[{"role":"user","content":[{"type":"text","text":"Hi"}]}]`, nil},
		{"a later instruction is a note in its place",
			[]llm.Turn{user(text("Hi")), {Role: llm.System, Parts: []llm.Part{text("Be brief")}}, assistant(text("Yes"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"text","text":"<operator-note>\nBe brief\n</operator-note>"}]},{"role":"assistant","content":[{"type":"text","text":"Yes"}]}]`, nil},
		{"a note between call and result goes behind the result",
			[]llm.Turn{user(text("Hi")), assistant(call("c1", "f", `{}`)), {Role: llm.System, Parts: []llm.Part{text("n")}}, toolTurn(result("c1", "r"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"r"}]},{"type":"text","text":"<operator-note>\nn\n</operator-note>"}]}]`, nil},
		{"results of parallel calls are one message, in front of other words",
			[]llm.Turn{user(text("Hi")), assistant(text("ok"), call("c1", "f", `{"a":1}`), call("c2", "g", ``)), toolTurn(result("c1", "r1")), user(text("and?")), toolTurn(result("c2", "r2"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":[{"type":"text","text":"ok"},{"type":"tool_use","id":"c1","name":"f","input":{"a":1}},{"type":"tool_use","id":"c2","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"r1"}]},{"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"r2"}]},{"type":"text","text":"and?"}]}]`, nil},
		{"blank texts and empty messages go, and their neighbours meet",
			[]llm.Turn{user(text("a")), assistant(text(""), text("  \n")), user(text("b")), user(&llm.ToolResult{CallID: "c", Parts: []llm.Part{text("")}})},
			``,
			`[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, nil},
		{"an assistant may come first",
			[]llm.Turn{assistant(text("a")), user(text("b"))},
			``,
			`[{"role":"assistant","content":[{"type":"text","text":"a"}]},{"role":"user","content":[{"type":"text","text":"b"}]}]`, nil},
		{"results are mapped part by part, with images and the failure",
			[]llm.Turn{assistant(call("c", "f", "{}")), toolTurn(&llm.ToolResult{CallID: "c", IsError: true, Parts: []llm.Part{text("a"), text("b"), &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "iVBORw0KGgo="}}})},
			``,
			`[{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}],"is_error":true}]}]`, nil},
		{"a refusal goes back as the words that it was",
			[]llm.Turn{user(text("a")), assistant(&llm.Refusal{Text: "No."})},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"No."}]}]`, nil},
		{"thoughts that Claude cannot verify are dropped and named",
			[]llm.Turn{user(text("a")), assistant(&llm.Reasoning{Text: "hm", Origin: llm.Anthropic}, &llm.Reasoning{Text: "hm", Signature: "s", Origin: llm.OpenAIChat}, text("b"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]}]`, []string{"messages.reasoning"}},
		{"signed thoughts are kept byte for byte, Bedrock's too",
			[]llm.Turn{user(text("a")), assistant(&llm.Reasoning{Text: "h <m>\u2028", Signature: "s+/=", Origin: llm.Anthropic}, &llm.Reasoning{Signature: "t", Origin: llm.Converse}, &llm.Reasoning{Redacted: "Em==", Origin: llm.Anthropic}, text("b"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"h <m>` + "\u2028" + `","signature":"s+/="},{"type":"thinking","thinking":"","signature":"t"},{"type":"redacted_thinking","data":"Em=="},{"type":"text","text":"b"}]}]`, nil},
		{"foreign parts, names and images of an assistant are dropped and named",
			[]llm.Turn{{Role: llm.User, Name: "bob", Parts: []llm.Part{text("a"), &llm.Foreign{Kind: "item_reference", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"id":"x"}`))}}}, assistant(text("b"), &llm.Media{Kind: llm.Image, URL: "https://x"})},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]}]`,
			[]string{"messages.name", "messages.item_reference", "messages.image"}},
		{"parts where they cannot stand are dropped and named",
			[]llm.Turn{{Role: llm.System, Parts: []llm.Part{&llm.Media{Kind: llm.Image, URL: "https://x"}}},
				user(text("a"), call("c", "f", "{}"), &llm.Reasoning{Signature: "s"}), assistant(result("c", "r"), text("b")),
				user(&llm.ToolResult{CallID: "c", Parts: []llm.Part{&llm.Refusal{Text: "x"}}})},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}]`,
			[]string{"system.image", "messages.tool_calls", "messages.reasoning", "messages.tool_result", "messages.tool_result.refusal"}},
		{"arguments that are no object are wrapped and reported",
			[]llm.Turn{user(text("a")), assistant(call("c1", "f", `{"a":`), call("c2", "f", `[1]`), call("c3", "f", ` null `))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"_raw":"{\"a\":"}},{"type":"tool_use","id":"c2","name":"f","input":{"_raw":"[1]"}},{"type":"tool_use","id":"c3","name":"f","input":{}}]}]`,
			[]string{"messages.tool_calls.arguments"}},
		{"large numbers and angle brackets in arguments stay as they are",
			[]llm.Turn{user(text("<b> & co")), assistant(call("c1", "f", `{"id":9223372036854775807,"x":1.50,"h":"<instructions> & \" \\ é"}`))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"<b> & co"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"id":9223372036854775807,"x":1.50,"h":"<instructions> & \" \\ é"}}]}]`, nil},
		{"ids that the API refuses are replaced the same way on both sides",
			[]llm.Turn{user(text("a")), assistant(call("functions.f:0", "f", `{}`)), toolTurn(result("functions.f:0", "r"))},
			``,
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"functions_f_0_d6bdd4de","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_f_0_d6bdd4de","content":[{"type":"text","text":"r"}]}]}]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepareFor(t, &llm.Request{Turns: tt.turns}, "claude-opus-4-8")
			checks{"system": tt.system, "messages": tt.want}.run(t, x, tt.dropped...)
		})
	}
}

func TestSystemMessagesInTheMiddle(t *testing.T) {
	t.Parallel()
	const body = `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"system","content":"n"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}]}`
	tests := []struct{ name, model, last string }{
		{"are native where the model has the role, behind the result", "claude-opus-4-8", `{"role":"system","content":[{"type":"text","text":"n"}]}`},
		{"are notes where it has not", "claude-sonnet-4-5", `{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}]},{"type":"text","text":"<operator-note>\nn\n</operator-note>"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepareFor(t, decode(t, body), tt.model)
			es, err := json.Elements(json.Lookup(x.Body(), "messages"))
			if err != nil || string(es[len(es)-1]) != tt.last {
				t.Errorf("got %s, %v, want %s at the end", x.Body(), err, tt.last)
			}
		})
	}
}

func TestSystemMessagesWaitForResultsAndNoLonger(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, messages string
		want           []string
	}{
		{"behind the result, before the answer", `{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"system","content":"n"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]},{"role":"assistant","content":"a"}`,
			[]string{"assistant", "user", "system", "assistant"}},
		{"also if words followed the call", `{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"assistant","content":"wait"},{"role":"system","content":"n"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}`,
			[]string{"assistant", "user", "system"}},
		{"also if words came before the call", `{"role":"assistant","content":"wait"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"system","content":"n"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}`,
			[]string{"assistant", "user", "system"}},
		{"not without a call", `{"role":"assistant","content":"a"},{"role":"system","content":"n"},{"role":"user","content":"b"}`,
			[]string{"assistant", "system", "user"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepareFor(t, decode(t, `{"messages":[`+tt.messages+`]}`), "claude-opus-4-8")
			es, err := json.Elements(json.Lookup(x.Body(), "messages"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range es {
				got = append(got, json.Unquote(json.Lookup(e, "role")))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCitationsGoBackToClaudeOnly(t *testing.T) {
	t.Parallel()
	const own = `{"messages":[{"role":"user","content":[{"type":"search_result","source":"https://docs.example.com/a","title":"A","content":[{"type":"text","text":"alpha"}],"citations":{"enabled":true}}]},{"role":"assistant","content":[{"type":"text","text":"Alpha.","citations":[` +
		`{"type":"search_result_location","source":"https://docs.example.com/a","title":"A","cited_text":"alpha","search_result_index":0,"start_block_index":0,"end_block_index":1},` +
		`{"type":"char_location","cited_text":"The grass","document_index":0,"document_title":null,"start_char_index":0,"end_char_index":9},` +
		`{"type":"page_location","cited_text":"","document_index":1,"document_title":"Report","start_page_number":1,"end_page_number":2},` +
		`{"type":"web_search_result_location","url":"https://x","title":null,"encrypted_index":"Eo8B","cited_text":"c"}]}]}]}`
	x := prepareFor(t, decode(t, own), "claude-opus-4-8")
	got, want := equal(t, json.Lookup(x.Body(), "messages"), json.Lookup(json.Value(own), "messages"))
	if got != want || len(x.Dropped()) > 0 {
		t.Errorf("got %s, dropped %q, want %s", got, x.Dropped(), want)
	}
	other := &llm.Request{Turns: []llm.Turn{user(text("a")), assistant(&llm.Text{Text: "b", Citations: []llm.Citation{{URL: "https://x"}}})}}
	checks{"messages.1.content.0.citations": ""}.run(t, prepareFor(t, other, "claude-opus-4-8"), "messages.citations")
}
