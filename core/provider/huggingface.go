package provider

import "strings"

func init() {
	add(Spec{
		ID: "huggingface", Name: "Hugging Face", Docs: "https://huggingface.co/docs/inference-providers/index",
		BaseURL: huggingFaceRouter, URL: huggingFaceURL, Endpoints: chatText, Quirks: maxTokens,
		Options: []Option{{Key: "huggingface_base_url", Headers: []string{"huggingface-base-url"}, Host: true}},
	})
}

const huggingFaceRouter = "https://router.huggingface.co/v1"

// huggingFaceURL knows three kinds of hosts: the router, which takes the model
// from the body; a dedicated endpoint, which has one model; and a custom
// host, which has the paths of the inference API that the router replaced.
func huggingFaceURL(s Settings, e Endpoint, r Request) (string, error) {
	dedicated := s.Option("huggingface_base_url")
	switch {
	case s.CustomHost != "":
		base, err := hostOr(s, "")
		if err != nil || dedicated != "" {
			return base + "/v1" + e.Path, err
		}
		model, err := modelPath(r.Model)
		return base + "/models/" + model + "/v1" + e.Path, err
	case dedicated != "":
		base, err := httpsBase("huggingface_base_url", dedicated)
		return strings.TrimSuffix(base, "/v1") + "/v1" + e.Path, err
	}
	return huggingFaceRouter + e.Path, nil
}

// modelPath writes owner/name as two segments.
func modelPath(model string) (string, error) {
	var out []string
	for part := range strings.SplitSeq(model, "/") {
		p, err := segment("model", part)
		if err != nil {
			return "", err
		}
		out = append(out, p)
	}
	return strings.Join(out, "/"), nil
}
