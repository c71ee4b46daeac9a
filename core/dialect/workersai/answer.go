package workersai

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// envelope is around everything that is not streamed.
type envelope struct {
	Result  json.Value `json:"result"`
	Errors  json.Value `json:"errors"`
	Success *bool      `json:"success"`
}

// result is a whole answer, and an event of a stream.
type result struct {
	Response json.Value `json:"response"` // a text; an object if JSON was asked for; null beside calls
	Calls    []call     `json:"tool_calls"`
	Usage    *usage     `json:"usage"`
	Errors   json.Value `json:"errors"`

	// Of models that answer as OpenAI's chat does.
	ID      string   `json:"id"`
	Model   string   `json:"model"`
	Created int64    `json:"created"`
	Choices []choice `json:"choices"`
}

type call struct {
	ID        string     `json:"id"`
	Index     int        `json:"index"` // in a stream of chat's
	Name      string     `json:"name"`
	Arguments json.Value `json:"arguments"` // an object
	Function  *struct {
		Name      string     `json:"name"`
		Arguments json.Value `json:"arguments"` // a text, or an object
	} `json:"function"`
}

type choice struct {
	Index   int     `json:"index"`
	Message message `json:"message"`
	Delta   message `json:"delta"`
	Finish  string  `json:"finish_reason"`
}

type message struct {
	Content   json.Value `json:"content"`
	Reasoning string     `json:"reasoning_content"`
	Thought   string     `json:"reasoning"` // the same, of other models
	Calls     []call     `json:"tool_calls"`
}

type usage struct {
	Prompt  int64 `json:"prompt_tokens"`
	Output  int64 `json:"completion_tokens"`
	Details struct {
		Cached int64 `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

func (u *usage) canonical() *llm.Usage {
	if u == nil {
		return nil
	}
	cached := min(max(u.Details.Cached, 0), max(u.Prompt, 0))
	return &llm.Usage{Input: max(u.Prompt, 0) - cached, CacheRead: cached, Output: max(u.Output, 0)}
}

// DecodeResponse reads an envelope.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	var e envelope
	if err := json.UnmarshalLoose(body, &e); err != nil {
		_, what := json.Problem(err)
		return nil, x.Unreadable(body, "of Workers AI", what)
	}
	if err := x.failed(body, e.Errors); err != nil {
		return nil, err
	}
	var r result
	if e.Result.Kind() != '{' || e.Success != nil && !*e.Success {
		return nil, x.Unreadable(body, "of Workers AI", "it has no result")
	}
	if err := json.UnmarshalLoose(e.Result, &r); err != nil {
		_, what := json.Problem(err)
		return nil, x.Unreadable(body, "of Workers AI", what)
	}
	out := &llm.Response{ID: r.ID, Model: r.Model, Created: r.Created, Usage: r.Usage.canonical()}
	if r.Choices == nil {
		if r.Response == nil && r.Calls == nil {
			return nil, x.Unreadable(body, "of Workers AI", "the result has no response")
		}
		m := message{Content: r.Response, Calls: r.Calls}
		out.Choices = []llm.Choice{{Parts: x.parts(&m), Finish: x.finish("", len(r.Calls) > 0, out.Usage)}}
	}
	for i := range r.Choices {
		c := &r.Choices[i]
		out.Choices = append(out.Choices, llm.Choice{
			Index: c.Index, Parts: x.parts(&c.Message), Finish: x.finish(c.Finish, len(c.Message.Calls) > 0, out.Usage),
		})
	}
	return out, nil
}

func (x *exchange) parts(m *message) []llm.Part {
	var out []llm.Part
	if t := m.Reasoning + m.Thought; t != "" {
		out = append(out, &llm.Reasoning{Text: t, Origin: llm.WorkersAI})
	}
	if t := textOf(m.Content); t != "" {
		out = append(out, &llm.Text{Text: t})
	}
	for i := range m.Calls {
		out = append(out, x.call(&m.Calls[i]))
	}
	return out
}

func (x *exchange) call(c *call) *llm.ToolCall {
	if c.Function != nil {
		return x.Call(c.ID, c.Function.Name, textOf(c.Function.Arguments))
	}
	return x.Call(c.ID, c.Name, textOf(c.Arguments))
}

// textOf is the text of a string, and the JSON of anything else but null.
func textOf(v json.Value) string {
	switch v.Kind() {
	case '"':
		return json.Unquote(v)
	case 'n', 0:
		return ""
	}
	return string(v)
}

// reasons are chat's words.
var reasons = map[string]llm.FinishReason{
	"stop": llm.FinishStop, "length": llm.FinishLength, "tool_calls": llm.FinishToolCalls, "content_filter": llm.FinishContentFilter,
}

// finish says why the model stopped. Most models do not: one that has used up
// the tokens that it was given was cut.
func (x *exchange) finish(word string, called bool, u *llm.Usage) llm.Finish {
	f := llm.Finish{Reason: reasons[word], Raw: word}
	switch {
	case called && (word == "" || word == "stop"):
		f.Reason = llm.FinishToolCalls
	case word == "" && x.limit > 0 && u != nil && u.Output >= x.limit:
		f.Reason = llm.FinishLength
	case word == "":
		f.Reason = llm.FinishStop
	case f.Reason == "":
		f.Reason = llm.FinishOther
	}
	return f
}
