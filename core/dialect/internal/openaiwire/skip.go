package openaiwire

import (
	"bytes"

	"sluice/core/internal/frame"
)

// SaysNoEnd reports whether a frame is a chunk that says nothing about how the
// answer ends: no usage, no finish reason, no error. It does not parse; a
// frame that may be something else is not skipped.
func SaysNoEnd(f frame.Frame) bool {
	b := bytes.TrimSpace(f.Data)
	return len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}' && f.Event == "" &&
		nowhere(b, `"usage"`) && nowhere(b, `"finish_reason"`) && !bytes.Contains(b, []byte(`"error"`))
}

// nowhere reports whether a member is null wherever it stands. Inside a
// string its name could only stand with backslashes.
func nowhere(b []byte, name string) bool {
	for {
		i := bytes.Index(b, []byte(name))
		if i < 0 {
			return true
		}
		b = b[i+len(name):]
		value, ok := bytes.CutPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte(":"))
		if ok && !bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte("null")) {
			return false
		}
	}
}
