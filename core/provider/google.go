package provider

import (
	"context"
	"net/http"
	"strings"

	"sluice/core/dialect/embed"
	"sluice/core/dialect/gemini"
	"sluice/core/dialect/image"
	"sluice/core/llm"
)

func init() {
	add(Spec{
		ID: "google", Name: "Google Gemini", Docs: "https://ai.google.dev/api/generate-content",
		BaseURL: "https://generativelanguage.googleapis.com", URL: googleURL, Auth: googleAuth, Adapt: googleAdapt,
		Endpoints: []Endpoint{
			{
				Operation: llm.Generate, Codec: gemini.Codec{},
				Path: "/models/{model}:generateContent", StreamPath: "/models/{model}:streamGenerateContent?alt=sse",
			},
			{Operation: llm.CountTokens, Codec: gemini.Codec{}, Path: "/models/{model}:countTokens"},
			{Operation: llm.Embed, Task: embedsAsGoogle(embed.Gemini), Path: "/models/{model}:embedContent"},
			{Operation: llm.GenerateImage, Task: drawsAsGoogle("/models/{model}:generateContent"), Path: "/models/{model}:predict"},
		},
	})
}

// googleError reads errors of operations that are no conversation: they have
// Google's form everywhere.
var googleError = gemini.Codec{}.Raw(nil).DecodeError

func embedsAsGoogle(f embed.Form) embed.Form {
	f.Error = googleError
	return f
}

func drawsAsGoogle(generatePath string) image.Form {
	f := image.Google(generatePath)
	f.Error = googleError
	return f
}

// googleURL puts the version before the path: the client's own, where it
// speaks Google's dialect. Tuned models stand in a collection of their own.
//
// https://ai.google.dev/gemini-api/docs/api-versions
func googleURL(s Settings, e Endpoint, r Request) (string, error) {
	base, err := hostOr(s, "https://generativelanguage.googleapis.com")
	if err != nil {
		return "", err
	}
	version := "/v1beta"
	if strings.HasPrefix(r.Path, "/v1alpha/") {
		version = "/v1alpha"
	}
	path, model := e.path(r), strings.TrimPrefix(r.Model, "models/")
	if tuned, ok := strings.CutPrefix(model, "tunedModels/"); ok {
		path, model = "/tunedModels/"+strings.TrimPrefix(path, "/models/"), tuned
	}
	name, err := modelSegment(model)
	return base + version + strings.Replace(path, "{model}", name, 1), err
}

// googleAuth sends the key in a header: a key in the query, which the API
// takes as well, ends in logs and traces.
func googleAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("google", " or in x-goog-api-key")
	}
	r.Header.Set("X-Goog-Api-Key", s.APIKey.Reveal())
	return nil
}

// googleAdapt brings a body of countTokens into the form that the API takes.
func googleAdapt(_ Settings, e Endpoint, model string, body []byte) ([]byte, []string, error) {
	if e.Operation != llm.CountTokens {
		return body, nil, nil
	}
	out, err := gemini.CountOwnBody(body, "google", model)
	return out, nil, err
}
