package rerank

import (
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Bedrock is InvokeModel of Amazon Bedrock. Cohere's models want to be told
// which version of its API the body is for; Amazon's know none.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-use.html
var Bedrock = Form{
	Encode: func(r *Request, t dialect.Target) (dialect.TaskCall, error) {
		if !strings.Contains(t.Model, "rerank") {
			return dialect.TaskCall{}, llm.Errorf(llm.BadRequest, "%s of bedrock is not known to rank", t.Model)
		}
		texts, err := json.Marshal(r.Texts())
		if err != nil {
			return dialect.TaskCall{}, err
		}
		var top, version json.Value
		if r.Top > 0 {
			top = json.Value(strconv.FormatInt(r.Top, 10))
		}
		if strings.Contains(t.Model, "cohere.") {
			version = json.Value("2")
		}
		body := json.Join(nil, json.Named("query", json.Quote(r.Query)), json.Named("documents", texts), json.Named("top_n", top), json.Named("api_version", version))
		return dialect.TaskCall{Bodies: [][]byte{body}}, nil
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) { return DecodeResponse(a.Body, "results") },
}
