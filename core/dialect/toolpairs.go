package dialect

import "sluice/core/llm"

// CheckToolPairs makes sure that every tool result answers a call before it
// and that no call is left unanswered in the middle of a conversation: every
// provider refuses such a history, each in words that point elsewhere. Agents
// produce them when they cut old turns away. Nothing is invented to mend it.
func CheckToolPairs(turns []llm.Turn) error {
	open := map[string]bool{}
	seen := map[string]bool{}
	for _, t := range turns {
		if t.Role == llm.Assistant {
			if err := unanswered(open); err != nil {
				return err
			}
		}
		for _, p := range t.Parts {
			switch p := p.(type) {
			case *llm.ToolCall:
				open[p.ID], seen[p.ID] = true, true
			case *llm.ToolResult:
				if !seen[p.CallID] {
					return llm.Errorf(llm.BadRequest, "the result for tool call %q has no such call before it", p.CallID)
				}
				delete(open, p.CallID)
			}
		}
		if t.Role == llm.User && !startsWithResult(t) {
			if err := unanswered(open); err != nil {
				return err
			}
		}
	}
	return nil
}

func startsWithResult(t llm.Turn) bool {
	if len(t.Parts) == 0 {
		return false
	}
	_, ok := t.Parts[0].(*llm.ToolResult)
	return ok
}

func unanswered(open map[string]bool) error {
	first := ""
	for id := range open {
		if first == "" || id < first {
			first = id
		}
	}
	if len(open) == 0 {
		return nil
	}
	return llm.Errorf(llm.BadRequest, "tool call %q was never answered", first)
}
