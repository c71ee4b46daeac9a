package embed

import (
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Cohere is version 2 of Cohere's embeddings. Many texts go in one request;
// of images one does. A client has to say what its vectors are for
// (input_type): to make that up would spoil its searches.
//
// https://docs.cohere.com/reference/embed
var Cohere = Form{Encode: encodeCohere, Decode: decodeCohere}

func encodeCohere(r *Request, t dialect.Target) (Call, error) {
	call := Call{Said: []string{"input_type", "truncate", "embedding_types", "dimensions", "max_tokens", "priority"}}
	for from := 0; from < len(r.Inputs); {
		to := from + 1
		if r.Inputs[from].Image == nil {
			for to < len(r.Inputs) && to < from+cohereBatch && r.Inputs[to].Image == nil {
				to++
			}
		}
		inputs, err := cohereMember(r.Inputs[from:to], t.Provider)
		if err != nil {
			return call, err
		}
		call.Bodies = append(call.Bodies, json.Join(nil, json.Named("model", json.Quote(r.Model)), inputs,
			json.Named("input_type", r.Member("input_type")), json.Named("embedding_types", cohereTypes(r)), json.Named("output_dimension", r.dimensions()),
			json.Named("truncate", r.Member("truncate")), json.Named("max_tokens", r.Member("max_tokens")), json.Named("priority", r.Member("priority"))))
		from = to
	}
	return call, nil
}

// cohereTypes are those that the client names, else floats, of which every
// other encoding is made, if it names one.
func cohereTypes(r *Request) json.Value {
	if v := r.Member("embedding_types"); v != nil {
		return v
	}
	if r.Member("encoding_format") != nil {
		return json.Value(`["float"]`)
	}
	return nil
}

// cohereMember is the member that has the inputs: texts, an image, or a text
// with an image.
func cohereMember(inputs []Input, provider string) (json.Member, error) {
	name, list := "texts", json.NewWriter("[")
	for _, in := range inputs {
		switch {
		case in.Tokens != nil || in.Video != nil:
			return json.Member{}, llm.Errorf(llm.BadRequest, "input: %s embeds texts and images, neither token ids nor videos", provider)
		case in.Image != nil && in.Text != "":
			name = "inputs"
			list.Open("", '{')
			list.Open("content", '[')
			list.Element(json.Join(nil, json.Named("type", json.Value(`"text"`)), json.Named("text", json.Quote(in.Text))))
			url := json.Join(nil, json.Named("url", json.Quote(dataURL(in.Image, "image/png"))))
			list.Element(json.Join(nil, json.Named("type", json.Value(`"image_url"`)), json.Named("image_url", url)))
			list.Close(']')
			list.Close('}')
		case in.Image != nil:
			name = "images"
			list.Element(json.Quote(dataURL(in.Image, "image/png")))
		default:
			list.Element(json.Quote(in.Text))
		}
	}
	list.Close(']')
	return json.Named(name, list.B), nil
}

// decodeCohere reads a list of vectors for each type. The floats, or else the
// first, are the vectors; those of the other types stand beside them.
func decodeCohere(_ *Request, a dialect.Answered) (*Response, error) {
	m, err := json.Pick(a.Body, "embeddings", "meta")
	if err != nil {
		return nil, err
	}
	byType := json.ObjectOf(m[0])
	if m[0].Kind() == '[' { // as version 1 has it
		byType = json.Object{json.Named("float", m[0])}
	}
	byType = slices.DeleteFunc(byType, func(t json.Member) bool { return t.Value.Kind() != '[' })
	first := max(0, slices.IndexFunc(byType, func(t json.Member) bool { return t.Name == "float" }))
	if len(byType) == 0 {
		return nil, llm.Errorf(llm.Upstream, "its answer has no vectors")
	}
	r := &Response{Usage: cohereUsage(m[1])}
	for i, t := range slices.Concat(byType[first:first+1], byType[:first], byType[first+1:]) {
		vectors, err := json.Elements(t.Value)
		if err != nil || i > 0 && len(vectors) != len(r.Vectors) {
			return nil, llm.Errorf(llm.Upstream, "its answer has vectors that cannot be read")
		}
		for n, v := range vectors {
			switch {
			case i > 0:
				r.Vectors[n].Beside = append(r.Vectors[n].Beside, json.Named(t.Name, v))
			case v.Kind() == '"': // base64
				r.Vectors = append(r.Vectors, Vector{Base64: json.Unquote(v)})
			default:
				r.Vectors = append(r.Vectors, Vector{Numbers: v})
			}
		}
	}
	return r, nil
}

func cohereUsage(meta json.Value) *llm.Usage {
	billed := json.Lookup(meta, "billed_units")
	if billed == nil {
		return nil
	}
	return &llm.Usage{Input: dialect.TokenCount(json.Lookup(billed, "input_tokens")) + dialect.TokenCount(json.Lookup(billed, "image_tokens"))}
}
