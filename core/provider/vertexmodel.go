package provider

import (
	"slices"
	"strings"
)

// A vertexModel is a model in Vertex AI's Model Garden.
type vertexModel struct {
	publisher string // or endpoints, for what a project has deployed itself
	name      string // as in URLs
}

// Publishers whose models have a form of their own. Those of all others are
// behind one OpenAI-compatible endpoint.
const (
	ofGoogle    = "google"
	ofAnthropic = "anthropic"
	ofMistral   = "mistralai"
	ofAI21      = "ai21"
	ofProject   = "endpoints"
)

// publishers may stand before a model's name, with a dot or a slash behind
// them. A dot elsewhere is a part of the name: gemini-2.5-pro.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models
var publishers = []string{
	ofGoogle, ofAnthropic, ofMistral, ofAI21, ofProject,
	"meta", "deepseek-ai", "qwen", "openai", "moonshotai", "minimaxai", "zai-org", "xai", "nvidia", "intfloat",
}

// families are how models' names begin of which clients leave the publisher
// out.
var families = []struct{ prefix, publisher string }{
	{"claude-", ofAnthropic}, {"mistral-", ofMistral}, {"codestral-", ofMistral}, {"ministral-", ofMistral}, {"jamba-", ofAI21}, {"llama-", "meta"},
}

// vertexModelOf reads a model's name: gemini-2.5-pro, anthropic.claude-opus-4-1,
// meta/llama-4-scout, endpoints.123, and the resource names of the API, such as
// publishers/google/models/gemini-2.5-pro and projects/p/locations/l/endpoints/123.
func vertexModelOf(model string) vertexModel {
	if i := strings.LastIndex(model, "endpoints/"); i >= 0 && (i == 0 || model[i-1] == '/') {
		return vertexModel{ofProject, model[i+len("endpoints/"):]}
	}
	if _, rest, ok := strings.Cut("/"+model, "/publishers/"); ok {
		if publisher, name, ok := strings.Cut(rest, "/models/"); ok {
			return vertexModel{publisher, name}
		}
	}
	model = strings.TrimPrefix(model, "models/")
	if i := strings.IndexAny(model, "./"); i > 0 && slices.Contains(publishers, model[:i]) {
		return vertexModel{model[:i], model[i+1:]}
	}
	for _, f := range families {
		if strings.HasPrefix(model, f.prefix) {
			return vertexModel{f.publisher, model}
		}
	}
	return vertexModel{ofGoogle, model}
}

// VertexModel is the publisher of a model on Vertex AI and its name there; of
// what a project has deployed itself, the publisher is endpoints.
func VertexModel(model string) (publisher, name string) {
	m := vertexModelOf(model)
	return m.publisher, m.name
}

// body is the name that a body has for the model.
func (m vertexModel) body() string {
	switch m.publisher {
	case ofGoogle, ofAnthropic, ofMistral, ofAI21, ofProject:
		return m.name
	}
	return m.publisher + "/" + m.name
}

// path is how the paths of the model's endpoints begin.
func (m vertexModel) path() string {
	switch m.publisher {
	case ofGoogle, ofAnthropic, ofMistral, ofAI21:
		return "/publishers/" + m.publisher + "/"
	case ofProject:
		return "/endpoints/{model}"
	}
	return "/endpoints/openapi/"
}
