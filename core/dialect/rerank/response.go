package rerank

import (
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Response has the documents in the order of their relevance.
type Response struct {
	ID      string
	Model   string
	Results []Result
	Usage   *llm.Usage // nil: nobody reported any
}

// A Result is one document.
type Result struct {
	Index int        // in the request
	Score json.Value // as the provider wrote it
}

// DecodeResponse reads Cohere's form, and those that differ from it in the
// name of the list: list says what it is called.
func DecodeResponse(body []byte, list string) (*Response, error) {
	m, err := json.Pick(body, list, "id", "model", "usage")
	if err != nil {
		return nil, err
	}
	all, err := json.Elements(m[0])
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer has no results")
	}
	r := &Response{ID: json.Unquote(m[1]), Model: json.Unquote(m[2]), Usage: dialect.TaskUsage(m[3])}
	for _, v := range all {
		one, err := decodeResult(v)
		if err != nil {
			return nil, err
		}
		r.Results = append(r.Results, one)
	}
	return r, nil
}

func decodeResult(v json.Value) (Result, error) {
	m, err := json.Pick(v, "index", "relevance_score", "score")
	if err != nil {
		return Result{}, unreadable()
	}
	score := m[1]
	if score == nil {
		score = m[2]
	}
	i, err := strconv.Atoi(string(m[0]))
	if err != nil || score.Kind() != '0' {
		return Result{}, unreadable()
	}
	return Result{Index: i, Score: score}, nil
}

func unreadable() error {
	return llm.Errorf(llm.Upstream, "its answer has a result that cannot be read")
}

// Encode writes Cohere's form, with the documents if q wants them. What a
// provider counts in tokens is written as others of the form do.
func (r *Response) Encode(q *Request) ([]byte, error) {
	b := []byte(`{"id":`)
	b = append(json.AppendQuote(b, r.ID), `,"results":[`...)
	for i, one := range r.Results {
		if one.Index < 0 || one.Index >= len(q.Documents) {
			return nil, llm.Errorf(llm.Upstream, "its answer ranks a document that was not sent")
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"index":`...), int64(one.Index), 10)
		b = append(append(b, `,"relevance_score":`...), one.Score...)
		if q.Return {
			b = json.AppendQuote(append(b, `,"document":{"text":`...), q.Documents[one.Index].Text)
			b = append(b, '}')
		}
		b = append(b, '}')
	}
	model := r.Model
	if model == "" {
		model = q.Model
	}
	b = json.AppendQuote(append(b, `],"model":`...), model)
	if r.Usage != nil {
		b = strconv.AppendInt(append(b, `,"usage":{"total_tokens":`...), r.Usage.Total(), 10)
		b = append(b, '}')
	}
	return append(b, '}'), nil
}
