package provider

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"sluice/core/dialect/anthropic"
	"sluice/core/llm"
	"sluice/core/secret"
)

// anthropicVersion is the version of the API that its documentation is about.
// There has been no later one; what is new comes as a beta.
const anthropicVersion = "2023-06-01"

var anthropicOptions = []Option{
	{Key: "anthropic_version", Headers: []string{"anthropic-version"}, Plain: []string{"Anthropic-Version"}},
	{Key: "anthropic_beta", Headers: []string{"anthropic-beta"}, Plain: []string{"Anthropic-Beta"}},
}

func init() {
	add(Spec{
		ID: "anthropic", Name: "Anthropic", Docs: "https://platform.claude.com/docs/en/api/messages",
		BaseURL: "https://api.anthropic.com/v1", Auth: anthropicAuth,
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: anthropic.Codec{}, Path: "/messages"},
			{Operation: llm.CountTokens, Codec: anthropic.Codec{}, Path: "/messages/count_tokens"},
		},
		Options: append(anthropicOptions[:2:2], Option{Key: "anthropic_api_key", Plain: []string{"X-Api-Key"}}),
	})
}

func anthropicAuth(_ context.Context, r *http.Request, s Settings) error {
	key := s.APIKey
	if key.IsZero() {
		key = s.Options["anthropic_api_key"]
	}
	if key.IsZero() {
		return missingKey("anthropic", " or in x-api-key")
	}
	anthropicHeaders(r, s, key)
	return nil
}

// anthropicHeaders sets what the Messages API wants. Betas are wanted by the
// request's own features, which stand in r already, by the config and by
// clients; nothing is asked for that none of them named.
func anthropicHeaders(r *http.Request, s Settings, key secret.Value) {
	if !key.IsZero() {
		r.Header.Set("X-Api-Key", key.Reveal())
	}
	r.Header.Set("Anthropic-Version", cmp.Or(s.Option("anthropic_version"), anthropicVersion))
	if betas := union(headerText(r.Header, "Anthropic-Beta"), s.Option("anthropic_beta")); betas != "" {
		r.Header.Set("Anthropic-Beta", betas)
	}
}

// union joins comma-separated lists, each element once.
func union(lists ...string) string {
	var out []string
	for v := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return strings.Join(out, ",")
}
