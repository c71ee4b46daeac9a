package image

import (
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Together takes width and height in place of a size, and base64 for what
// OpenAI calls b64_json.
//
// https://docs.together.ai/reference/post-images-generations
var Together = Form{
	Encode: func(r *Request, _ dialect.Target) (Call, error) {
		edits, err := sides(r)
		if err != nil {
			return Call{}, err
		}
		if r.Format == Base64 {
			edits = append(edits, json.Edit{Name: "response_format", Value: json.Value(`"base64"`)})
		}
		return respelled(r, edits...)
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) { return DecodeResponse(a.Body, "data") },
}

// SiliconFlow has names of its own for size and number, and gives addresses
// that are good for an hour.
//
// https://docs.siliconflow.cn/en/api-reference/images/images-generations
var SiliconFlow = Form{
	Gives: URL,
	Encode: func(r *Request, _ dialect.Target) (Call, error) {
		var edits []json.Edit
		for _, names := range [][2]string{{"size", "image_size"}, {"n", "batch_size"}, {"response_format", ""}} {
			v := r.Member(names[0])
			if v == nil {
				continue
			}
			edits = append(edits, json.Edit{Name: names[0]})
			if names[1] != "" && r.Member(names[1]) == nil {
				edits = append(edits, json.Edit{Name: names[1], Value: v})
			}
		}
		c, err := respelled(r, edits...)
		c.Said = slices.DeleteFunc(c.Said, func(name string) bool { return name == "response_format" })
		return c, err
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) { return DecodeResponse(a.Body, "images") },
}

// Hyperbolic has another name for the model, and makes one image a request.
//
// https://docs.hyperbolic.xyz/docs/image-generation-apis
var Hyperbolic = Form{
	Gives: Base64,
	Encode: func(r *Request, _ dialect.Target) (Call, error) {
		edits, err := sides(r)
		if err != nil {
			return Call{}, err
		}
		edits = append(edits, json.Edit{Name: "n"}, json.Edit{Name: "response_format"}, json.Edit{Name: "model"}, json.Edit{Name: "model_name", Value: json.Quote(r.Model)})
		body, err := json.Splice(r.body, edits...)
		said := slices.DeleteFunc(json.Names(r.body), func(name string) bool { return name == "response_format" })
		return Call{Bodies: slices.Repeat([][]byte{body}, int(max(r.N, 1))), Said: said}, err
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) { return DecodeResponse(a.Body, "images") },
}

// sides replaces size by width and height, unless the client has these.
func sides(r *Request) ([]json.Edit, error) {
	if r.Member("size") == nil {
		return nil, nil
	}
	edits := []json.Edit{{Name: "size"}}
	if r.Width > 0 && r.Member("width") == nil && r.Member("height") == nil {
		edits = append(edits, json.Edit{Name: "width", Value: number(r.Width)}, json.Edit{Name: "height", Value: number(r.Height)})
	}
	return edits, r.Sized()
}
