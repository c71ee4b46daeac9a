package provider

import (
	"slices"
	"strings"

	"sluice/core/dialect/embed"
	"sluice/core/dialect/legacy"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Jamba speaks OpenAI's chat, and tells what it used in a stream unasked. The
// Jurassic models before it have an API of their own.
func init() {
	add(Spec{
		ID: "ai21", Name: "AI21", Docs: "https://docs.ai21.com/reference/jamba-1-6-api-ref", BaseURL: "https://api.ai21.com/studio/v1",
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions", NoStreamUsage: true},
			{Operation: llm.Generate, Codec: legacy.AI21, Path: "/{model}/chat"},
			{Operation: llm.Embed, Task: embed.AI21, Path: "/embed"},
		},
		Serve: ai21Endpoints, URL: ai21URL, Quirks: maxTokens,
	})
}

// ai21URL finds the method of Jurassic: a prompt has one of its own.
func ai21URL(s Settings, e Endpoint, r Request) (string, error) {
	spec, _ := Find("ai21")
	base, err := spec.base(s)
	if err != nil || e.Codec == nil || e.Codec.Dialect() != llm.Jurassic {
		return base + e.Path, err
	}
	method := "/chat"
	if json.Lookup(r.Body, "prompt") != nil {
		method = "/complete"
	}
	model, err := segment("model", r.Model)
	return base + "/" + model + method, err
}

func ai21Endpoints(model string, all []Endpoint) []Endpoint {
	old := strings.HasPrefix(model, "j2-") || strings.HasPrefix(model, "j1-")
	return those(all, func(e Endpoint) bool {
		return e.Operation != llm.Generate || (e.Codec.Dialect() == llm.Jurassic) == old
	})
}

// those are the endpoints that are kept.
func those(all []Endpoint, keep func(Endpoint) bool) []Endpoint {
	return slices.DeleteFunc(slices.Clone(all), func(e Endpoint) bool { return !keep(e) })
}
