package openairesponses

import (
	"cmp"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// response is the body of a response.
type response struct {
	ID                text       `json:"id"`
	Object            json.Value `json:"object"`
	CreatedAt         json.Value `json:"created_at"`
	Model             text       `json:"model"`
	Status            text       `json:"status"`
	Error             json.Value `json:"error"`
	IncompleteDetails json.Value `json:"incomplete_details"`
	Output            json.Value `json:"output"`
	Usage             json.Value `json:"usage"`
	Rest              json.Value `json:",embed"`
}

// decodeResponse reads a whole answer. A body of status 200 that holds an
// error, or a response that has failed, is that error; one that is no
// response is an *llm.Error of kind Upstream.
func decodeResponse(body []byte, provider string) (*llm.Response, error) {
	var r response
	if err := json.UnmarshalLoose(body, &r); err != nil {
		path, what := json.Problem(err)
		return nil, errorsOf(provider).Unreadable(body, "a response", path+": "+what)
	}
	if e := r.failure(body, provider); e != nil {
		return nil, e
	}
	if r.Output.Kind() != '[' {
		return nil, errorsOf(provider).Unreadable(body, "a response", "it has no output")
	}
	parts, err := decodeOutput(r.Output)
	if err != nil {
		return nil, errorsOf(provider).Unreadable(body, "a response", err.Error())
	}
	f := finish(cmp.Or(string(r.Status), statusCompleted), r.IncompleteDetails, called(parts))
	return &llm.Response{
		ID: string(r.ID), Model: string(r.Model), Created: openaiwire.WholeNumber(r.CreatedAt),
		Choices: []llm.Choice{{Parts: parts, Finish: f}},
		Usage:   decodeUsage(r.Usage, r.tier()),
		Native:  r.native(),
	}, nil
}

// native is never without a dialect: it tells that nothing is to be added.
func (r *response) native() llm.Native {
	n := residue(r.Rest)
	n.Dialect = llm.OpenAIResponses
	return n
}

func (r *response) tier() string { return json.Unquote(json.ObjectOf(r.Rest).Get("service_tier")) }

// failure is the error that an answer tells, nil if there is none.
func (r *response) failure(body []byte, provider string) *llm.Error {
	if r.Status != statusFailed && openaiwire.NotNull(r.Error) == nil {
		return nil
	}
	e := errorsOf(provider).Event(body)
	e.Message = cmp.Or(e.Message, "the response failed, and nobody says why")
	return e
}

// decodeOutput reads the items of an answer, which are all the assistant's.
func decodeOutput(output json.Value) ([]llm.Part, error) {
	d := reader{loose: true}
	var items []item
	if err := d.unmarshal("output", output, &items); err != nil {
		return nil, err
	}
	var parts []llm.Part
	for i := range items {
		more, err := decodeItem(&items[i])
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

func decodeItem(it *item) ([]llm.Part, error) {
	d := reader{loose: true}
	if it.kind() == "" {
		it.Type = json.Quote("unknown")
	}
	if err := d.item("output", it); err != nil {
		return nil, err
	}
	var parts []llm.Part
	for _, t := range d.turns {
		parts = append(parts, t.Parts...)
	}
	for _, p := range parts {
		if c, ok := p.(*llm.ToolCall); ok && !c.Custom {
			c.Arguments = orEmptyObject(c.Arguments)
		}
	}
	return parts, nil
}

// called reports whether the client is asked to run a tool.
func called(parts []llm.Part) bool {
	for _, p := range parts {
		if _, ok := p.(*llm.ToolCall); ok {
			return true
		}
	}
	return false
}
