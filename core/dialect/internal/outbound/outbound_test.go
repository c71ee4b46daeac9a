package outbound

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func said(role llm.Role, s string) llm.Turn {
	return llm.Turn{Role: role, Parts: []llm.Part{&llm.Text{Text: s}}}
}

// Results stand directly behind their calls, whatever a client put between.
func TestResultsFollowTheirCalls(t *testing.T) {
	t.Parallel()
	call := func(id string) llm.Part { return &llm.ToolCall{ID: id, Name: "f." + id} }
	result := func(id string) llm.Turn {
		return llm.Turn{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: id, Parts: []llm.Part{&llm.Text{Text: "r" + id}, &llm.Media{Kind: llm.Image}}}}}
	}
	p := Prepare(llm.Ollama, &llm.Request{Turns: []llm.Turn{
		said(llm.User, "q"), {Role: llm.Assistant, Parts: []llm.Part{call("1"), call("2")}},
		said(llm.Developer, "note"), result("1"), result("2"), said(llm.User, "and?"), said(llm.Assistant, "  "), said(llm.User, "!"),
	}}, dialect.Target{})
	var got []string
	for _, m := range p.Messages() {
		got = append(got, fmt.Sprintf("%s %s %s %d+%d", m.Role, m.Tool, strings.ReplaceAll(m.Text(), "\n", "/"), len(m.Media()), len(m.Calls)))
	}
	want := `user  q 0+0
assistant   0+2
tool f_1_0b73b0ad r1/[image: see the next user message] 0+0
tool f_2_5d06d4b4 r2/[image: see the next user message] 0+0
system  note 0+0
user   1+0
user   1+0
user  and? 0+0
user  ! 0+0`
	want = strings.ReplaceAll(want, "f_1_0b73b0ad", dialect.LegalName("f.1", 64))
	want = strings.ReplaceAll(want, "f_2_5d06d4b4", dialect.LegalName("f.2", 64))
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestArgumentsAreAnObject(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "{}", " {\"a\":1.0} ": `{"a":1.0}`, "[1]": `{"arguments":[1]}`, `{"a":`: `{"arguments":"{\"a\":"}`,
	} {
		if got := Arguments(&llm.ToolCall{Arguments: in}); string(got) != want || !json.Valid(got) {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	if got := Arguments(&llm.ToolCall{Arguments: `a "b"`, Custom: true}); string(got) != `{"input":"a \"b\""}` {
		t.Errorf("free text: got %s", got)
	}
}
