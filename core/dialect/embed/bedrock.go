package embed

import (
	"cmp"
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Bedrock is InvokeModel of Amazon Bedrock: a form for each family of models.
// Titan and Nova embed one thing a request, Cohere many.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html
// https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
var Bedrock = Form{Encode: encodeBedrock, Decode: decodeBedrock}

// titanTypes are the types of Titan's vectors that a client may ask for.
const titanTypes = "embedding_types"

func encodeBedrock(r *Request, t dialect.Target) (Call, error) {
	switch model := t.Model; {
	case strings.Contains(model, "cohere.embed"):
		return encodeBedrockCohere(r)
	case strings.Contains(model, "nova") && strings.Contains(model, "embed"):
		return eachInput(r, novaInput, "dimensions", "embedding_purpose", "truncation_mode")
	case strings.Contains(model, "titan-embed-image"):
		return eachInput(r, titanImageInput, "dimensions")
	case strings.Contains(model, "titan-embed"):
		return eachInput(r, titanInput, "dimensions", "normalize", titanTypes)
	}
	return Call{}, llm.Errorf(llm.BadRequest, "%s of bedrock is not known to embed: Titan, Nova and Cohere do", t.Model)
}

// maxInputs is how many inputs a client may send that cost a request each: as
// many as OpenAI takes.
const maxInputs = 2048

// eachInput makes a request of each input.
func eachInput(r *Request, write func(*Request, *Input) (json.Value, error), said ...string) (Call, error) {
	call := Call{Said: said}
	if len(r.Inputs) > maxInputs {
		return call, dialect.BadMember("input", "must not have more than "+strconv.Itoa(maxInputs)+" elements: this model is asked for each")
	}
	for i := range r.Inputs {
		if r.Inputs[i].Tokens != nil || r.Inputs[i].Video != nil {
			return call, llm.Errorf(llm.BadRequest, "input: bedrock embeds texts and images, neither token ids nor videos")
		}
		body, err := write(r, &r.Inputs[i])
		if err != nil {
			return call, err
		}
		call.Bodies = append(call.Bodies, body)
	}
	return call, nil
}

func titanInput(r *Request, in *Input) (json.Value, error) {
	if in.Image != nil {
		return nil, llm.Errorf(llm.BadRequest, "input: this model of bedrock embeds texts only")
	}
	return json.Join(nil, json.Named("inputText", json.Quote(in.Text)), json.Named("dimensions", r.dimensions()),
		json.Named("normalize", r.Member("normalize")), json.Named("embeddingTypes", r.Member(titanTypes))), nil
}

func titanImageInput(r *Request, in *Input) (json.Value, error) {
	image, _, err := in.Image.inline()
	if err != nil {
		return nil, err
	}
	size := json.Join(nil, json.Named("outputEmbeddingLength", r.dimensions()))
	return json.Join(nil, json.Named("inputText", quoteIf(in.Text)), json.Named("inputImage", quoteIf(image)), json.Named("embeddingConfig", size)), nil
}

func novaInput(r *Request, in *Input) (json.Value, error) {
	purpose, content := r.Member("embedding_purpose"), json.Member{}
	switch {
	case in.Image != nil && in.Text != "":
		return nil, llm.Errorf(llm.BadRequest, "input: Nova embeds a text or an image, not both in one vector")
	case in.Image != nil:
		data, format, err := in.Image.inline()
		if err != nil {
			return nil, err
		}
		source := json.Join(nil, json.Named("bytes", json.Quote(data)))
		content = json.Named("image", json.Join(nil, json.Named("format", json.Quote(cmp.Or(format, "png"))), json.Named("source", source)))
	default:
		mode := r.Member("truncation_mode")
		if mode == nil { // one of the two has to be said
			mode = json.Value(`"END"`)
		}
		content = json.Named("text", json.Join(nil, json.Named("truncationMode", mode), json.Named("value", json.Quote(in.Text))))
	}
	if purpose == nil {
		purpose = json.Value(`"GENERIC_INDEX"`)
	}
	params := json.Join(nil, json.Named("embeddingPurpose", purpose), json.Named("embeddingDimension", r.dimensions()), content)
	return json.Join(nil, json.Named("schemaVersion", json.Value(`"nova-multimodal-embed-v1"`)),
		json.Named("taskType", json.Value(`"SINGLE_EMBEDDING"`)), json.Named("singleEmbeddingParams", params)), nil
}

// cohereBatch is how many inputs Cohere takes in one request.
const cohereBatch = 96

func encodeBedrockCohere(r *Request) (Call, error) {
	call := Call{Said: []string{"input_type", "truncate", "embedding_types", "dimensions"}}
	images := 0
	for _, in := range r.Inputs {
		if in.Image != nil {
			images++
		}
	}
	if images > 0 && images < len(r.Inputs) {
		return call, llm.Errorf(llm.BadRequest, "input: Cohere on bedrock embeds texts or images in one request, not both")
	}
	for from := 0; from < len(r.Inputs); from += cohereBatch {
		body, err := cohereInputs(r, r.Inputs[from:min(from+cohereBatch, len(r.Inputs))])
		if err != nil {
			return call, err
		}
		call.Bodies = append(call.Bodies, body)
	}
	return call, nil
}

func cohereInputs(r *Request, inputs []Input) (json.Value, error) {
	list, name, kind := json.NewWriter("["), "texts", json.Value(`"search_document"`)
	for _, in := range inputs {
		switch {
		case in.Tokens != nil || in.Video != nil:
			return nil, llm.Errorf(llm.BadRequest, "input: Cohere on bedrock embeds texts and images, neither token ids nor videos")
		case in.Image != nil:
			name, kind = "images", json.Value(`"image"`)
			data, format, err := in.Image.inline()
			if err != nil {
				return nil, err
			}
			list.Element(json.Quote("data:image/" + cmp.Or(format, "png") + ";base64," + data))
		default:
			list.Element(json.Quote(in.Text))
		}
	}
	list.Close(']')
	if said := r.Member("input_type"); said != nil { // the API wants to know; most vectors are made to be searched
		kind = said
	}
	return json.Join(nil, json.Named(name, list.B), json.Named("input_type", kind), json.Named("truncate", r.Member("truncate")),
		json.Named("embedding_types", r.Member("embedding_types")), json.Named("output_dimension", r.dimensions())), nil
}

func (r *Request) dimensions() json.Value {
	if r.Dimensions == 0 {
		return nil
	}
	return json.Value(strconv.FormatInt(r.Dimensions, 10))
}

func quoteIf(s string) json.Value {
	if s == "" {
		return nil
	}
	return json.Quote(s)
}

// inline gives the bytes of an image in base64, and its format if that is
// known: Bedrock fetches nothing.
func (m *Media) inline() (data, format string, err error) {
	if m == nil {
		return "", "", nil
	}
	if m.URL == "" {
		return m.Base64, "", nil
	}
	head, data, ok := strings.Cut(m.URL, ";base64,")
	format, isImage := strings.CutPrefix(head, "data:image/")
	if !ok || !isImage {
		return "", "", llm.Errorf(llm.BadRequest, "input: bedrock fetches no images: send the bytes, as a data URL or in base64")
	}
	return data, format, nil
}

// decodeBedrock knows the families by what only their answers have.
func decodeBedrock(_ *Request, a dialect.Answered) (*Response, error) {
	m, err := json.Pick(a.Body, "embedding", "embeddings", "inputTextTokenCount", "embeddingsByType")
	if err != nil {
		return nil, unreadable()
	}
	r := &Response{Usage: bedrockUsage(m[2], a)}
	switch {
	case m[0].Kind() == '[':
		r.Vectors = []Vector{{Numbers: m[0]}}
	case m[3].Kind() == '{': // Titan, of types that are no floats
		r.Vectors = []Vector{{Numbers: firstMember(m[3])}}
	case m[1] != nil:
		r.Vectors = bedrockVectors(m[1])
	}
	for _, v := range r.Vectors {
		if v.Numbers.Kind() != '[' {
			return nil, unreadable()
		}
	}
	if len(r.Vectors) == 0 {
		return nil, llm.Errorf(llm.Upstream, "its answer has no vectors")
	}
	return r, nil
}

// bedrockVectors reads Cohere's list of vectors, or the first of its lists by
// type, and Nova's list of objects.
func bedrockVectors(v json.Value) []Vector {
	if v.Kind() == '{' {
		if floats := json.Lookup(v, "float"); floats != nil {
			v = floats
		} else {
			v = firstMember(v)
		}
	}
	elements, _ := json.Elements(v)
	out := make([]Vector, len(elements))
	for i, e := range elements {
		if out[i].Numbers = e; e.Kind() == '{' {
			out[i].Numbers = json.Lookup(e, "embedding")
		}
	}
	return out
}

func firstMember(object json.Value) json.Value {
	if members := json.ObjectOf(object); len(members) > 0 {
		return members[0].Value
	}
	return nil
}

// bedrockUsage reads the count in the answer, else the one in its headers.
func bedrockUsage(count json.Value, a dialect.Answered) *llm.Usage {
	text := string(count)
	if count.Kind() != '0' {
		text = a.Header.Get("X-Amzn-Bedrock-Input-Token-Count")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &llm.Usage{Input: n}
}
