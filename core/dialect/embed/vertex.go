package embed

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Vertex is predict of Vertex AI's models for text, and for text with images
// and videos; the newer Gemini models have embedContent instead.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/multimodal-embeddings-api
var Vertex = Form{Encode: encodeVertex, Decode: decodeVertex}

func encodeVertex(r *Request, t dialect.Target) (Call, error) {
	media := slices.ContainsFunc(r.Inputs, func(in Input) bool { return in.Image != nil || in.Video != nil })
	first := strings.Contains(t.Model, "gemini-embedding-001")
	switch {
	case strings.Contains(t.Model, "gemini-embedding-") && !first:
		return vertexContents(r)
	case media, strings.Contains(t.Model, "multimodalembedding"):
		return vertexMedia(r)
	}
	return vertexTexts(r, first)
}

// vertexContents makes a request of each input: embedContent takes one.
func vertexContents(r *Request) (Call, error) {
	call := Call{Path: "/publishers/google/models/{model}:embedContent", Said: geminiSaid}
	for i := range r.Inputs {
		content, err := geminiContent(&r.Inputs[i])
		if err != nil {
			return call, err
		}
		config := json.Join(nil, json.Named("taskType", r.either("task_type", "taskType")), json.Named("title", r.Member("title")), json.Named("outputDimensionality", r.dimensions()))
		call.Bodies = append(call.Bodies, json.Join(nil, json.Named("content", content), json.Named("embedContentConfig", orNothing(config))))
	}
	return call, nil
}

// vertexTexts writes texts; single says that the model takes one a request.
func vertexTexts(r *Request, single bool) (Call, error) {
	call := Call{Said: append(slices.Clip(geminiSaid), "auto_truncate")}
	texts, err := r.Texts("vertex-ai")
	if err != nil {
		return call, err
	}
	parameters := json.Join(nil, json.Named("outputDimensionality", r.dimensions()), json.Named("autoTruncate", r.Member("auto_truncate")))
	size := len(texts)
	if single {
		size = 1
	}
	for some := range slices.Chunk(texts, size) {
		list := json.NewWriter("[")
		for _, text := range some {
			list.Element(json.Join(nil, json.Named("content", json.Quote(text)), json.Named("task_type", r.either("task_type", "taskType")), json.Named("title", r.Member("title"))))
		}
		list.Close(']')
		call.Bodies = append(call.Bodies, json.Join(nil, json.Named("instances", list.B), json.Named("parameters", orNothing(parameters))))
	}
	return call, nil
}

// vertexMedia makes a request of each input: the model takes one.
func vertexMedia(r *Request) (Call, error) {
	call := Call{Said: []string{"dimensions"}}
	parameters := json.Join(nil, json.Named("dimension", r.dimensions()))
	for i := range r.Inputs {
		in := &r.Inputs[i]
		if in.Tokens != nil {
			return call, dialect.BadMember("input", "must be texts, images or videos for vertex-ai, no token ids")
		}
		image, err := vertexFile(in.Image)
		if err != nil {
			return call, err
		}
		video, err := vertexFile(in.Video)
		if err != nil {
			return call, err
		}
		one := json.Join(nil, json.Named("text", quoteIf(in.Text)), json.Named("image", image), json.Named("video", video))
		call.Bodies = append(call.Bodies, json.Join(nil, json.Named("instances", slices.Concat(json.Value("["), one, json.Value("]"))), json.Named("parameters", orNothing(parameters))))
	}
	return call, nil
}

func vertexFile(m *Media) (json.Value, error) {
	if m == nil {
		return nil, nil
	}
	data := m.Base64
	if _, tail, ok := strings.Cut(m.URL, ";base64,"); ok {
		data = tail
	}
	segment := json.Join(nil, json.Named("startOffsetSec", m.StartOffset), json.Named("endOffsetSec", m.EndOffset), json.Named("intervalSec", m.Interval))
	if data != "" {
		return json.Join(nil, json.Named("bytesBase64Encoded", json.Quote(data)), json.Named("videoSegmentConfig", orNothing(segment))), nil
	}
	if !strings.HasPrefix(m.URL, "gs://") {
		return nil, dialect.BadMember("input", "has an image or a video that vertex-ai cannot read: send base64, a data URL or a gs:// URL")
	}
	return json.Join(nil, json.Named("gcsUri", json.Quote(m.URL)), json.Named("videoSegmentConfig", orNothing(segment))), nil
}

// orNothing leaves an empty object out.
func orNothing(object json.Value) json.Value {
	if len(json.Names(object)) == 0 {
		return nil
	}
	return object
}

func decodeVertex(q *Request, a dialect.Answered) (*Response, error) {
	predictions := json.Lookup(a.Body, "predictions")
	if predictions == nil {
		return decodeGemini(q, a)
	}
	all, err := json.Elements(predictions)
	if err != nil {
		return nil, unreadable()
	}
	r := &Response{}
	for _, p := range all {
		v, used := vertexVector(p)
		if v.Numbers.Kind() != '[' {
			return nil, unreadable()
		}
		r.Vectors, r.Usage = append(r.Vectors, v), r.Usage.Plus(used)
	}
	return r, nil
}

// vertexVector reads the vector of a text, or those of a text, an image and a
// video, of which the first is the one that OpenAI's form has a place for.
func vertexVector(p json.Value) (Vector, *llm.Usage) {
	if values := json.Lookup(p, "embeddings", "values"); values != nil {
		n, err := strconv.ParseFloat(string(json.Lookup(p, "embeddings", "statistics", "token_count")), 64)
		if err != nil {
			return Vector{Numbers: values}, nil
		}
		return Vector{Numbers: values}, &llm.Usage{Input: int64(min(max(n, 0), 1<<40))}
	}
	text, image := json.Lookup(p, "textEmbedding"), json.Lookup(p, "imageEmbedding")
	videos, _ := json.Elements(json.Lookup(p, "videoEmbeddings"))
	v := Vector{}
	if image != nil {
		v.Beside = append(v.Beside, json.Named("image_embedding", image))
	}
	var first json.Value
	if len(videos) > 0 {
		v.Beside, first = append(v.Beside, json.Named("video_embeddings", videoVectors(videos))), json.Lookup(videos[0], "embedding")
	}
	v.Numbers = json.Value(cmp.Or(string(text), string(image), string(first)))
	return v, nil
}

// videoVectors writes the vectors of a video's segments, in seconds.
func videoVectors(videos []json.Value) json.Value {
	list := json.NewWriter("[")
	for _, s := range videos {
		list.Element(json.Join(nil, json.Named("start_offset", json.Lookup(s, "startOffsetSec")), json.Named("end_offset", json.Lookup(s, "endOffsetSec")),
			json.Named("embedding", json.Lookup(s, "embedding"))))
	}
	list.Close(']')
	return list.B
}
