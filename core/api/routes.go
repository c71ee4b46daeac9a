package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/bedrock"
	"sluice/core/dialect/bedrockinvoke"
	"sluice/core/dialect/cohere"
	"sluice/core/dialect/gemini"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openairesponses"
	"sluice/core/dialect/openaitext"
	"sluice/core/llm"
)

// A routeSpec is one row of the public API.
type routeSpec struct {
	operation llm.Operation
	dialect   dialect.Inbound
	provider  string // used when the client names no target but brings a credential
	noBody    bool
	relay     bool   // handed on as it is: nobody reads the body
	anyType   bool   // clients send JSON under other content types
	form      bool   // the body may be a form
	rest      string // of the path, behind /v1, where it may be handed on as it is
	// overloaded is the status for a provider without capacity, where the
	// dialect has one of its own.
	overloaded int
}

var (
	chat      = openaichat.Codec{}
	messages  = anthropic.Codec{}
	responses = openairesponses.Codec{}
	text      = openaitext.Codec{}
	converse  = bedrock.Codec{}
	invoke    = bedrockinvoke.Codec{}
	cohereV2  = cohere.Codec{}
)

// routes maps paths, as [normalize] gives them, and methods.
var routes = map[string]map[string]routeSpec{
	"/v1/chat/completions":      {http.MethodPost: {operation: llm.Generate, dialect: chat}},
	"/v1/completions":           {http.MethodPost: {operation: llm.Generate, dialect: text}},
	"/v1/messages":              {http.MethodPost: {operation: llm.Generate, dialect: messages, provider: "anthropic", overloaded: 529}},
	"/v1/messages/count_tokens": {http.MethodPost: {operation: llm.CountTokens, dialect: messages, provider: "anthropic", overloaded: 529}},
	"/v1/responses":             {http.MethodPost: {operation: llm.Generate, dialect: responses}},
	"/v1/responses/compact":     {http.MethodPost: {operation: llm.Compact, dialect: responses}},
	"/v2/chat":                  {http.MethodPost: {operation: llm.Generate, dialect: cohereV2, provider: "cohere"}},
	"/v1/models":                {http.MethodGet: {operation: llm.ListModels, dialect: chat, noBody: true}},
	"/v1beta/models":            {http.MethodGet: {operation: llm.ListModels, dialect: gemini.Codec{}, noBody: true}},
}

// tasks maps the paths of operations that are no conversation, behind /v1.
// Clients speak OpenAI's form of them; of ranking, Cohere's.
var tasks = map[string]routeSpec{
	"/embeddings":           {operation: llm.Embed},
	"/moderations":          {operation: llm.Moderate},
	"/rerank":               {operation: llm.Rerank},
	"/images/generations":   {operation: llm.GenerateImage},
	"/images/edits":         {operation: llm.EditImage, form: true},
	"/images/variations":    {operation: llm.VaryImage, form: true},
	"/audio/speech":         {operation: llm.Speak},
	"/audio/transcriptions": {operation: llm.Transcribe, form: true},
	"/audio/translations":   {operation: llm.TranslateSound, form: true},
}

func init() {
	for rest, spec := range tasks {
		spec.dialect, spec.rest = chat, rest
		routes["/v1"+rest] = map[string]routeSpec{http.MethodPost: spec}
	}
	routes["/v2/rerank"] = routes["/v1/rerank"] // Cohere's newer name for the same
}

// A pattern is a path with the model's name in it, as the native dialects of
// Google and Amazon have it. What is between before and after, unescaped, is
// the name. A * in before is any segment.
type pattern struct {
	before, after string
	stream        bool // the path itself says that a stream is wanted
	methods       map[string]routeSpec
}

var patterns = append(googlePatterns(),
	pattern{before: "/model/", after: "/converse", methods: post(llm.Generate, converse)},
	pattern{before: "/model/", after: "/converse-stream", stream: true, methods: post(llm.Generate, converse)},
	pattern{before: "/model/", after: "/invoke", methods: post(llm.Generate, invoke)},
	pattern{before: "/model/", after: "/invoke-with-response-stream", stream: true, methods: post(llm.Generate, invoke)},
	pattern{before: "/model/", after: "/count-tokens", methods: post(llm.CountTokens, bedrockinvoke.Counter{})},
)

// post is the row of an operation of Amazon Bedrock.
func post(op llm.Operation, in dialect.Inbound) map[string]routeSpec {
	return map[string]routeSpec{http.MethodPost: {operation: op, dialect: in, provider: "bedrock", anyType: true}}
}

// match finds the pattern of a path, escaped, and the model's name in it.
func match(path string) (p pattern, model string, ok bool) {
	for _, p := range patterns {
		rest, has := cutBefore(path, p.before)
		if !has {
			continue
		}
		if rest, has = strings.CutSuffix(rest, p.after); !has || rest == "" {
			continue
		}
		if model, err := url.PathUnescape(rest); err == nil {
			return p, model, true
		}
	}
	return pattern{}, "", false
}

// cutBefore is [strings.CutPrefix] for a prefix in which * is any segment.
func cutBefore(path, before string) (rest string, ok bool) {
	literal, more, any := strings.Cut(before, "*")
	if rest, ok = strings.CutPrefix(path, literal); !ok || !any {
		return rest, ok
	}
	i := strings.IndexByte(rest, '/')
	if i <= 0 {
		return "", false
	}
	return cutBefore(rest[i:], more)
}

// normalize brings the spellings of a path that clients are known to use into
// one: doubled slashes, a slash at the end, /v1 twice or not at all. The
// result is only ever compared with the table, never used to decide who may
// do what.
func normalize(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	if path = strings.TrimSuffix(path, "/"); path == "" {
		return "/"
	}
	for strings.HasPrefix(path, "/v1/v1/") {
		path = path[len("/v1"):]
	}
	if _, known := routes["/v1"+path]; known {
		return "/v1" + path
	}
	return path
}

// relay is the row of every other path under /v1. Errors are in the dialect
// that most of these paths are of.
func relay(op llm.Operation) routeSpec { return routeSpec{operation: op, dialect: chat, relay: true} }

// relayed gives what stands behind /v1 in a path that is handed on as it is,
// and what it asks for, as far as that is known: behind /v1/proxy nobody
// looks. Of a WebSocket's path nothing is handed on: it cannot be.
func relayed(path string) (rest string, op llm.Operation, ok bool) {
	rest, ok = strings.CutPrefix(path, "/v1")
	op = keptUnder(rest)
	if r, older := strings.CutPrefix(rest, "/proxy"); older && strings.HasPrefix(r, "/") {
		rest, op = r, llm.Proxy
	}
	return rest, op, ok && len(rest) > 1 && rest[0] == '/' && rest != "/realtime"
}

// keptUnder is the operation of a path on what providers keep.
func keptUnder(rest string) llm.Operation {
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch first {
	case "files":
		return llm.Files
	case "batches":
		return llm.Batches
	case "fine_tuning":
		return llm.FineTune
	}
	return llm.Proxy
}

// kept is the row of paths about a response that the gateway keeps.
var kept = routeSpec{operation: llm.KeptResponse, dialect: responses, noBody: true}

// keptResponse gives what stands behind /responses/ in such a path. The ids of
// providers are theirs to know: their paths are relayed.
func keptResponse(path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(strings.TrimPrefix(path, "/v1"), "/responses/")
	return rest, ok && openairesponses.OwnID(rest)
}

func allowed(methods map[string]routeSpec) string {
	return strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
}
