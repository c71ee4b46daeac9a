package cohere

import (
	"cmp"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeRequest reads the body of a chat request. Errors are *llm.Error of
// kind BadRequest that name the place in the body.
func (Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	var q request
	if err := json.Unmarshal(in.Body, &q); err != nil {
		path, what := json.Problem(err)
		return nil, dialect.BadMember(path, what)
	}
	if q.Messages == nil {
		return nil, dialect.BadMember("messages", "is missing")
	}
	return q.canonical(in.Model)
}

func (q *request) canonical(model string) (*llm.Request, error) {
	r := &llm.Request{
		Model: cmp.Or(q.Model, model), MaxTokens: q.MaxTokens, TopK: q.K, Seed: q.Seed, Stop: q.StopSequences,
		Stream: q.Stream != nil && *q.Stream,
	}
	for _, err := range []error{
		q.numbers(r), q.turns(r), q.tools(r), q.output(r), q.reasoning(r),
	} {
		if err != nil {
			return nil, err
		}
	}
	q.documents(r)
	q.native(r)
	return r, nil
}

func (q *request) numbers(r *llm.Request) error {
	for _, n := range []struct {
		name string
		from json.Value
		to   *llm.Number
	}{
		{"temperature", q.Temperature, &r.Temperature}, {"p", q.P, &r.TopP},
		{"frequency_penalty", q.FrequencyPenalty, &r.FrequencyPenalty}, {"presence_penalty", q.PresencePenalty, &r.PresencePenalty},
	} {
		if notNull(n.from) != nil && n.from.Kind() != '0' {
			return dialect.BadMember(n.name, "must be a number")
		}
		*n.to = llm.NumberOf(n.from)
	}
	if q.MaxTokens != nil && *q.MaxTokens < 1 {
		return dialect.BadMember("max_tokens", "must be at least 1")
	}
	return nil
}

// native keeps what nobody knows, and marks the request as Cohere's own.
func (q *request) native(r *llm.Request) {
	var stream, strict, thinking json.Value
	if q.Stream != nil && !*q.Stream {
		stream = markNull
	}
	if q.StrictTools != nil && len(r.Tools) == 0 {
		strict = json.Bool(*q.StrictTools)
	}
	if notNull(q.Thinking) != nil && r.Reasoning.IsZero() {
		thinking = markObject
	}
	r.Native = residue(q.Rest, json.Named("stream", stream), json.Named("strict_tools", strict), json.Named("thinking", thinking))
	r.Native.Dialect = llm.Cohere
}

// output reads response_format. The schema stands in json_schema, as the
// reference says and the SDKs write, or in schema, as the guide has it.
//
// https://docs.cohere.com/docs/structured-outputs
func (q *request) output(r *llm.Request) error {
	var f struct {
		Type       string     `json:"type"`
		JSONSchema json.Value `json:"json_schema"`
		Schema     json.Value `json:"schema"`
		Rest       json.Value `json:",embed"`
	}
	if notNull(q.ResponseFormat) == nil {
		return nil
	}
	if err := dialect.ReadMember("response_format", q.ResponseFormat, &f); err != nil {
		return err
	}
	schema, other := notNull(f.JSONSchema), json.Member{}
	if schema == nil && notNull(f.Schema) != nil {
		schema, other = f.Schema, json.Named("schema", markNull)
	}
	switch {
	case f.Type == "text":
		r.Output = llm.Output{Kind: llm.OutputText, Native: residue(f.Rest)}
	case f.Type == "json_object" && schema == nil:
		r.Output = llm.Output{Kind: llm.OutputJSON, Native: residue(f.Rest)}
	case f.Type == "json_object":
		r.Output = llm.Output{Kind: llm.OutputSchema, Schema: schema, Native: residue(f.Rest, other)}
	default:
		return dialect.BadMember("response_format.type", "must be text or json_object")
	}
	return nil
}

// reasoning reads thinking.
//
// https://docs.cohere.com/docs/reasoning
func (q *request) reasoning(r *llm.Request) error {
	if notNull(q.Thinking) == nil {
		return nil
	}
	var t struct {
		Type        string     `json:"type"`
		TokenBudget *int64     `json:"token_budget"`
		Rest        json.Value `json:",embed"`
	}
	if err := dialect.ReadMember("thinking", q.Thinking, &t); err != nil {
		return err
	}
	switch t.Type {
	case "", "enabled", "disabled":
	default:
		return dialect.BadMember("thinking.type", "must be enabled or disabled")
	}
	r.Reasoning = llm.Thinking{Mode: llm.ThinkingMode(t.Type), Budget: t.TokenBudget, Native: residue(t.Rest)}
	return nil
}
