package bedrockinvoke

import (
	"cmp"
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/llm"
)

// Dialect names the envelope, not what is in it.
func (envelope) Dialect() llm.Dialect { return llm.InvokeModel }

func (e envelope) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	body, err := e.open(in.Body)
	if err != nil {
		return nil, err
	}
	inner := in
	inner.Body, inner.Model = body, cmp.Or(e.speaksAs, in.Model)
	r, err := e.codec.DecodeRequest(inner)
	if err != nil {
		return nil, err
	}
	r.Model, r.Stream = in.Model, in.Stream
	return r, nil
}

// EncodeError writes the body of an error answer, which is AWS's own.
func (envelope) EncodeError(err *llm.Error, o dialect.Options) []byte {
	return bedrock.Codec{}.EncodeError(err, o)
}

// Label names the request and the kind of an error.
func (envelope) Label(h http.Header, requestID string, err *llm.Error) {
	bedrock.Codec{}.Label(h, requestID, err)
}

// Prepare writes a request for the family that the model's id names.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	return familyOfModel(cmp.Or(t.Model, r.Model)).Prepare(r, t)
}

// TakesURL asks the family's own dialect. Where that leaves it to the provider,
// the provider is Bedrock, which fetches nothing by http.
func (Codec) TakesURL(m *llm.Media, t dialect.Target) bool {
	family := familyOfModel(t.Model)
	if inner, ok := family.codec.(dialect.Inliner); ok {
		return inner.TakesURL(m, dialect.Target{Provider: "bedrock", Model: t.Model})
	}
	_, text := family.codec.(textCodec)
	return text
}

// Raw returns the exchange for a body that is written already.
func (Codec) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }

func (e envelope) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	inner, err := e.codec.Prepare(r, t)
	if err != nil {
		return nil, err
	}
	body, dropped, err := e.seal(inner.Body(), inner.Header())
	if err != nil {
		return nil, err
	}
	return &exchange{body: body, dropped: append(inner.Dropped(), dropped...), family: &e, inner: inner}, nil
}

// Raw is the exchange of the dialect, which knows the family when it sees an
// answer.
func (envelope) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }
