package openairesponses

import (
	"bytes"

	"sluice/core/internal/frame"
)

// contentOnly are the events that say nothing about how the answer ends.
var contentOnly = map[string]bool{
	"response.in_progress":                   true,
	"response.output_item.added":             true,
	"response.output_item.done":              true,
	"response.content_part.added":            true,
	"response.content_part.done":             true,
	"response.output_text.delta":             true,
	"response.output_text.done":              true,
	"response.output_text.annotation.added":  true,
	"response.refusal.delta":                 true,
	"response.refusal.done":                  true,
	"response.function_call_arguments.delta": true,
	"response.function_call_arguments.done":  true,
	"response.custom_tool_call_input.delta":  true,
	"response.custom_tool_call_input.done":   true,
	"response.reasoning_summary_part.added":  true,
	"response.reasoning_summary_part.done":   true,
	"response.reasoning_summary_text.delta":  true,
	"response.reasoning_summary_text.done":   true,
	"response.reasoning_text.delta":          true,
	"response.reasoning_text.done":           true,
	"keepalive":                              true,
}

// Skip reports whether a frame is about content only, and so says nothing
// about how the answer ends. It does not parse. The last event has the whole
// response again.
func (*streamDecoder) Skip(f frame.Frame) bool {
	if !contentOnly[f.Event] {
		return false
	}
	b := bytes.TrimSpace(f.Data)
	return len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}'
}
