package openairesponses

import (
	"cmp"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeRequest reads the body of a request for a response. Errors are
// *llm.Error of kind BadRequest that name the place in the body.
func (Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	var q request
	if err := json.Unmarshal(in.Body, &q); err != nil {
		path, what := json.Problem(err)
		return nil, dialect.BadMember(path, what)
	}
	return q.canonical(in.Model)
}

func (q *request) canonical(model string) (*llm.Request, error) {
	r := &llm.Request{
		Model: cmp.Or(q.Model, model), ParallelTools: q.ParallelToolCalls, MaxTokens: q.MaxOutputTokens,
		Temperature: llm.Number(q.Temperature), TopP: llm.Number(q.TopP),
		User: q.User, ServiceTier: q.ServiceTier, Stream: q.Stream,
	}
	if n := q.MaxOutputTokens; n != nil && *n < 1 {
		return nil, dialect.BadMember("max_output_tokens", "must be at least 1")
	}
	for _, read := range []func(*llm.Request) error{q.turns, q.tools, q.toolChoice, q.output, q.reasoning} {
		if err := read(r); err != nil {
			return nil, err
		}
	}
	q.native(r)
	return r, nil
}

// native keeps, beside what nobody knows, the form in which known things
// came. It also marks the request as this dialect's own.
func (q *request) native(r *llm.Request) {
	form := openaiwire.NotNull(q.Input)
	switch form.Kind() {
	case '"':
		form = markString
	case '[':
		form = markArray
	}
	var words, thoughts json.Value
	if q.Text.Kind() == '{' {
		words, _ = json.Splice(q.Text, json.Edit{Name: "format"})
		if len(json.Names(words)) == 0 {
			words = markObject
		}
	}
	if q.Reasoning.Kind() == '{' {
		thoughts = markObject
	}
	r.Native = residue(q.Rest, json.Named("input", form), json.Named("text", words), json.Named("reasoning", thoughts))
	r.Native.Dialect = llm.OpenAIResponses
}

// turns reads the instructions, which are a turn of their own, and the input.
func (q *request) turns(r *llm.Request) error {
	var d reader
	switch q.Instructions.Kind() {
	case 0, 'n':
	case '"':
		d.turns = append(d.turns, llm.Turn{
			Role: llm.System, Parts: []llm.Part{&llm.Text{Text: json.Unquote(q.Instructions)}},
			Native: residue(nil, json.Named("instructions", markString)),
		})
	default:
		return dialect.BadMember("instructions", "must be a string")
	}
	var err error
	switch q.Input.Kind() {
	case '"':
		d.turns = append(d.turns, llm.Turn{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: json.Unquote(q.Input)}}})
	case '[':
		err = d.items("input", q.Input)
	case 0, 'n':
		err = q.withoutInput()
	default:
		err = dialect.BadMember("input", "must be a string or an array of items")
	}
	r.Turns = d.turns
	return err
}

// withoutInput is an error unless the input is stored elsewhere. It says more
// when the body is meant for another route, which happens to clients that are
// configured with the wrong one.
func (q *request) withoutInput() error {
	rest := json.ObjectOf(q.Rest)
	for _, name := range []string{"previous_response_id", "conversation", "prompt"} {
		if openaiwire.NotNull(rest.Get(name)) != nil {
			return nil
		}
	}
	if rest.Has("messages") {
		return dialect.BadMember("input", "is missing; a body with messages belongs to /v1/chat/completions")
	}
	return dialect.BadMember("input", "is missing")
}

// output reads text.format. A form that nobody knows stays native.
func (q *request) output(r *llm.Request) error {
	if openaiwire.NotNull(q.Text) == nil {
		return nil
	}
	var t struct {
		Format json.Value `json:"format"`
	}
	if err := dialect.ReadMember("text", q.Text, &t); err != nil || openaiwire.NotNull(t.Format) == nil {
		return err
	}
	var f struct {
		Type        string     `json:"type"`
		Name        string     `json:"name"`
		Description string     `json:"description"`
		Schema      json.Value `json:"schema"`
		Strict      *bool      `json:"strict"`
		Rest        json.Value `json:",embed"`
	}
	if err := dialect.ReadMember("text.format", t.Format, &f); err != nil {
		return err
	}
	switch f.Type {
	case "text":
		r.Output = llm.Output{Kind: llm.OutputText, Native: residue(f.Rest)}
	case "json_object":
		r.Output = llm.Output{Kind: llm.OutputJSON, Native: residue(f.Rest)}
	case "json_schema":
		r.Output = llm.Output{
			Kind: llm.OutputSchema, Name: f.Name, Description: f.Description, Schema: openaiwire.NotNull(f.Schema), Strict: f.Strict, Native: residue(f.Rest),
		}
	default:
		r.Output.Native = llm.NativeOf(llm.OpenAIResponses, t.Format)
	}
	return nil
}

// summarized is the canonical word for reasoning that is shown; this dialect
// has three for it, of which auto is the one without a wish.
const summarized = "summarized"

// reasoning reads how much the model may think, and what is shown of it.
func (q *request) reasoning(r *llm.Request) error {
	if openaiwire.NotNull(q.Reasoning) == nil {
		return nil
	}
	var t struct {
		Effort  string     `json:"effort"`
		Summary string     `json:"summary"`
		Rest    json.Value `json:",embed"`
	}
	if err := dialect.ReadMember("reasoning", q.Reasoning, &t); err != nil {
		return err
	}
	var other json.Member
	if t.Summary != "" {
		r.Reasoning.Summary = summarized
		if t.Summary != "auto" {
			other = json.Named("summary", json.Quote(t.Summary))
		}
	}
	r.Reasoning.Effort = t.Effort
	r.Reasoning.Native = residue(t.Rest, other)
	return nil
}
