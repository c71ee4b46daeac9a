package embed

import (
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Nomic is the form of Nomic's text embeddings.
//
// https://docs.nomic.ai/atlas/api-reference/embedding/embed-text
var Nomic = Form{Encode: encodeNomic, Decode: decodeNomic}

type nomicRequest struct {
	Texts          []string   `json:"texts"`
	Model          string     `json:"model,omitzero"`
	TaskType       json.Value `json:"task_type,omitzero"`
	Dimensionality json.Value `json:"dimensionality,omitzero"`
	LongTextMode   json.Value `json:"long_text_mode,omitzero"`
	MaxTokens      json.Value `json:"max_tokens_per_text,omitzero"`
}

func encodeNomic(r *Request, t dialect.Target) (Call, error) {
	texts, err := r.Texts(t.Provider)
	if err != nil {
		return Call{}, err
	}
	q := nomicRequest{
		Texts: texts, Model: r.Model, TaskType: r.Member("task_type"), Dimensionality: r.Member("dimensionality"),
		LongTextMode: r.Member("long_text_mode"), MaxTokens: r.Member("max_tokens_per_text"),
	}
	if r.Dimensions > 0 {
		q.Dimensionality = json.Value(strconv.FormatInt(r.Dimensions, 10))
	}
	body, err := json.Marshal(q)
	return Call{Bodies: [][]byte{body}, Said: []string{"task_type", "dimensions", "dimensionality", "long_text_mode", "max_tokens_per_text"}}, err
}

func decodeNomic(_ *Request, a dialect.Answered) (*Response, error) {
	m, err := json.Pick(a.Body, "embeddings", "model", "usage")
	if err != nil {
		return nil, err
	}
	r, err := vectors(m[0])
	if err != nil {
		return nil, err
	}
	r.Model, r.Usage = json.Unquote(m[1]), dialect.TaskUsage(m[2])
	return r, nil
}
