package openaichat

import (
	"slices"
	"testing"

	"sluice/core/dialect/dialecttest"
)

// Other dialects name in the report what chat left over. How a thing was
// written is no loss, so it must not be among it.
func TestFormsAreNotReportedAsLost(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"model":"m","max_tokens":5,"top_k":3,"thinking":{"type":"enabled","budget_tokens":1024},"cache_control":{"type":"ephemeral"},
		"stream":true,"stream_options":{"include_usage":true},
		"messages":[
			{"role":"system","content":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},
			{"role":"user","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral"}},
				{"type":"image_url","image_url":{"url":"data:application/pdf;base64,QQ=="}},
				{"type":"image_url","image_url":{"url":"https://e.com/a","mime_type":"image/png"}},
				{"type":"file","file":{"file_data":"QQ==","mime_type":"application/pdf","file_name":"a"}}]},
			{"role":"assistant","content":"c","content_blocks":[{"type":"thinking","thinking":"x","signature":"s"},{"type":"redacted_thinking","data":"z"},{"type":"text","text":"c"}]},
			{"role":"assistant","content":[{"type":"refusal","refusal":"no"}],"reasoning_content":"hm"},
			{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
			{"role":"function","name":"f","content":"d"},
			{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"cache_control":{"type":"ephemeral"}}]},
			{"role":"tool","tool_call_id":"a","content":"e","cache_control":{"type":"ephemeral"}}],
		"functions":[{"name":"f"}],"function_call":"auto"}`)
	if got := dialecttest.ForeignNames(r); got != nil {
		t.Errorf("reported %q", got)
	}
}

func TestWhatChatLeavesOverIsReported(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"logit_bias":{"1":2},"stream":true,"stream_options":{"include_obfuscation":false},"thinking":true,
		"messages":[{"role":"assistant","content":"other words","content_blocks":[{"type":"text","text":"c","extra":1}],"audio":{"id":"a"}},
			{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e.com/a","fps":2}}]}],
		"tools":[{"type":"function","function":{"name":"f","defer_loading":true}}]}`)
	got := dialecttest.ForeignNames(r)
	want := []string{"audio", "content", "extra", "function", "image_url", "logit_bias", "stream_options", "thinking"}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}
