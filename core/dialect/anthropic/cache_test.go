package anthropic

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestMoreCacheMarksThanFit(t *testing.T) {
	t.Parallel()
	mark := &llm.CacheMark{}
	marked := func(s string) *llm.Text { return &llm.Text{Text: s, Cache: mark} }
	r := &llm.Request{
		Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f", Cache: mark}},
		Turns: []llm.Turn{
			{Role: llm.System, Parts: []llm.Part{marked("s"), &llm.Text{Text: " ", Cache: mark}}},
			user(marked("a"), &llm.ToolResult{CallID: "c", Parts: []llm.Part{marked("r")}}),
			assistant(&llm.Foreign{Kind: "server_tool_use", Native: llm.NativeOf(llm.Anthropic, json.Value(`{"type":"server_tool_use","cache_control":{"type":"ephemeral"}}`))}),
			user(marked("b")),
		},
		Cache: mark,
	}
	x := prepareFor(t, r, "claude-opus-4-8")
	checks{
		"tools.0.cache_control":                             "",
		"system.0.cache_control":                            "",
		"messages.0.content.1.cache_control":                "",
		"messages.0.content.0.content.0.cache_control.type": `"ephemeral"`,
		"messages.1.content.0.cache_control.type":           `"ephemeral"`,
		"messages.2.content.0.cache_control.type":           `"ephemeral"`,
		"cache_control.type":                                `"ephemeral"`,
	}.run(t, x, "cache_control")
}

func TestMarksInResidueAreCutToo(t *testing.T) {
	t.Parallel()
	const server = `{"type":"server_tool_use","id":"s","cache_control":{"type":"ephemeral"}}`
	r := decode(t, `{"tools":[{"type":"bash_20250124","name":"bash","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"assistant","content":[`+strings.Repeat(server+",", 4)+server+`]}]}`)
	x := prepareFor(t, r, "claude-opus-4-8")
	checks{
		"tools.0":              `{"type":"bash_20250124","name":"bash"}`,
		"messages.0.content.0": `{"type":"server_tool_use","id":"s"}`,
		"messages.0.content.1": server,
		"messages.0.content.4": server,
	}.run(t, x, "cache_control")
}

func TestCacheMarksOfOtherDialects(t *testing.T) {
	t.Parallel()
	x := prepareFor(t, &llm.Request{Turns: []llm.Turn{user(&llm.Text{Text: "a", Cache: &llm.CacheMark{TTL: "24h", Native: llm.NativeOf(llm.OpenAIChat, json.Value(`{"scope":"x"}`))}})}}, "claude-opus-4-8")
	checks{"messages.0.content.0.cache_control": `{"type":"ephemeral"}`}.run(t, x, "cache_control.scope", "cache_control.ttl")
}

func TestCountingNeedsOnlyThePrompt(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"model":"claude-opus-4-8","max_tokens":5,"system":"s","messages":[{"role":"user","content":"a"}],"temperature":1,"stop_sequences":["x"],"stream":true,"metadata":{"user_id":"u"},"service_tier":"auto","container":"c","mcp_servers":[],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto"},"thinking":{"type":"adaptive"}}`)
	x, err := Codec{}.PrepareCount(r, dialect.Target{Model: "claude-opus-4-8"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"model", "system", "messages", "tools", "tool_choice", "thinking", "mcp_servers"}
	if got := json.Names(x.Body()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	n, err := Codec{}.DecodeCountTokens([]byte(`{"input_tokens":14,"context_management":{}}`))
	if err != nil || n != 14 {
		t.Errorf("got %d, %v, want 14", n, err)
	}
	if got := string(Codec{}.EncodeCountTokens(14)); got != `{"input_tokens":14}` {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{``, `{}`, `{"input_tokens":"x"}`, `<html>`} {
		if n, err := (Codec{}).DecodeCountTokens([]byte(bad)); err == nil {
			t.Errorf("%q was read as %d", bad, n)
		}
	}
}

func TestBillingLineIsStripped(t *testing.T) {
	t.Parallel()
	billing := text("x-anthropic-billing-header: cch=1;")
	turns := []llm.Turn{{Role: llm.System, Parts: []llm.Part{billing, text("a")}}, user(text("Hi"))}
	got := StripBilling(turns)
	if len(got[0].Parts) != 1 || len(turns[0].Parts) != 2 {
		t.Errorf("got %d parts, and %d are left in the original", len(got[0].Parts), len(turns[0].Parts))
	}
	if got := StripBilling([]llm.Turn{{Role: llm.System, Parts: []llm.Part{billing}}, user(text("Hi"))}); len(got) != 1 || got[0].Role != llm.User {
		t.Errorf("a turn of nothing else stays: %+v", got)
	}
	for _, same := range [][]llm.Turn{nil, {user(billing)}, {{Role: llm.System, Parts: []llm.Part{text("a"), billing}}}} {
		if got := StripBilling(same); !reflect.DeepEqual(got, same) {
			t.Errorf("got %+v, want %+v", got, same)
		}
	}
}
