package provider

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/secret"
)

// GM-10: the region global, publishers' paths, several regions under one host.
func TestVertexURLs(t *testing.T) {
	t.Parallel()
	at := func(region string) Settings {
		return Settings{Options: options("vertex_project_id", "p-1", "vertex_region", region)}
	}
	const us = "https://us-central1-aiplatform.googleapis.com/v1/projects/p-1/locations/us-central1"
	express := Settings{APIKey: secret.New("AIzaSyKey")}
	tests := []struct {
		name   string
		op     llm.Operation
		client llm.Dialect
		set    Settings
		r      Request
		want   string
	}{
		{"gemini", llm.Generate, llm.OpenAIChat, at("us-central1"), Request{Model: "gemini-2.5-pro"}, us + "/publishers/google/models/gemini-2.5-pro:generateContent"},
		{"gemini streams", llm.Generate, llm.OpenAIChat, at("us-central1"), Request{Model: "google.gemini-2.5-pro", Stream: true},
			us + "/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"},
		{"gemini counts", llm.CountTokens, llm.Gemini, at("us-central1"), Request{Model: "google/gemini-2.5-pro"}, us + "/publishers/google/models/gemini-2.5-pro:countTokens"},
		{"a resource's name", llm.Generate, llm.Gemini, at("us-central1"), Request{Model: "publishers/google/models/gemini-2.5-pro"},
			us + "/publishers/google/models/gemini-2.5-pro:generateContent"},
		{"claude", llm.Generate, llm.Anthropic, at("us-central1"), Request{Model: "anthropic.claude-opus-4-1@20250805"},
			us + "/publishers/anthropic/models/claude-opus-4-1@20250805:rawPredict"},
		{"claude streams, without its publisher", llm.Generate, llm.Gemini, at("us-central1"), Request{Model: "claude-opus-4-1", Stream: true},
			us + "/publishers/anthropic/models/claude-opus-4-1:streamRawPredict"},
		{"claude counts", llm.CountTokens, llm.Anthropic, at("us-central1"), Request{Model: "anthropic.claude-opus-4-1"},
			us + "/publishers/anthropic/models/count-tokens:rawPredict"},
		{"mistral", llm.Generate, llm.OpenAIChat, at("us-central1"), Request{Model: "mistralai.mistral-small-2503", Stream: true},
			us + "/publishers/mistralai/models/mistral-small-2503:streamRawPredict"},
		{"jamba", llm.Generate, llm.OpenAIChat, at("us-central1"), Request{Model: "ai21.jamba-1.5-mini"}, us + "/publishers/ai21/models/jamba-1.5-mini:rawPredict"},
		{"llama", llm.Generate, llm.OpenAIChat, at("us-central1"), Request{Model: "meta.llama-3.3-70b-instruct-maas"}, us + "/endpoints/openapi/chat/completions"},
		{"deepseek", llm.Generate, llm.Anthropic, at("us-central1"), Request{Model: "deepseek-ai/deepseek-v3.1-maas"}, us + "/endpoints/openapi/chat/completions"},
		{"a project's own", llm.Generate, llm.OpenAIChat, at("us-central1"), Request{Model: "endpoints.123"}, us + "/endpoints/123/chat/completions"},
		{"a tuned gemini in its dialect", llm.Generate, llm.Gemini, at("us-central1"), Request{Model: "projects/p-1/locations/us-central1/endpoints/123", Stream: true},
			us + "/endpoints/123:streamGenerateContent?alt=sse"},
		{"global", llm.Generate, llm.Gemini, at("global"), Request{Model: "gemini-2.5-pro"},
			"https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google/models/gemini-2.5-pro:generateContent"},
		{"several regions", llm.Generate, llm.Anthropic, at("eu"), Request{Model: "claude-opus-4-1"},
			"https://aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu/publishers/anthropic/models/claude-opus-4-1:rawPredict"},
		{"express mode", llm.Generate, llm.Gemini, express, Request{Model: "gemini-2.5-flash"},
			"https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-flash:generateContent"},
		{"an API key of a project", llm.Generate, llm.Gemini, Settings{APIKey: secret.New("AQ.key"), Options: at("global").Options}, Request{Model: "gemini-2.5-flash"},
			"https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"},
		{"the service account names the project", llm.Generate, llm.Gemini,
			Settings{Options: options("vertex_region", "global", "vertex_service_account_json", `{"project_id":"p-2"}`)}, Request{Model: "gemini-2.5-flash"},
			"https://aiplatform.googleapis.com/v1/projects/p-2/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"},
		{"the client's path names what nothing else does", llm.Generate, llm.Gemini, Settings{},
			Request{Model: "gemini-2.5-flash", Path: "/v1beta1/projects/p-3/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"},
			"https://aiplatform.googleapis.com/v1beta1/projects/p-3/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"},
		{"the target's place counts more", llm.Generate, llm.Gemini, at("us-central1"),
			Request{Model: "gemini-2.5-flash", Path: "/v1/projects/p-3/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"},
			us + "/publishers/google/models/gemini-2.5-flash:generateContent"},
		{"custom host", llm.Generate, llm.Gemini, Settings{CustomHost: "http://h/", Options: at("global").Options}, Request{Model: "gemini-2.5-flash"},
			"http://h/v1/projects/p-1/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := vertexAddress(t, tt.op, tt.client, tt.set, tt.r)
			if err != nil || got != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func vertexAddress(t *testing.T, op llm.Operation, client llm.Dialect, set Settings, r Request) (string, error) {
	t.Helper()
	s, _ := Find("vertex-ai")
	e, ok := s.Endpoint(op, client, set, r.Model)
	if !ok {
		t.Fatalf("no endpoint for %s of %s", op, r.Model)
	}
	u, err := s.Resolve(set, e, r)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

func TestVertexURLsCannotBeMoved(t *testing.T) {
	t.Parallel()
	place := func(project, region string) Settings {
		return Settings{Options: options("vertex_project_id", project, "vertex_region", region)}
	}
	for _, evil := range []string{"evil.com/", "evil.com#", "a?b", "u@evil.com", `a\b`, "..", "%2f", "a\n", "a/b"} {
		for name, tt := range map[string]struct {
			set  Settings
			path string
		}{
			"region":  {place("p", evil), ""},
			"project": {place(evil, "global"), ""},
			"path":    {Settings{}, "/v1/projects/p/locations/" + evil + "/x"},
		} {
			got, err := vertexAddress(t, llm.Generate, llm.Gemini, tt.set, Request{Model: "gemini-2.5-pro", Path: tt.path})
			if strings.Contains(evil, "/") && name == "path" {
				continue // another path
			}
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest {
				t.Errorf("%s %q: got %s, %v, want a refusal", name, evil, got, err)
			}
		}
	}
	for _, model := range []string{"", "..", "google.", "endpoints/.."} {
		if got, err := vertexAddress(t, llm.Generate, llm.OpenAIChat, place("p", "global"), Request{Model: model}); err == nil {
			t.Errorf("model %q: got %s, want a refusal", model, got)
		}
	}
	if _, err := vertexAddress(t, llm.Generate, llm.Gemini, place("p", ""), Request{Model: "m"}); err == nil {
		t.Error("without a region: no refusal")
	}
}

func TestVertexBodies(t *testing.T) {
	t.Parallel()
	s, _ := Find("vertex-ai")
	tests := []struct {
		name, model string
		op          llm.Operation
		options     []string
		body, want  string
	}{
		{"claude's version, and no model", "anthropic.claude-opus-4-1", llm.Generate, nil, `{"model":"x","max_tokens":1}`, `{"max_tokens":1,"anthropic_version":"vertex-2023-10-16"}`},
		{"the client's version stays", "claude-opus-4-1", llm.Generate, nil, `{"anthropic_version":"vertex-2099-01-01"}`, `{"anthropic_version":"vertex-2099-01-01"}`},
		{"the version of the other API does not count", "claude-opus-4-1", llm.Generate, []string{"anthropic_version", "2023-06-01"}, `{"a":1}`, `{"a":1,"anthropic_version":"vertex-2023-10-16"}`},
		{"the target's version", "claude-opus-4-1", llm.Generate, []string{"anthropic_version", "vertex-2024-01-01"}, `{"a":1}`, `{"a":1,"anthropic_version":"vertex-2024-01-01"}`},
		{"claude counts by name", "anthropic.claude-opus-4-1", llm.CountTokens, nil, `{"model":"anthropic.claude-opus-4-1","messages":[]}`, `{"model":"claude-opus-4-1","messages":[]}`},
		{"mistral's habits", "mistral-small-2503", llm.Generate, nil, `{"model":"mistral-small-2503","seed":1,"user":"u"}`, `{"model":"mistral-small-2503","random_seed":1}`},
		{"gemini stays", "gemini-2.5-pro", llm.Generate, nil, `{"contents":[]}`, `{"contents":[]}`},
		{"llama stays", "meta/llama-4-maas", llm.Generate, nil, `{"model":"meta/llama-4-maas","max_tokens":9000}`, `{"model":"meta/llama-4-maas","max_tokens":9000}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			set := Settings{Options: options(tt.options...)}
			e, _ := s.Endpoint(tt.op, llm.OpenAIChat, set, tt.model)
			got, _, err := s.Adapt(set, e, tt.model, []byte(tt.body))
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestVertexModelsInBodies(t *testing.T) {
	t.Parallel()
	s, _ := Find("vertex-ai")
	for model, want := range map[string]string{
		"meta.llama-3.3-70b-instruct-maas": "meta/llama-3.3-70b-instruct-maas", "qwen/qwen3-235b": "qwen/qwen3-235b", "llama-4-maas": "meta/llama-4-maas",
		"endpoints.123": "123", "mistralai.codestral-2501": "codestral-2501", "anthropic.claude-3-5-sonnet-v2@20241022": "claude-3-5-sonnet-v2@20241022",
		"publishers/meta/models/llama-4-maas": "meta/llama-4-maas", "gemini-2.5-pro": "gemini-2.5-pro", "models/gemini-2.5-pro": "gemini-2.5-pro",
	} {
		if got := s.BodyModel(Settings{}, model); got != want {
			t.Errorf("%s: got %s, want %s", model, got, want)
		}
	}
}

func TestVertexHeaders(t *testing.T) {
	t.Parallel()
	s, _ := Find("vertex-ai")
	const claude = "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models/claude-opus-4-1:rawPredict"
	const gemini = "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-pro:generateContent"
	tests := []struct {
		name, url string
		set       Settings
		want      http.Header
	}{
		{"an access token", gemini, Settings{APIKey: secret.New("ya29.t")}, http.Header{"Authorization": {"Bearer ya29.t"}}},
		{"an API key", gemini, Settings{APIKey: secret.New("AIzaKey")}, http.Header{"X-Goog-Api-Key": {"AIzaKey"}}},
		{"betas are Claude's", claude, Settings{APIKey: secret.New("ya29.t"), Options: options("anthropic_beta", "a")},
			http.Header{"Authorization": {"Bearer ya29.t"}, "Anthropic-Beta": {"a"}}},
		{"and nobody else's", gemini, Settings{APIKey: secret.New("ya29.t"), Options: options("anthropic_beta", "a")}, http.Header{"Authorization": {"Bearer ya29.t"}}},
	}
	for _, tt := range tests {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tt.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Authorize(t.Context(), r, tt.set); err != nil || len(r.Header) != len(tt.want) {
			t.Errorf("%s: %v, %v", tt.name, r.Header, err)
		}
		for k := range tt.want {
			if r.Header.Get(k) != tt.want.Get(k) {
				t.Errorf("%s: %s is %q", tt.name, k, r.Header.Get(k))
			}
		}
	}
}
