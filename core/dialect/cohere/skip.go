package cohere

import "sluice/core/internal/frame"

// Skip reports whether a frame is one that says nothing about how the answer
// ends. It does not parse: the name of the event tells.
func (d *streamDecoder) Skip(f frame.Frame) bool {
	switch f.Event {
	case "content-start", "content-delta", "content-end", "tool-plan-delta",
		"tool-call-start", "tool-call-delta", "tool-call-end", "citation-start", "citation-end":
		return true
	}
	return false
}
