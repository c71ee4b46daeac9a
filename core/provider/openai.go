package provider

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sluice/core/llm"
)

// within are the ranges that OpenAI documents. It answers 400 beyond them.
var within = []Quirk{
	{Clamp: "temperature", Min: 0, Max: 2},
	{Clamp: "top_p", Min: 0, Max: 1},
	{Clamp: "presence_penalty", Min: -2, Max: 2},
	{Clamp: "frequency_penalty", Min: -2, Max: 2},
}

// everything is what OpenAI has beside its dialects.
var everything = []llm.Operation{
	llm.Embed, llm.Moderate, llm.GenerateImage, llm.EditImage, llm.VaryImage, llm.Speak, llm.Transcribe, llm.TranslateSound,
}

// codexHeaders are what Codex sends beside a request.
//
// https://github.com/openai/codex
var codexHeaders = []string{"Originator", "Session_id", "Session-Id", "Conversation_id", "Thread-Id", "Version", "X-Codex-*", "X-Openai-Subagent", "X-Client-Request-Id"}

func init() {
	add(Spec{
		ID: "openai", Name: "OpenAI", Docs: "https://platform.openai.com/docs/api-reference/chat",
		BaseURL: "https://api.openai.com/v1", Endpoints: with(openAI, everything...), KeepDeveloper: true, Clients: codexHeaders, Quirks: within, Auth: openAIAuth("openai"), Serve: servedByOpenAI,
		Options: append(openAITenant[:len(openAITenant):len(openAITenant)], Option{Key: "openai_beta", Headers: []string{"openai-beta"}, Plain: []string{"Openai-Beta"}}),
	})
}

// openAITenant says who pays, of those whom a key belongs to.
var openAITenant = []Option{
	{Key: "openai_organization", Headers: []string{"openai-organization"}, Plain: []string{"Openai-Organization"}},
	{Key: "openai_project", Headers: []string{"openai-project"}, Plain: []string{"Openai-Project"}},
}

func openAIAuth(id string) func(context.Context, *http.Request, Settings) error {
	return func(_ context.Context, r *http.Request, s Settings) error {
		if s.APIKey.IsZero() {
			return missingKey(id, "")
		}
		bearer(r, s.APIKey)
		setOption(r, "OpenAI-Organization", s, "openai_organization")
		setOption(r, "OpenAI-Project", s, "openai_project")
		setOption(r, "OpenAI-Beta", s, "openai_beta")
		return nil
	}
}

// responsesOnly begin the names of models that answer on the Responses API
// alone: https://platform.openai.com/docs/models
var responsesOnly = []string{
	"gpt-5-codex", "gpt-5.1-codex", "gpt-5.2-codex", "gpt-5.3-codex", "codex-mini", "gpt-5-pro", "gpt-5.2-pro", "o1-pro", "o3-pro",
	"o3-deep-research", "o4-mini-deep-research", "computer-use-preview",
}

// textOnly begin the names of models that only complete texts, and of what is
// tuned from them.
var textOnly = []string{"gpt-3.5-turbo-instruct", "davinci-002", "babbage-002", "ft:davinci-002", "ft:babbage-002"}

// neverText begin the names of models that do not complete texts. What is
// neither here nor in textOnly may do so: OpenAI knows.
var neverText = []string{"gpt-3.5-turbo", "gpt-4", "gpt-5", "chatgpt-", "o1", "o3", "o4-"}

// servedByOpenAI leaves away the dialects in which a model does not answer.
func servedByOpenAI(model string, all []Endpoint) []Endpoint {
	begins := func(p string) bool { return strings.HasPrefix(model, p) }
	var answers func(d llm.Dialect) bool
	switch {
	case slices.ContainsFunc(responsesOnly, begins):
		answers = func(d llm.Dialect) bool { return d == llm.OpenAIResponses }
	case slices.ContainsFunc(textOnly, begins):
		answers = func(d llm.Dialect) bool { return d == llm.OpenAIText }
	case slices.ContainsFunc(neverText, begins):
		answers = func(d llm.Dialect) bool { return d != llm.OpenAIText }
	default:
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(e Endpoint) bool {
		return e.Operation == llm.Generate && e.Codec != nil && !answers(e.Codec.Dialect())
	})
}
