package openaichat

import (
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/frame"
)

// Skip reports whether a frame says nothing about how the answer ends.
func (d *streamDecoder) Skip(f frame.Frame) bool { return openaiwire.SaysNoEnd(f) }
