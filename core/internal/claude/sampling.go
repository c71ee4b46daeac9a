package claude

// Temperature returns the nearest temperature that a request may have, and
// false if it may have none: beside thinking, and on the latest models, only
// the default is taken. Above 1 it is of OpenAI's scale.
//
// https://platform.claude.com/docs/en/api/messages/create
func (m Model) Temperature(t float64, thinking bool) (float64, bool) {
	t = min(t, 1)
	return t, t == 1 || m.Sampling && !thinking
}

// TopP reports whether a request may have this top_p: beside a temperature
// not on all models, and beside thinking and on the latest models only one
// that cuts little off.
func (m Model) TopP(p float64, thinking, temperature bool) bool {
	switch {
	case m.OneKnob && temperature:
		return false
	case !m.Sampling:
		return p >= 0.99
	case thinking:
		return p >= 0.95
	}
	return p >= 0
}

// TopK reports whether a request may have a top_k.
func (m Model) TopK(thinking bool) bool { return m.Sampling && !thinking }

// Display returns how thoughts are shown, as thinking.display has it.
// OpenAI's words for a summary all mean that there shall be one.
func Display(summary string) string {
	switch summary {
	case "auto", "concise", "detailed":
		return "summarized"
	case "none":
		return "omitted"
	}
	return summary
}
