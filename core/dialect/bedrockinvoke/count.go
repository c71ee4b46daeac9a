package bedrockinvoke

import (
	"encoding/base64"
	"iter"
	"strconv"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Counter is Converse as clients of CountTokens write it: the prompt stands
// in the member input, as a Converse request or, in base64, as the body of an
// InvokeModel.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
type Counter struct{ bedrock.Codec }

var (
	_ dialect.Inbound = Counter{}
	_ dialect.Counter = Counter{}
)

// DecodeRequest reads whichever of the two forms there is.
func (Counter) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	got, err := json.Pick(json.Lookup(in.Body, "input"), "converse", "invokeModel")
	switch {
	case err != nil || got[0].Kind() != '{' && got[1].Kind() != '{':
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "input must have converse or invokeModel", Param: "input"}
	case got[0] != nil:
		in.Body = got[0]
		return bedrock.Codec{}.DecodeRequest(in)
	}
	body, err := base64.StdEncoding.DecodeString(json.Unquote(json.Lookup(got[1], "body")))
	if err != nil || !json.Valid(body) {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "input.invokeModel.body must be JSON in base64", Param: "input.invokeModel.body"}
	}
	in.Body = body
	return Codec{}.DecodeRequest(in)
}

// Texts yields none: nothing is generated from what is counted.
func (Counter) Texts(core.Incoming) iter.Seq[dialect.Span] { return func(func(dialect.Span) bool) {} }

// EncodeCountTokens writes the answer of CountTokens.
func (Counter) EncodeCountTokens(n int64) []byte {
	return append(strconv.AppendInt([]byte(`{"inputTokens":`), n, 10), '}')
}
