package api

import (
	"net/http"
	"net/url"

	"sluice/core/dialect/gemini"
	"sluice/core/internal/header"
	"sluice/core/llm"
)

// Google has one dialect under two roofs: the Gemini API, and Vertex AI with
// a project and a location in its paths.
//
// https://ai.google.dev/api
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
var (
	geminiPaths = []string{"/v1beta/models/", "/v1/models/", "/v1alpha/models/", "/v1/v1beta/models/"}
	vertexPaths = []string{
		"/v1/projects/*/locations/*/publishers/google/models/", "/v1beta1/projects/*/locations/*/publishers/google/models/",
		"/v1/publishers/google/models/", "/v1beta1/publishers/google/models/", // an API key's (express mode)
	}
)

// googlePatterns are the paths of Google's SDKs, also with a base URL that
// ends in /v1.
func googlePatterns() []pattern {
	var all []pattern
	for _, before := range geminiPaths {
		all = append(all, google(before, "google")...)
	}
	for _, before := range vertexPaths {
		all = append(all, google(before, "vertex-ai")...)
	}
	return all
}

func google(before, provider string) []pattern {
	row := func(op llm.Operation) map[string]routeSpec {
		return map[string]routeSpec{http.MethodPost: {operation: op, dialect: gemini.Codec{}, provider: provider, anyType: true}}
	}
	return []pattern{
		{before: before, after: ":generateContent", methods: row(llm.Generate)},
		{before: before, after: ":streamGenerateContent", stream: true, methods: row(llm.Generate)},
		{before: before, after: ":countTokens", methods: row(llm.CountTokens)},
	}
}

// takeKey moves a key from the query, where Google's clients may put it, into
// the header. Queries end in logs and in the URLs of providers.
func (q *request) takeKey() {
	if q.route.dialect.Dialect() != llm.Gemini || q.r.URL.RawQuery == "" {
		return
	}
	query, err := url.ParseQuery(q.r.URL.RawQuery)
	if err != nil || !query.Has("key") {
		return
	}
	key := query.Get("key")
	query.Del("key")
	q.r = q.r.Clone(q.r.Context())
	q.r.URL.RawQuery = query.Encode()
	if header.Get(q.r.Header, "X-Goog-Api-Key") == "" {
		header.Set(q.r.Header, "X-Goog-Api-Key", key)
	}
	q.header = q.r.Header
}
