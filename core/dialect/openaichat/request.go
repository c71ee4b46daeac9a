package openaichat

import (
	"cmp"
	"strconv"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeRequest reads the body of a chat completion request. Errors are
// *llm.Error of kind BadRequest that name the place in the body.
func (Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	var q request
	if err := json.Unmarshal(in.Body, &q); err != nil {
		path, what := json.Problem(err)
		return nil, dialect.BadMember(path, what)
	}
	if q.Messages == nil {
		return nil, q.withoutMessages()
	}
	return q.canonical(in.Model)
}

// withoutMessages says more when the body is meant for another route, which
// happens to clients that are configured with the wrong one.
func (q *request) withoutMessages() error {
	rest := json.ObjectOf(q.Rest)
	if rest.Has("input") || rest.Has("instructions") {
		return dialect.BadMember("messages", "is missing; a body with input belongs to /v1/responses")
	}
	return dialect.BadMember("messages", "is missing")
}

func (q *request) canonical(model string) (*llm.Request, error) {
	r := &llm.Request{
		Model: cmp.Or(q.Model, model), ParallelTools: q.ParallelToolCalls,
		MaxTokens: q.MaxCompletionTokens, Temperature: llm.Number(q.Temperature), TopP: llm.Number(q.TopP), TopK: q.TopK,
		FrequencyPenalty: llm.Number(q.FrequencyPenalty), PresencePenalty: llm.Number(q.PresencePenalty),
		Seed: q.Seed, Stop: q.Stop, N: q.N, User: q.User, ServiceTier: q.ServiceTier,
		Cache: q.CacheControl.mark(), Stream: q.Stream,
	}
	if r.MaxTokens == nil {
		r.MaxTokens = q.MaxTokens
	}
	for _, err := range []error{
		positive("max_tokens", q.MaxTokens), positive("max_completion_tokens", q.MaxCompletionTokens), positive("n", q.N),
		q.turns(r), q.tools(r), q.toolChoice(r), q.output(r), q.reasoning(r),
	} {
		if err != nil {
			return nil, err
		}
	}
	q.native(r)
	return r, nil
}

func positive(name string, n *int64) error {
	if n != nil && *n < 1 {
		return dialect.BadMember(name, "must be at least 1")
	}
	return nil
}

// native keeps, beside what nobody knows, the names under which known things
// came. It also marks the request as chat's own.
func (q *request) native(r *llm.Request) {
	var streamOptions json.Value
	if o := q.StreamOptions; o != nil {
		r.IncludeUsage = o.IncludeUsage
		streamOptions = o.Rest
	}
	r.Native = residue(q.Rest,
		json.Named("max_tokens", q.oldMaxTokens()),
		json.Named("top_k", markIf(q.TopK != nil)),
		json.Named("thinking", q.thinkingLeft()),
		json.Named("stream_options", streamOptions))
	r.Native.Dialect = llm.OpenAIChat
}

// oldMaxTokens is a mark for the old name, or its value if it was sent beside
// the new one, which wins.
func (q *request) oldMaxTokens() json.Value {
	switch {
	case q.MaxTokens == nil:
		return nil
	case q.MaxCompletionTokens == nil:
		return markNull
	}
	return strconv.AppendInt(nil, *q.MaxTokens, 10)
}

// thinkingLeft is a mark for the object that [request.reasoning] reads, or
// what is no object.
func (q *request) thinkingLeft() json.Value {
	if q.Thinking.Kind() == '{' {
		return markNull
	}
	return openaiwire.NotNull(q.Thinking)
}

func markIf(here bool) json.Value {
	if here {
		return markNull
	}
	return nil
}

// output reads response_format. A form that nobody knows stays native.
func (q *request) output(r *llm.Request) error {
	var f struct {
		Type       string `json:"type"`
		JSONSchema *struct {
			Name        string     `json:"name"`
			Description string     `json:"description"`
			Schema      json.Value `json:"schema"`
			Strict      *bool      `json:"strict"`
			Rest        json.Value `json:",embed"`
		} `json:"json_schema"`
		Rest json.Value `json:",embed"`
	}
	if openaiwire.NotNull(q.ResponseFormat) == nil {
		return nil
	}
	if err := dialect.ReadMember("response_format", q.ResponseFormat, &f); err != nil {
		return err
	}
	switch f.Type {
	case "text":
		r.Output = llm.Output{Kind: llm.OutputText, Native: residue(f.Rest)}
	case "json_object":
		r.Output = llm.Output{Kind: llm.OutputJSON, Native: residue(f.Rest)}
	case "json_schema":
		s := f.JSONSchema
		if s == nil {
			return dialect.BadMember("response_format.json_schema", "is missing")
		}
		r.Output = llm.Output{
			Kind: llm.OutputSchema, Name: s.Name, Description: s.Description, Schema: openaiwire.NotNull(s.Schema), Strict: s.Strict,
			Native: residue(f.Rest, json.Named("json_schema", s.Rest)),
		}
	default:
		r.Output.Native = llm.Native{Dialect: llm.OpenAIChat, Members: q.ResponseFormat}
	}
	return nil
}

// reasoning reads reasoning_effort and the thinking object that clients send
// for providers with token budgets. A thinking member that is no such object
// (Ollama has a boolean) stays native.
func (q *request) reasoning(r *llm.Request) error {
	r.Reasoning.Effort = q.ReasoningEffort
	if q.Thinking.Kind() != '{' {
		return nil
	}
	var t struct {
		Type         string     `json:"type"`
		BudgetTokens *int64     `json:"budget_tokens"`
		Display      string     `json:"display"`
		Rest         json.Value `json:",embed"`
	}
	if err := dialect.ReadMember("thinking", q.Thinking, &t); err != nil {
		return err
	}
	r.Reasoning.Mode = llm.ThinkingMode(t.Type)
	r.Reasoning.Budget, r.Reasoning.Summary = t.BudgetTokens, t.Display
	r.Reasoning.Native = residue(t.Rest)
	return nil
}

// mark reads a cache mark. Its dialect is always set: only a mark that came
// from chat is written there.
func (c *cacheControl) mark(extra ...json.Member) *llm.CacheMark {
	if c == nil {
		return nil
	}
	typ := quotedIf(c.Type)
	if c.Type == "ephemeral" {
		typ = markString
	}
	m := &llm.CacheMark{TTL: c.TTL, Native: residue(c.Rest, append(extra, json.Named("type", typ))...)}
	m.Native.Dialect = llm.OpenAIChat
	return m
}
