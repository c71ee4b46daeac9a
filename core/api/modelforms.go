package api

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// An anthropicList is the list of models that clients of the Messages API
// read; Claude Code takes the limits of a model from it.
//
// https://platform.claude.com/docs/en/api/models/list
type anthropicList struct {
	Data    []anthropicModel `json:"data"`
	HasMore bool             `json:"has_more"`
	FirstID json.Value       `json:"first_id"`
	LastID  json.Value       `json:"last_id"`
}

type anthropicModel struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"` // nobody has told: the epoch, as the API has it then
	MaxInput    int64  `json:"max_input_tokens,omitzero"`
	MaxOutput   int64  `json:"max_tokens,omitzero"`
}

// A geminiList is what clients of the Gemini API read.
//
// https://ai.google.dev/api/models#method:-models.list
type geminiList struct {
	Models []geminiModel `json:"models"`
	Next   string        `json:"nextPageToken,omitzero"`
}

type geminiModel struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName"`
	InputLimit  int64    `json:"inputTokenLimit,omitzero"`
	OutputLimit int64    `json:"outputTokenLimit,omitzero"`
	Methods     []string `json:"supportedGenerationMethods"`
}

// converses reports whether a model answers conversations, as far as anybody
// has told.
func (m modelEntry) converses() bool {
	return m.Kind == "" || m.Kind == "chat" || m.Kind == "responses"
}

// listForMessages is a page of the models that answer conversations.
func listForMessages(all []modelEntry, query url.Values) (*anthropicList, error) {
	page, more, err := pageOf(all, query.Get("after_id"), cmp.Or(query.Get("limit"), "20"), "limit")
	if err != nil {
		return nil, err
	}
	l := &anthropicList{Data: []anthropicModel{}, HasMore: more, FirstID: json.Value("null"), LastID: json.Value("null")}
	for _, m := range page {
		l.Data = append(l.Data, anthropicModel{
			Type: "model", ID: m.ID, DisplayName: m.Slug, CreatedAt: "1970-01-01T00:00:00Z", MaxInput: m.ContextLength, MaxOutput: m.MaxOutput,
		})
	}
	if n := len(page); n > 0 {
		l.FirstID, l.LastID = json.Quote(page[0].ID), json.Quote(page[n-1].ID)
	}
	return l, nil
}

// listForGemini is a page of the models that answer conversations. The token
// of a page is the id before it.
func listForGemini(all []modelEntry, query url.Values) (*geminiList, error) {
	page, more, err := pageOf(all, query.Get("pageToken"), cmp.Or(query.Get("pageSize"), "50"), "pageSize")
	if err != nil {
		return nil, err
	}
	l := &geminiList{Models: []geminiModel{}}
	for _, m := range page {
		l.Models = append(l.Models, geminiModel{
			Name: "models/" + m.ID, DisplayName: m.Slug, InputLimit: m.ContextLength, OutputLimit: m.MaxOutput,
			Methods: []string{"generateContent", "countTokens"},
		})
	}
	if more {
		l.Next = page[len(page)-1].ID
	}
	return l, nil
}

// pageOf cuts out the models behind one of them.
func pageOf(all []modelEntry, after, limit, name string) (page []modelEntry, more bool, err error) {
	n, err := strconv.Atoi(limit)
	if err != nil || n < 1 || n > 1000 {
		return nil, false, &llm.Error{Kind: llm.BadRequest, Message: name + " must be a number from 1 to 1000", Param: name}
	}
	page = slices.DeleteFunc(slices.Clone(all), func(m modelEntry) bool { return !m.converses() })
	if after != "" {
		i := slices.IndexFunc(page, func(m modelEntry) bool { return m.ID == after })
		page = page[i+1:] // an id that is gone begins again
	}
	return page[:min(n, len(page))], len(page) > n, nil
}
