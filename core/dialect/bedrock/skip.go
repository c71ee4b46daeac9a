package bedrock

import (
	"bytes"

	"sluice/core/internal/frame"
)

// Skip reports whether a frame is about content only, and so says nothing
// about how the answer ends. It does not parse.
func (d *streamDecoder) Skip(f frame.Frame) bool {
	switch f.Event {
	case "contentBlockStart", "contentBlockDelta", "contentBlockStop":
		b := bytes.TrimSpace(f.Data)
		return !f.Exception && len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}'
	}
	return false
}
