package image

import (
	"cmp"
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Google has two kinds of models that make images, on the Gemini API as on
// Vertex AI: Imagen behind predict, and Gemini, which answers with images.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api
// https://ai.google.dev/gemini-api/docs/image-generation
func Google(generatePath string) Form {
	encode := func(r *Request, t dialect.Target) (Call, error) {
		if err := r.Sized(); err != nil {
			return Call{}, err
		}
		if strings.Contains(t.Model, "gemini-") {
			return encodeGemini(r, generatePath)
		}
		return encodeImagen(r), nil
	}
	return Form{Encode: encode, Decode: decodeGoogle, Gives: Base64}
}

// imagenNames are Imagen's parameters under our names; its own count too.
var imagenNames = []struct{ ours, theirs string }{
	{"aspect_ratio", "aspectRatio"}, {"negative_prompt", "negativePrompt"}, {"person_generation", "personGeneration"}, {"safety_setting", "safetySetting"},
	{"seed", "seed"}, {"style", "sampleImageStyle"}, {"add_watermark", "addWatermark"}, {"enhance_prompt", "enhancePrompt"}, {"language", "language"},
	{"sample_image_size", "sampleImageSize"},
}

func encodeImagen(r *Request) Call {
	said := []string{"n", "quality", "output_format", "output_compression", "mimeType"}
	parameters := []json.Member{json.Named("sampleCount", whole(r.N))}
	for _, m := range imagenNames {
		v := r.Member(m.ours)
		if v == nil {
			v = r.Member(m.theirs)
		}
		if of := shape(r, imagenRatios); m.ours == "aspect_ratio" && v == nil && of != nil {
			v, said = of, append(said, "size")
		}
		parameters, said = append(parameters, json.Named(m.theirs, v)), append(said, m.ours, m.theirs)
	}
	parameters = append(parameters, json.Named("outputOptions", imagenOutput(r)))
	one := json.Join(nil, json.Named("prompt", json.Quote(r.Prompt)))
	list := json.NewWriter("[")
	list.Element(one)
	list.Close(']')
	return Call{Said: said, Bodies: [][]byte{json.Join(nil, json.Named("instances", list.B), json.Named("parameters", json.Join(nil, parameters...)))}}
}

// imagenOutput says how the file is written. Of quality, only compression is
// left to say.
func imagenOutput(r *Request) json.Value {
	compression := r.Member("output_compression")
	if compression == nil {
		switch quality := r.Member("quality"); json.Unquote(quality) {
		case "hd", "high":
			compression = json.Value("100")
		case "standard", "medium":
			compression = json.Value("75")
		default:
			if quality.Kind() == '0' {
				compression = quality
			}
		}
	}
	format := r.Member("mimeType")
	if f := json.Unquote(r.Member("output_format")); f != "" {
		format = json.Quote("image/" + f)
	}
	out := json.Join(nil, json.Named("mimeType", format), json.Named("compressionQuality", compression))
	if len(json.Names(out)) == 0 {
		return nil
	}
	return out
}

// Ratios that the models know, as width:height.
var (
	imagenRatios = []string{"1:1", "4:3", "3:4", "16:9", "9:16"}
	geminiRatios = append(imagenRatios[:len(imagenRatios):len(imagenRatios)], "2:3", "3:2", "4:5", "5:4", "21:9")
)

// shape is the ratio of the size that was asked for, if there is a word for it.
func shape(r *Request, known []string) json.Value {
	if r.Width == 0 || !slices.Contains(known, ratio(r.Width, r.Height)) {
		return nil
	}
	return json.Quote(ratio(r.Width, r.Height))
}

// encodeGemini asks for an answer that is an image, once for each.
func encodeGemini(r *Request, path string) (Call, error) {
	if r.N > mostRequests {
		return Call{}, dialect.BadMember("n", "must be at most 10 for a model that makes one image a request")
	}
	said := []string{"n", "aspect_ratio", "image_size", "seed"}
	aspect := r.Member("aspect_ratio")
	if of := shape(r, geminiRatios); aspect == nil && of != nil {
		aspect, said = of, append(said, "size")
	}
	config := []json.Member{json.Named("responseModalities", json.Value(`["IMAGE"]`)), json.Named("seed", r.Member("seed"))}
	if how := json.Join(nil, json.Named("aspectRatio", aspect), json.Named("imageSize", r.Member("image_size"))); len(json.Names(how)) > 0 {
		config = append(config, json.Named("imageConfig", how))
	}
	turn := json.Join(nil, json.Named("role", json.Value(`"user"`)), json.Named("parts", json.Value(`[`+string(json.Join(nil, json.Named("text", json.Quote(r.Prompt))))+`]`)))
	one := json.Join(nil, json.Named("contents", json.Value("["+string(turn)+"]")), json.Named("generationConfig", json.Join(nil, config...)))
	call := Call{Path: path, Said: said}
	for range max(r.N, 1) {
		call.Bodies = append(call.Bodies, one)
	}
	return call, nil
}

// decodeGoogle reads predictions, or the candidates of an answer.
func decodeGoogle(_ *Request, a dialect.Answered) (*Response, error) {
	m, err := json.Pick(a.Body, "predictions", "candidates", "promptFeedback", "usageMetadata", "modelVersion")
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer cannot be read")
	}
	r, why := &Response{Model: json.Unquote(m[4])}, json.Unquote(json.Lookup(m[2], "blockReason"))
	predictions, _ := json.Elements(m[0])
	for _, p := range predictions {
		r.add(json.Lookup(p, "bytesBase64Encoded"))
		why = cmp.Or(why, json.Unquote(json.Lookup(p, "raiFilteredReason")))
		if n := len(r.Images); n > 0 && r.Images[n-1].RevisedPrompt == "" {
			r.Images[n-1].RevisedPrompt = json.Unquote(json.Lookup(p, "prompt"))
		}
	}
	candidates, _ := json.Elements(m[1])
	for _, c := range candidates {
		parts, _ := json.Elements(json.Lookup(c, "content", "parts"))
		for _, p := range parts {
			r.add(json.Lookup(p, "inlineData", "data"))
		}
		if reason := json.Unquote(json.Lookup(c, "finishReason")); reason != "STOP" {
			why = cmp.Or(why, reason)
		}
	}
	switch {
	case len(r.Images) == 0 && why != "":
		return nil, llm.Errorf(llm.ContentFilter, "no image was made: %s", why)
	case len(r.Images) == 0:
		return nil, llm.Errorf(llm.Upstream, "its answer has no image")
	}
	r.Usage = googleUsage(m[3])
	return r, nil
}

func googleUsage(v json.Value) *llm.Usage {
	if v.Kind() != '{' {
		return nil
	}
	var w struct {
		Prompt     int64 `json:"promptTokenCount"`
		Candidates int64 `json:"candidatesTokenCount"`
		Thoughts   int64 `json:"thoughtsTokenCount"`
	}
	if json.UnmarshalLoose(v, &w) != nil {
		return nil
	}
	kept := func(n int64) int64 { return min(max(n, 0), 1<<40) } // a slip in a counter must not cost the answer
	return &llm.Usage{Input: kept(w.Prompt), Output: kept(w.Candidates) + kept(w.Thoughts), Reasoning: kept(w.Thoughts)}
}
