package ollama

import (
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// answer is a whole answer, and a line of a stream.
type answer struct {
	Model   string `json:"model"`
	Created string `json:"created_at"` // RFC 3339
	Message struct {
		Content  string `json:"content"`
		Thinking string `json:"thinking"`
		Calls    []struct {
			ID       string `json:"id"`
			Function struct {
				Name      string     `json:"name"`
				Arguments json.Value `json:"arguments"` // an object
			} `json:"function"`
		} `json:"tool_calls"`
	} `json:"message"`
	Done   bool       `json:"done"`
	Reason string     `json:"done_reason"`
	Prompt *int64     `json:"prompt_eval_count"` // tokens; absent when all were cached
	Output *int64     `json:"eval_count"`
	Error  json.Value `json:"error"`
}

// DecodeResponse reads an answer that is not streamed.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	if err := x.Inside(body); err != nil {
		return nil, err
	}
	var a answer
	if err := json.UnmarshalLoose(body, &a); err != nil {
		_, what := json.Problem(err)
		return nil, x.Unreadable(body, "Ollama's", what)
	}
	if !a.Done {
		return nil, x.Unreadable(body, "Ollama's", "it is not done")
	}
	c := llm.Choice{}
	if a.Message.Thinking != "" {
		c.Parts = append(c.Parts, &llm.Reasoning{Text: a.Message.Thinking, Origin: llm.Ollama})
	}
	if a.Message.Content != "" {
		c.Parts = append(c.Parts, &llm.Text{Text: a.Message.Content})
	}
	for _, call := range x.calls(&a) {
		c.Parts = append(c.Parts, call)
	}
	c.Finish = finish(a.Reason, len(a.Message.Calls) > 0)
	return &llm.Response{Model: a.Model, Created: outbound.UnixTime(a.Created), Choices: []llm.Choice{c}, Usage: a.usage()}, nil
}

func (x *exchange) calls(a *answer) []*llm.ToolCall {
	var out []*llm.ToolCall
	for _, c := range a.Message.Calls {
		out = append(out, x.Call(c.ID, c.Function.Name, string(c.Function.Arguments)))
	}
	return out
}

func (a *answer) usage() *llm.Usage {
	if a.Prompt == nil && a.Output == nil {
		return nil
	}
	u := &llm.Usage{}
	if a.Prompt != nil {
		u.Input = max(*a.Prompt, 0)
	}
	if a.Output != nil {
		u.Output = max(*a.Output, 0)
	}
	return u
}

// finish says why the model stopped. Ollama says stop also for calls, and
// older servers say nothing.
func finish(reason string, called bool) llm.Finish {
	f := llm.Finish{Reason: llm.FinishOther, Raw: reason}
	switch {
	case called && (reason == "stop" || reason == ""):
		f.Reason = llm.FinishToolCalls
	case reason == "stop", reason == "":
		f.Reason = llm.FinishStop
	case reason == "length":
		f.Reason = llm.FinishLength
	}
	return f
}
