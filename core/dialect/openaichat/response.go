package openaichat

import (
	"fmt"
	"hash/fnv"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// response is the body of a chat completion.
type response struct {
	ID      text       `json:"id"`
	Object  text       `json:"object"`
	Created json.Value `json:"created"`
	Model   text       `json:"model"`
	Choices []choice   `json:"choices"`
	Usage   json.Value `json:"usage"`
	Rest    json.Value `json:",embed"`
}

type choice struct {
	Index        *int       `json:"index"`
	Message      *message   `json:"message"`
	FinishReason text       `json:"finish_reason"`
	Logprobs     json.Value `json:"logprobs"`
	Rest         json.Value `json:",embed"`
}

// decodeResponse reads a whole answer. A body of status 200 that holds an
// error is that error; one that is no chat completion is an *llm.Error of
// kind Upstream.
func decodeResponse(body []byte, provider string) (*llm.Response, error) {
	var r response
	if err := json.UnmarshalLoose(body, &r); err != nil {
		if e := errorsOf(provider).Inside(body); e != nil {
			return nil, e
		}
		path, what := json.Problem(err)
		return nil, errorsOf(provider).Unreadable(body, "a chat completion", path+": "+what)
	}
	if r.Choices == nil {
		if e := errorsOf(provider).Inside(body); e != nil {
			return nil, e
		}
		return nil, errorsOf(provider).Unreadable(body, "a chat completion", "it has no choices")
	}
	return r.canonical(provider, body)
}

func (r *response) canonical(provider string, body []byte) (*llm.Response, error) {
	rest := json.ObjectOf(r.Rest)
	usage := r.Usage
	if usage.Kind() != '{' {
		usage = json.Lookup(rest.Get("x_groq"), "usage")
	}
	out := &llm.Response{
		ID: string(r.ID), Model: string(r.Model), Created: openaiwire.WholeNumber(r.Created),
		Choices: make([]llm.Choice, 0, len(r.Choices)),
		Usage:   openaiwire.DecodeUsage(llm.OpenAIChat, usage, json.Unquote(rest.Get("service_tier"))),
		Native:  residue(r.Rest),
	}
	out.Native.Dialect = llm.OpenAIChat
	for i := range r.Choices {
		c, err := r.Choices[i].canonical(i, out)
		if err != nil {
			return nil, errorsOf(provider).Unreadable(body, "a chat completion", err.Error())
		}
		out.Choices = append(out.Choices, c)
	}
	return out, nil
}

func (c *choice) canonical(i int, r *llm.Response) (llm.Choice, error) {
	out := llm.Choice{Index: i}
	if c.Index != nil {
		out.Index = *c.Index
	}
	var left json.Value
	calls := false
	if m := c.Message; m != nil {
		said, err := m.said(fmt.Sprintf("choices[%d].message", i))
		if err != nil {
			return out, err
		}
		details := json.ObjectOf(m.Rest).Get("reasoning_details")
		out.Parts = withDetails(said.parts, details)
		left = residue(m.Rest, said.extra...).Members
		calls = nameCalls(out.Parts, r, out.Index)
	}
	out.Finish = openaiwire.Finish(string(c.FinishReason), calls)
	out.StopSequence = openaiwire.MetStop(c.Rest, &out.Finish)
	out.Logprobs = logprobsOf(c.Logprobs)
	out.Native = residue(c.Rest, json.Named("logprobs", openaiwire.NotNull(c.Logprobs)), json.Named("message", left))
	return out, nil
}

// nameCalls finishes the tool calls of an answer: empty arguments become {},
// and a call without an id gets one, or no result could be sent for it. It
// reports whether there are calls.
func nameCalls(parts []llm.Part, r *llm.Response, choice int) bool {
	n := 0
	for _, p := range parts {
		c, ok := p.(*llm.ToolCall)
		if !ok {
			continue
		}
		if !c.Custom {
			c.Arguments = arguments(c.Arguments)
		}
		if c.ID == "" {
			c.ID = callID(r.ID, r.Created, choice, n)
		}
		n++
	}
	return n > 0
}

// callID makes an id of what distinguishes a call from all others, so that
// reading the same answer twice gives the same id.
func callID(answer string, created int64, choice, n int) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%d/%d", answer, created, choice, n)
	return fmt.Sprintf("call_%016x", h.Sum64())
}

// withDetails adds what reasoning_details say: the text, if no string did,
// and the signature.
func withDetails(parts []llm.Part, details json.Value) []llm.Part {
	text, signature := readDetails(details)
	var r *llm.Reasoning
	if len(parts) > 0 {
		r, _ = parts[0].(*llm.Reasoning)
	}
	if r == nil {
		if text == "" {
			return parts
		}
		r = &llm.Reasoning{
			Text: text, Origin: llm.OpenAIChat,
			Native: llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"reasoning_details":[]}`)},
		}
		parts = append([]llm.Part{r}, parts...)
	}
	if r.Signature == "" {
		r.Signature = signature
	}
	return parts
}

// readDetails reads OpenRouter's list of reasoning blocks.
//
// https://openrouter.ai/docs/use-cases/reasoning-tokens
func readDetails(details json.Value) (words, signature string) {
	if details.Kind() != '[' {
		return "", ""
	}
	var blocks []struct {
		Text      text `json:"text"`
		Summary   text `json:"summary"`
		Signature text `json:"signature"`
	}
	if json.UnmarshalLoose(details, &blocks) != nil {
		return "", ""
	}
	for _, b := range blocks {
		words += string(b.Text + b.Summary)
		if b.Signature != "" {
			signature = string(b.Signature)
		}
	}
	return words, signature
}
