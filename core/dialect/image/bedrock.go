package image

import (
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Bedrock is InvokeModel of Amazon Bedrock: Amazon's models share a form,
// Stability's newer ones another, and Stable Diffusion XL has one of its own.
//
// https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html
var Bedrock = Form{Encode: encodeBedrock, Decode: decodeBedrock, Gives: Base64}

func encodeBedrock(r *Request, t dialect.Target) (Call, error) {
	if err := r.Sized(); err != nil {
		return Call{}, err
	}
	switch model := t.Model; {
	case strings.Contains(model, "stable-diffusion-xl"):
		return encodeXL(r), nil
	case strings.Contains(model, "stability."):
		return encodeStability(r)
	case strings.Contains(model, "titan-image"), strings.Contains(model, "nova-canvas"):
		return encodeAmazon(r), nil
	}
	return Call{}, llm.Errorf(llm.BadRequest, "%s of bedrock is not known to make images: Titan, Nova Canvas and Stability do", t.Model)
}

func encodeAmazon(r *Request) Call {
	what := json.Join(nil, json.Named("text", json.Quote(r.Prompt)), json.Named("negativeText", r.Member("negative_prompt")), json.Named("style", r.Member("style")))
	how := json.Join(nil, json.Named("numberOfImages", whole(r.N)), json.Named("width", whole(r.Width)), json.Named("height", whole(r.Height)),
		json.Named("quality", amazonQuality(r)), json.Named("cfgScale", r.Member("cfg_scale")), json.Named("seed", r.Member("seed")))
	return Call{
		Bodies: [][]byte{json.Join(nil, json.Named("taskType", json.Value(`"TEXT_IMAGE"`)), json.Named("textToImageParams", what), json.Named("imageGenerationConfig", how))},
		Said:   []string{"n", "size", "negative_prompt", "style", "quality", "cfg_scale", "seed"},
	}
}

// amazonQuality has OpenAI's words for quality as Amazon has them.
func amazonQuality(r *Request) json.Value {
	switch v := r.Member("quality"); json.Unquote(v) {
	case "hd", "high":
		return json.Value(`"premium"`)
	case "medium", "low", "auto":
		return json.Value(`"standard"`)
	default:
		return v
	}
}

// encodeStability writes a request for the models that give one image.
func encodeStability(r *Request) (Call, error) {
	if r.N > mostRequests {
		return Call{}, dialect.BadMember("n", "must be at most 10 for a model that makes one image a request")
	}
	mode := r.Member("mode")
	if mode == nil && r.Member("image") != nil {
		mode = json.Value(`"image-to-image"`)
	}
	one := json.Join(nil, json.Named("prompt", json.Quote(r.Prompt)), json.Named("mode", mode), json.Named("negative_prompt", r.Member("negative_prompt")),
		json.Named("aspect_ratio", aspect(r)), json.Named("seed", r.Member("seed")), json.Named("output_format", r.Member("output_format")),
		json.Named("image", r.Member("image")), json.Named("strength", r.Member("strength")))
	call := Call{Said: []string{"mode", "negative_prompt", "aspect_ratio", "seed", "output_format", "image", "strength", "n"}}
	if aspect(r) != nil {
		call.Said = append(call.Said, "size")
	}
	for range max(r.N, 1) {
		call.Bodies = append(call.Bodies, one)
	}
	return call, nil
}

// mostRequests is how many requests one of the client's may become. It is
// OpenAI's own limit for n.
const mostRequests = 10

// aspect is the client's aspect ratio, or that of a size if it is one of
// Stability's.
func aspect(r *Request) json.Value {
	if v := r.Member("aspect_ratio"); v != nil || r.Width == 0 {
		return v
	}
	for _, ratio := range [][2]int64{{16, 9}, {1, 1}, {21, 9}, {2, 3}, {3, 2}, {4, 5}, {5, 4}, {9, 16}, {9, 21}} {
		if r.Width*ratio[1] == r.Height*ratio[0] {
			return json.Quote(strconv.FormatInt(ratio[0], 10) + ":" + strconv.FormatInt(ratio[1], 10))
		}
	}
	return nil
}

func encodeXL(r *Request) Call {
	prompt := json.Join(nil, json.Named("text", json.Quote(r.Prompt)), json.Named("weight", json.Value("1")))
	prompts := json.NewWriter("[")
	prompts.Element(prompt)
	if not := r.Member("negative_prompt"); not != nil {
		prompts.Element(json.Join(nil, json.Named("text", not), json.Named("weight", json.Value("-1"))))
	}
	prompts.Close(']')
	return Call{
		Bodies: [][]byte{json.Join(nil, json.Named("text_prompts", prompts.B), json.Named("samples", whole(r.N)), json.Named("width", whole(r.Width)),
			json.Named("height", whole(r.Height)), json.Named("style_preset", r.Member("style")), json.Named("seed", r.Member("seed")),
			json.Named("cfg_scale", r.Member("cfg_scale")), json.Named("steps", r.Member("steps")))},
		Said: []string{"n", "size", "style", "seed", "cfg_scale", "steps", "negative_prompt"},
	}
}

func whole(n int64) json.Value {
	if n == 0 {
		return nil
	}
	return json.Value(strconv.FormatInt(n, 10))
}

// decodeBedrock reads a list of images, or of artifacts. What a filter has
// taken out is an error: there is nothing to show for it.
func decodeBedrock(_ *Request, a dialect.Answered) (*Response, error) {
	m, err := json.Pick(a.Body, "images", "artifacts", "error", "finish_reasons")
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer cannot be read")
	}
	r := &Response{}
	images, _ := json.Elements(m[0])
	for _, v := range images {
		r.add(v)
	}
	artifacts, _ := json.Elements(m[1])
	for _, v := range artifacts {
		r.add(json.Lookup(v, "base64"))
	}
	if len(r.Images) == 0 {
		return nil, filtered(m[2], m[3], artifacts)
	}
	return r, nil
}

func (r *Response) add(v json.Value) {
	if data := json.Unquote(v); data != "" {
		r.Images = append(r.Images, Image{Base64: data})
	}
}

// filtered says why there is no image.
func filtered(message, reasons json.Value, artifacts []json.Value) error {
	why := json.Unquote(message)
	if why == "" {
		why = json.Unquote(json.Lookup(reasons, "0"))
	}
	if why == "" && len(artifacts) > 0 {
		why = json.Unquote(json.Lookup(artifacts[0], "finishReason"))
	}
	if why == "" {
		return llm.Errorf(llm.Upstream, "its answer has no image")
	}
	return llm.Errorf(llm.ContentFilter, "no image was made: %s", why)
}
