// Package bedrockinvoke speaks InvokeModel and InvokeModelWithResponseStream
// of Amazon Bedrock: an envelope around the dialect of the model's family.
//
//   - Claude: Anthropic's Messages, with anthropic_version and without model
//     and stream, which the URL says.
//   - Nova: almost Converse. What only Nova knows stands beside the rest.
//   - GPT-OSS, Qwen, DeepSeek V3, Jamba, Mistral's newer models: OpenAI's chat.
//   - Llama, Mistral's older models, Titan, Command, Jurassic, Claude 2: a
//     prompt, and text that follows it.
//
// A family is known by the shape of what is read, not by the model's id: the
// ARN of a profile says nothing, and clients send Claude's form for models of
// other providers. Only a request that is written anew goes by the id.
//
// In a stream every event of the family's is base64 in the member bytes of a
// chunk; the last one has the counts of tokens beside its own members.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
package bedrockinvoke

import (
	"iter"
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/llm"
)

// Codec is the dialect. The zero value is ready to use. As an Inbound it
// answers in the form that [Codec.Choose] finds for a request.
type Codec struct{}

var (
	_ dialect.Inbound       = Codec{}
	_ dialect.Outbound      = Codec{}
	_ dialect.Chooser       = Codec{}
	_ dialect.Inbound       = envelope{}
	_ dialect.Labeller      = envelope{}
	_ dialect.StreamEncoder = (*streamEncoder)(nil)
)

// Dialect names it.
func (Codec) Dialect() llm.Dialect { return llm.InvokeModel }

// Choose returns the codec for the family that the request is written for.
func (Codec) Choose(in core.Incoming) dialect.Inbound { return familyOfRequest(in.Model, in.Body) }

// DecodeRequest reads the body of either operation. The model and whether to
// stream are in the URL, which in has taken apart.
func (c Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	return c.Choose(in).DecodeRequest(in)
}

// Texts yields the texts of a request.
func (c Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] { return c.Choose(in).Texts(in) }

// EncodeResponse writes an answer in the form of the model's family.
func (Codec) EncodeResponse(r *llm.Response, o dialect.Options) ([]byte, error) {
	return familyOfModel(o.Model).EncodeResponse(r, o)
}

// EncodeStream writes a stream in the form of the model's family.
func (Codec) EncodeStream(o dialect.Options) dialect.StreamEncoder {
	return familyOfModel(o.Model).EncodeStream(o)
}

// EncodeError writes the body of an error answer, which is AWS's own.
func (Codec) EncodeError(e *llm.Error, o dialect.Options) []byte {
	return bedrock.Codec{}.EncodeError(e, o)
}

// Label names the request and the kind of an error.
func (Codec) Label(h http.Header, requestID string, e *llm.Error) {
	bedrock.Codec{}.Label(h, requestID, e)
}
