package rerank

import (
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Voyage calls the number of documents top_k, and the list of results data.
// The documents are not wanted back: they are at hand. Whatever else is in
// the body travels on.
//
// https://docs.voyageai.com/reference/reranker-api
var Voyage = Form{
	Encode: func(r *Request, _ dialect.Target) (dialect.TaskCall, error) {
		texts, err := json.Marshal(r.Texts())
		if err != nil {
			return dialect.TaskCall{}, err
		}
		edits := []json.Edit{{Name: "model", Value: json.Quote(r.Model)}, {Name: "documents", Value: texts}, {Name: "return_documents"}, {Name: "top_n"}}
		if r.Top > 0 {
			edits = append(edits, json.Edit{Name: "top_k", Value: json.Value(strconv.FormatInt(r.Top, 10))})
		}
		body, err := json.Splice(r.body, edits...)
		return dialect.TaskCall{Bodies: [][]byte{body}, Said: json.Names(r.body)}, err
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) { return DecodeResponse(a.Body, "data") },
}
