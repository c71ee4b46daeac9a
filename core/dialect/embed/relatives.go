package embed

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Mistral has other names for the size of vectors, and answers 422 to what it
// does not know.
//
// https://docs.mistral.ai/api/endpoint/embeddings
var Mistral = Like{Rename: [][2]string{{"dimensions", "output_dimension"}}, Drop: []string{"user"}, List: true, Packs: true}

// Voyage has other names for the size of vectors, and for inputs with images,
// which have a path of their own.
//
// https://docs.voyageai.com/reference/embeddings-api and
// https://docs.voyageai.com/reference/multimodal-embeddings-api
var Voyage = Like{Rename: [][2]string{{"dimensions", "output_dimension"}}, Drop: []string{"user"}, List: true, Media: voyageMedia}

// Jina has another name for encoding_format, which asks for other things as
// well.
//
// https://jina.ai/embeddings
var Jina = Like{Drop: []string{"user"}, Media: jinaMedia}

// Listing is for providers that want a list even of one input.
var Listing = Like{List: true, Packs: true}

// AzureAI has a path of its own for inputs with images.
//
// https://learn.microsoft.com/rest/api/aifoundry/modelinference/get-image-embeddings/get-image-embeddings
var AzureAI = Like{Packs: true, Media: azureMedia}

type azureInput struct {
	Image string `json:"image"`
	Text  string `json:"text,omitzero"`
}

func azureMedia(r *Request) (name string, inputs json.Value, path string, err error) {
	all := make([]azureInput, len(r.Inputs))
	for i, in := range r.Inputs {
		if in.Image == nil || in.Video != nil {
			return "", nil, "", llm.Errorf(llm.BadRequest, "input[%d]: azure-ai takes an image for each input, or for none", i)
		}
		all[i] = azureInput{Image: dataURL(in.Image, "image/png"), Text: in.Text}
	}
	inputs, err = json.Marshal(all)
	return "input", inputs, "/images/embeddings", err
}

type voyageInput struct {
	Content []voyagePart `json:"content"`
}

type voyagePart struct {
	Type   string `json:"type"`
	Text   string `json:"text,omitzero"`
	URL    string `json:"image_url,omitzero"`
	Base64 string `json:"image_base64,omitzero"`
	Video  string `json:"video_url,omitzero"`
	Film   string `json:"video_base64,omitzero"`
}

func voyageMedia(r *Request) (name string, inputs json.Value, path string, err error) {
	all := make([]voyageInput, len(r.Inputs))
	for i, in := range r.Inputs {
		if in.Tokens != nil {
			return "", nil, "", llm.Errorf(llm.BadRequest, "input: token ids are not supported by voyage: send the text")
		}
		if in.Text != "" {
			all[i].Content = append(all[i].Content, voyagePart{Type: "text", Text: in.Text})
		}
		if m := in.Image; m != nil {
			all[i].Content = append(all[i].Content, imagePart(m))
		}
		if m := in.Video; m != nil {
			all[i].Content = append(all[i].Content, videoPart(m))
		}
	}
	inputs, err = json.Marshal(all)
	return "inputs", inputs, "/multimodalembeddings", err
}

func imagePart(m *Media) voyagePart {
	if m.URL != "" && !strings.HasPrefix(m.URL, "data:") {
		return voyagePart{Type: "image_url", URL: m.URL}
	}
	return voyagePart{Type: "image_base64", Base64: dataURL(m, "image/png")}
}

func videoPart(m *Media) voyagePart {
	if m.URL != "" && !strings.HasPrefix(m.URL, "data:") {
		return voyagePart{Type: "video_url", Video: m.URL}
	}
	return voyagePart{Type: "video_base64", Film: dataURL(m, "video/mp4")}
}

// dataURL gives bare base64 the type that it most likely is: servers look
// into the bytes.
func dataURL(m *Media, likely string) string {
	if m.URL != "" {
		return m.URL
	}
	return "data:" + likely + ";base64," + m.Base64
}

// jinaMedia writes {"image": url or base64}, one medium an input.
func jinaMedia(r *Request) (name string, inputs json.Value, path string, err error) {
	all := make([]map[string]string, len(r.Inputs))
	for i, in := range r.Inputs {
		switch {
		case in.Tokens != nil, in.Video != nil, in.Text != "" && in.Image != nil:
			return "", nil, "", llm.Errorf(llm.BadRequest, "input[%d]: jina takes either a text or an image", i)
		case in.Image != nil:
			all[i] = map[string]string{"image": in.Image.URL + in.Image.Base64}
		default:
			all[i] = map[string]string{"text": in.Text}
		}
	}
	inputs, err = json.Marshal(all)
	return "input", inputs, "", err
}
