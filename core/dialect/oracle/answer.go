package oracle

import (
	"strings"

	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// body is a whole answer.
type body struct {
	Model    string   `json:"modelId"`
	Response response `json:"chatResponse"`
}

// response is an answer in either format, and an event of a COHERE stream.
type response struct {
	Created string       `json:"timeCreated"` // RFC 3339
	Choices []choice     `json:"choices"`
	Text    *string      `json:"text"` // COHERE
	Finish  string       `json:"finishReason"`
	Calls   []cohereCall `json:"toolCalls"`
	Usage   *usage       `json:"usage"`
}

type cohereCall struct {
	Name       string     `json:"name"`
	Parameters json.Value `json:"parameters"`
}

// choice is an answer of GENERIC, and an event of its stream, which has the
// usage of all beside it.
type choice struct {
	Index   int     `json:"index"`
	Message message `json:"message"`
	Finish  string  `json:"finishReason"`
}

type message struct {
	Content []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"content"`
	Thought string `json:"reasoningContent"`
	Refusal string `json:"refusal"`
	Calls   []struct {
		Index     *int   `json:"index"` // in streams, of some models
		ID        string `json:"id"`
		Name      string `json:"name"`
		Arguments string `json:"arguments"` // JSON text
	} `json:"toolCalls"`
}

func (m *message) text() string {
	var all strings.Builder
	for _, c := range m.Content {
		if c.Type == "TEXT" || c.Type == "" {
			all.WriteString(c.Text)
		}
	}
	return all.String()
}

type usage struct {
	Prompt     int64 `json:"promptTokens"`
	Completion int64 `json:"completionTokens"`
	In         struct {
		Cached int64 `json:"cachedTokens"`
	} `json:"promptTokensDetails"`
	Out struct {
		Reasoning int64 `json:"reasoningTokens"`
	} `json:"completionTokensDetails"`
}

func (u *usage) canonical() *llm.Usage {
	if u == nil {
		return nil
	}
	prompt, output := max(u.Prompt, 0), max(u.Completion, 0)
	cached := min(max(u.In.Cached, 0), prompt)
	return &llm.Usage{Input: prompt - cached, CacheRead: cached, Output: output, Reasoning: min(max(u.Out.Reasoning, 0), output)}
}

// DecodeResponse reads an answer of either format.
func (x *exchange) DecodeResponse(raw []byte) (*llm.Response, error) {
	var b body
	if err := json.UnmarshalLoose(raw, &b); err != nil {
		_, what := json.Problem(err)
		return nil, x.Unreadable(raw, "of OCI", what)
	}
	r := &b.Response
	out := &llm.Response{Model: b.Model, Created: outbound.UnixTime(r.Created), Usage: r.Usage.canonical()}
	switch {
	case r.Choices != nil:
		for i := range r.Choices {
			out.Choices = append(out.Choices, x.choice(&r.Choices[i]))
		}
	case r.Text != nil || r.Calls != nil:
		out.Choices = []llm.Choice{x.cohere(r)}
	default:
		return nil, x.Unreadable(raw, "of OCI", "it has no chatResponse")
	}
	return out, nil
}

func (x *exchange) choice(c *choice) llm.Choice {
	out := llm.Choice{Index: c.Index, Finish: finish(c.Finish, len(c.Message.Calls) > 0)}
	if c.Message.Thought != "" {
		out.Parts = append(out.Parts, &llm.Reasoning{Text: c.Message.Thought, Origin: llm.Oracle})
	}
	if t := c.Message.text(); t != "" {
		out.Parts = append(out.Parts, &llm.Text{Text: t})
	}
	if c.Message.Refusal != "" {
		out.Parts = append(out.Parts, &llm.Refusal{Text: c.Message.Refusal})
	}
	for _, call := range c.Message.Calls {
		out.Parts = append(out.Parts, x.Call(call.ID, call.Name, call.Arguments))
	}
	return out
}

func (x *exchange) cohere(r *response) llm.Choice {
	out := llm.Choice{Finish: finish(r.Finish, len(r.Calls) > 0)}
	if r.Text != nil && *r.Text != "" {
		out.Parts = append(out.Parts, &llm.Text{Text: *r.Text})
	}
	for _, c := range r.Calls {
		out.Parts = append(out.Parts, x.Call("", c.Name, string(c.Parameters)))
	}
	return out
}

// reasons are the words of both formats, in small letters.
var reasons = map[string]llm.FinishReason{
	"stop": llm.FinishStop, "length": llm.FinishLength, "tool_calls": llm.FinishToolCalls, "content_filter": llm.FinishContentFilter,
	"complete": llm.FinishStop, "max_tokens": llm.FinishLength, "error_toxic": llm.FinishContentFilter, "error_limit": llm.FinishContextLength,
	"stop_sequence": llm.FinishStopSequence, "tool_call": llm.FinishToolCalls,
}

// finish says why a model stopped. Some say stop for calls too.
func finish(word string, called bool) llm.Finish {
	f := llm.Finish{Reason: reasons[strings.ToLower(word)], Raw: word}
	switch {
	case called && (f.Reason == llm.FinishStop || word == ""):
		f.Reason = llm.FinishToolCalls
	case f.Reason == "":
		f.Reason = llm.FinishOther
	}
	return f
}
