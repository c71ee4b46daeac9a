package image

import (
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// WorkersAI makes one image a request. FLUX has another name for the steps,
// and answers in JSON; the others answer with the file.
//
// https://developers.cloudflare.com/workers-ai/models/?tasks=Text-to-Image
var WorkersAI = Form{Encode: encodeWorkersAI, Decode: decodeWorkersAI, Gives: Base64}

func encodeWorkersAI(r *Request, t dialect.Target) (Call, error) {
	if r.N > mostRequests {
		return Call{}, dialect.BadMember("n", "must be at most 10 for a model that makes one image a request")
	}
	steps, name := r.Member("steps"), "num_steps"
	if steps == nil {
		steps = r.Member("num_steps")
	}
	if strings.Contains(t.Model, "flux") {
		name = "steps"
	}
	members := []string{"negative_prompt", "seed", "guidance", "image_b64", "strength"}
	w := json.NewWriter("{")
	w.Str("prompt", r.Prompt)
	w.Raw("width", whole(r.Width))
	w.Raw("height", whole(r.Height))
	w.Raw(name, steps)
	for _, m := range members {
		w.Raw(m, r.Member(m))
	}
	w.Close('}')
	return Call{
		Bodies: slices.Repeat([][]byte{w.B}, int(max(r.N, 1))),
		Said:   append([]string{"n", "size", "steps", "num_steps"}, members...),
	}, r.Sized()
}

func decodeWorkersAI(_ *Request, a dialect.Answered) (*Response, error) {
	if r := file(a); r != nil {
		return r, nil
	}
	r := &Response{}
	r.add(json.Lookup(a.Body, "result", "image"))
	if len(r.Images) == 0 {
		return nil, llm.Errorf(llm.Upstream, "its answer has no image")
	}
	return r, nil
}
