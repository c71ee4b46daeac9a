package provider

import (
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openairesponses"
	"sluice/core/dialect/openaitext"
	"sluice/core/llm"
)

// chat is what a provider that speaks OpenAI's dialect has when nothing else
// is said. Some have the version in their paths, where others have it in
// their base: a custom host replaces the base only.
var (
	chat   = []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions"}}
	v1Chat = []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/v1/chat/completions"}}
)

// chatText and v1ChatText are for those that complete texts, too.
var (
	chatText   = withText(chat)
	v1ChatText = withText(v1Chat)
)

// withText adds OpenAI's older Completions to endpoints, the first of which is
// chat. Where they are missing, clients of that API get answers of chat.
func withText(some []Endpoint) []Endpoint {
	root := strings.TrimSuffix(some[0].Path, "/chat/completions")
	return append(slices.Clone(some), Endpoint{Operation: llm.Generate, Codec: openaitext.Codec{}, Path: root + "/completions"})
}

// openAI is what the two have that speak all of OpenAI's dialects. Chat is
// preferred for clients of others: every model that answers there takes it.
var openAI = []Endpoint{
	{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions"},
	{Operation: llm.Generate, Codec: openairesponses.Codec{}, Path: responsesPath},
	{Operation: llm.Generate, Codec: openaitext.Codec{}, Path: "/completions"},
	{Operation: llm.Compact, Codec: openairesponses.Codec{}, Path: responsesPath + "/compact"},
}

const responsesPath = "/responses"

// paths are where OpenAI has the operations that are no conversation, under
// the root of its chat.
//
// https://platform.openai.com/docs/api-reference
var paths = map[llm.Operation]string{
	llm.Embed: "/embeddings", llm.Moderate: "/moderations", llm.Rerank: "/rerank",
	llm.GenerateImage: "/images/generations", llm.EditImage: "/images/edits", llm.VaryImage: "/images/variations",
	llm.Speak: "/audio/speech", llm.Transcribe: "/audio/transcriptions", llm.TranslateSound: "/audio/translations",
}

// sounds are the operations on speech.
var sounds = []llm.Operation{llm.Speak, llm.Transcribe, llm.TranslateSound}

// with adds operations of OpenAI's form to endpoints, the first of which is
// chat.
func with(some []Endpoint, ops ...llm.Operation) []Endpoint {
	root := strings.TrimSuffix(some[0].Path, "/chat/completions")
	all := slices.Clone(some)
	for _, op := range ops {
		all = append(all, Endpoint{Operation: op, Path: root + paths[op]})
	}
	return all
}

// withTask adds an operation in a form of the provider's own, at OpenAI's
// path of it unless the task names another.
func withTask(some []Endpoint, op llm.Operation, t dialect.Task) []Endpoint {
	all := with(some, op)
	all[len(all)-1].Task = t
	return all
}

// Available lists what the provider can do for a target.
func (s *Spec) Available(set Settings) []Endpoint {
	all := s.Endpoints
	if all == nil {
		all = chat
	}
	if s.Select != nil {
		return s.Select(set, all)
	}
	return all
}

// Endpoint chooses the endpoint for an operation on a model: the first, unless
// a later one speaks the client's dialect. It reports false if the provider
// has none.
func (s *Spec) Endpoint(op llm.Operation, client llm.Dialect, set Settings, model string) (Endpoint, bool) {
	all := s.Available(set)
	if s.Serve != nil {
		all = s.Serve(model, all)
	}
	i := slices.IndexFunc(all, func(e Endpoint) bool {
		return e.Operation == op && e.Codec != nil && (e.Codec.Dialect() == client || e.For == client)
	})
	if i < 0 {
		i = slices.IndexFunc(all, func(e Endpoint) bool { return e.Operation == op })
	}
	if i < 0 {
		return Endpoint{}, false
	}
	return all[i], true
}

// BodyModel gives the name of the model that goes into the body of a request.
func (s *Spec) BodyModel(set Settings, model string) string {
	if s.Model == nil {
		return model
	}
	return s.Model(set, model)
}
