package dialect

import "sluice/core/llm"

// CheckPrefill refuses a conversation that ends with words of the assistant,
// from which the model is to go on, for a model that does not. Agents end
// conversations so by mistake, and the providers' texts differ.
func CheckPrefill(turns []llm.Turn, model string) error {
	if len(turns) == 0 || turns[len(turns)-1].Role != llm.Assistant {
		return nil
	}
	for _, p := range turns[len(turns)-1].Parts {
		if _, ok := p.(*llm.Text); !ok {
			return nil // a call, or a turn that was paused: the provider knows
		}
	}
	return llm.Errorf(llm.BadRequest, "messages: %s does not go on from an answer that the request begins: the conversation must end with a message of the user", model)
}
