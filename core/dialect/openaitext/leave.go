package openaitext

import (
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Leave readies a request of this dialect for another one. It returns a copy
// without members that ask for nothing. What a conversation cannot say, and
// without which the answer would be another, is an *llm.Error of kind
// Unsupported, or BadRequest for a prompt that is missing.
//
// A request of another dialect is returned as it is.
func Leave(r *llm.Request) (*llm.Request, error) {
	if r.Native.Dialect != llm.OpenAIText {
		return r, nil
	}
	if err := onePrompt(r.Turns); err != nil {
		return nil, err
	}
	n := own(r.Native)
	switch {
	case len(n.Get("suffix")) > len(`""`) && !n.IsNull("suffix"):
		return nil, refuse("suffix", "text cannot be put before it")
	case n.Get("echo").Kind() == 't':
		return nil, refuse("echo", "the prompt cannot be repeated")
	case r.MaxTokens != nil && *r.MaxTokens == 0:
		return nil, refuse("max_tokens", "an answer has at least one token")
	}
	q := *r
	w := json.NewWriter("{")
	for _, m := range n {
		if !idle(m) {
			w.Raw(m.Name, m.Value)
		}
	}
	w.Close('}')
	q.Native = residue(w.B)
	return &q, nil
}

// onePrompt refuses what is not one text.
func onePrompt(turns []llm.Turn) error {
	if len(turns) == 0 {
		return dialect.BadMember("prompt", "is missing")
	}
	f, ok := turns[0].Parts[0].(*llm.Foreign)
	if !ok {
		return nil
	}
	all, err := json.Elements(own(f.Native).Get(promptKind))
	if err == nil && all[0].Kind() == '"' {
		return refuse("prompt", "one prompt can be answered at a time, not "+strconv.Itoa(len(all)))
	}
	return refuse("prompt", "token ids cannot be turned into text")
}

// idle reports whether a member asks for nothing that would not happen anyway.
func idle(m json.Member) bool {
	switch m.Name {
	case "echo":
		return m.Value.Kind() == 'f'
	case "best_of":
		return string(m.Value) == "1"
	case "logprobs":
		return m.Value.Kind() == 'f'
	}
	return false
}

func refuse(param, why string) *llm.Error {
	return &llm.Error{
		Kind: llm.Unsupported, Status: 400, Param: param,
		Message: param + ": " + why + "; the target does not speak the Completions API",
	}
}
