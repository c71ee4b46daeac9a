package api

import (
	"context"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

type modelList struct {
	Object string       `json:"object"`
	Data   []modelEntry `json:"data"`
}

type modelEntry struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// listModels answers GET /v1/models for a client that names no provider: what
// it can call without naming one, in OpenAI's shape.
func (q *request) listModels(context.Context, *core.Call) (*core.Reply, error) {
	list := modelList{Object: "list", Data: []modelEntry{}}
	for _, m := range q.Models {
		list.Data = append(list.Data, modelEntry{ID: m.ID, Object: "model", OwnedBy: m.Owner})
	}
	body, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return core.NewBody(llm.OpenAIChat, nil, body), nil
}
