package bedrock

import (
	"encoding/base64"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Blocks that only this dialect has arrive in pieces too. They are told
// whole: calls and results of tools that the provider ran, and images.

func (b *openBlock) foreignDelta(d *delta) {
	switch {
	case d.ToolUse != nil:
		b.held.WriteString(d.ToolUse.Input)
	case d.Image != nil && d.Image.Source != nil && d.Image.Source.Bytes != nil:
		b.held.WriteString(*d.Image.Source.Bytes)
	default:
		b.tail = append(b.tail, d.ToolResult...)
	}
}

// foreign puts the block together as Converse would have it.
func (b *openBlock) foreign() (kind string, whole llm.Native) {
	var out block
	switch s := b.start; {
	case s.ToolUse != nil:
		kind, out.ToolUse = s.ToolUse.Type, s.ToolUse
		out.ToolUse.Input = json.Value("{}")
		if v := json.Value(b.held.String()); v.IsValid() {
			out.ToolUse.Input = v
		}
	case s.ToolResult != nil:
		kind, out.ToolResult = "toolResult", s.ToolResult
		out.ToolResult.Content = b.tail
	case s.Image != nil:
		data := joinBase64(b.held.String())
		kind, out.Image = "image", s.Image
		out.Image.Source = &source{Bytes: &data}
	}
	return kind, llm.NativeOf(llm.Converse, json.ValueOf(&out))
}

// joinBase64 makes one text of several that were written one behind the
// other. A padded one may stand in the middle.
func joinBase64(s string) string {
	i := strings.IndexByte(s, '=')
	if i < 0 || strings.Trim(s[i:], "=") == "" {
		return s
	}
	var data []byte
	for s != "" {
		end := len(s)
		if i := strings.IndexByte(s, '='); i >= 0 {
			end = i + len(s[i:]) - len(strings.TrimLeft(s[i:], "="))
		}
		piece, err := base64.StdEncoding.DecodeString(s[:end])
		if err != nil {
			return s
		}
		data, s = append(data, piece...), s[end:]
	}
	return base64.StdEncoding.EncodeToString(data)
}
