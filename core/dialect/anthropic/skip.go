package anthropic

import (
	"bytes"

	"sluice/core/internal/frame"
)

// Skip reports whether a frame is about content only, and so says nothing
// about how the answer ends. It does not parse.
func (s *streamDecoder) Skip(f frame.Frame) bool {
	switch f.Event {
	case "content_block_start", "content_block_delta", "content_block_stop", "ping":
		b := bytes.TrimSpace(f.Data)
		return len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}'
	}
	return false
}
