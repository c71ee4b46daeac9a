package embed

import (
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// AI21 is the embeddings of Jurassic's time, which have one model only.
//
// https://docs.ai21.com/reference/embeddings-ref
var AI21 = Form{Encode: encodeAI21, Decode: decodeAI21}

func encodeAI21(r *Request, t dialect.Target) (Call, error) {
	texts, err := r.Texts(t.Provider)
	if err != nil {
		return Call{}, err
	}
	list, err := json.Marshal(texts)
	return Call{Bodies: [][]byte{json.Join(nil, json.Named("texts", list), json.Named("type", r.Member("type")))}, Said: []string{"type"}}, err
}

func decodeAI21(_ *Request, a dialect.Answered) (*Response, error) {
	return vectorsOf(json.Lookup(a.Body, "results"), "embedding")
}

// PaLM is the embeddings of PaLM, one text a request. A host of the client's
// own may still have them.
var PaLM = Form{Encode: encodePaLM, Decode: decodePaLM}

func encodePaLM(r *Request, t dialect.Target) (Call, error) {
	texts, err := r.Texts(t.Provider)
	call := Call{}
	for _, text := range texts {
		call.Bodies = append(call.Bodies, json.Join(nil, json.Named("model", json.Quote(r.Model)), json.Named("text", json.Quote(text))))
	}
	return call, err
}

func decodePaLM(_ *Request, a dialect.Answered) (*Response, error) {
	v := json.Lookup(a.Body, "embedding", "value")
	if v.Kind() != '[' {
		return nil, llm.Errorf(llm.Upstream, "its answer has no vector")
	}
	return &Response{Vectors: []Vector{{Numbers: v}}}, nil
}

// vectorsOf reads a list of objects whose member has a vector.
func vectorsOf(list json.Value, member string) (*Response, error) {
	elements, err := json.Elements(list)
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer has no vectors")
	}
	r := &Response{}
	for _, e := range elements {
		v := json.Lookup(e, member)
		if v.Kind() != '[' {
			return nil, llm.Errorf(llm.Upstream, "its answer has a vector that cannot be read")
		}
		r.Vectors = append(r.Vectors, Vector{Numbers: v})
	}
	return r, nil
}
