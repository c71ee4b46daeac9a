package openairesponses

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core"
)

func TestTextsHaveTheirSurfaces(t *testing.T) {
	t.Parallel()
	const body = `{"model":"no","instructions":"i","input":[
		{"content":[{"type":"input_text","text":"u"},{"type":"input_image","image_url":"no"},{"text":"","type":"input_text"}],"role":"user"},
		{"type":"message","role":"developer","content":"d"},
		{"type":"reasoning","id":"no","summary":[{"type":"summary_text","text":"s"}],"content":[{"type":"reasoning_text","text":"r"}],"encrypted_content":"no"},
		{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"f"}]},
		{"type":"function_call","call_id":"no","name":"no","arguments":"{\"x\":1}"},
		{"type":"custom_tool_call","input":"raw"},
		{"type":"function_call_output","call_id":"no","output":"o"},
		{"type":"custom_tool_call_output","output":[{"type":"input_text","text":"p"}]},
		{"type":"local_shell_call_output","output":"q"},
		{"type":"compaction","encrypted_content":"no"}],
		"prompt":{"id":"no","variables":{"a":"v","b":{"type":"input_text","text":"w"}}}}`
	want := `-1 system "i"|0 user "u"|1 system "d"|2 reasoning "s"|2 reasoning "r"|3 assistant "a"|3 assistant "f"|4 tool_arguments "{\"x\":1}"|` +
		`5 tool_arguments "raw"|6 tool_result "o"|7 tool_result "p"|8 tool_result "q"|-1 user "v"|-1 user "w"`
	if got := spans(body); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := spans(`{"input":"x"}`); got != `0 user "x"` {
		t.Errorf("got %s", got)
	}
	if got := spans(`{"input":[{"role":"user","content":"x"},{"ro`); got != `0 user "x"` {
		t.Errorf("got %s", got)
	}
}

func spans(body string) string {
	var out []string
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(body)}) {
		out = append(out, fmt.Sprintf("%d %s %s", s.Turn, s.Surface, body[s.Start:s.End]))
	}
	return strings.Join(out, "|")
}

func TestTextsStopWhenNobodyWantsMore(t *testing.T) {
	t.Parallel()
	n := 0
	for range (Codec{}).Texts(core.Incoming{Body: []byte(`{"instructions":"a","input":"b"}`)}) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("got %d", n)
	}
}
