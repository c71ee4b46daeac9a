package gemini

import (
	"bytes"

	"sluice/core/internal/frame"
)

// Skip reports whether a frame is about content only: it says nothing about
// how the answer ends or what it costs. It does not parse; a frame that may
// be something else is not skipped.
func (d *streamDecoder) Skip(f frame.Frame) bool {
	b := bytes.TrimSpace(f.Data)
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' || !d.started {
		return false
	}
	for _, name := range telling {
		if bytes.Contains(b, name) {
			return false
		}
	}
	return !several(b)
}

// several reports whether a chunk may be about another candidate than the
// first: each has to end by itself.
func several(b []byte) bool {
	for {
		i := bytes.Index(b, []byte(`"index"`))
		if i < 0 {
			return false
		}
		b = b[i+len(`"index"`):]
		value := bytes.TrimLeft(b, ": \t\r\n")
		if len(value) == 0 || value[0] != '0' {
			return true
		}
	}
}

// telling are the members that a chunk must not have. Inside a text their
// quotes would have backslashes.
var telling = [][]byte{[]byte(`"finishReason"`), []byte(`"usageMetadata"`), []byte(`"promptFeedback"`), []byte(`"error"`)}
