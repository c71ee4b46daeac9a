package gateway_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"sluice/core/losses"
	"sluice/core/provider"
)

// A matrixSide is a dialect in the matrix of pairs: how its clients ask the
// gateway, and which provider and model make the gateway speak it upstream.
type matrixSide struct {
	losses.Side
	corpus     string                            // file in testdata/matrix
	path       func(model string, s bool) string // that clients post to
	asks       func(r *http.Request) bool        // the upstream's own path
	streamType string
	provider   string
	model      string
	headers    map[string]string
	wordless   []string // scenarios that the dialect has no words for, as an upstream
}

func matrixSides() []matrixSide {
	const events, frames = "text/event-stream", "application/vnd.amazon.eventstream"
	return []matrixSide{
		{corpus: "chat", path: fixed("/v1/chat/completions"), asks: ends("/chat/completions"), streamType: events, provider: "groq", model: "openai/gpt-oss-120b"},
		{corpus: "responses", path: fixed("/v1/responses"), asks: ends("/responses"), streamType: events, provider: "openai", model: "gpt-5-codex"},
		{corpus: "messages", path: fixed("/v1/messages"), asks: ends("/messages"), streamType: events, provider: "anthropic", model: "claude-sonnet-4-5"},
		{corpus: "gemini", path: geminiPath, asks: has("/models/gemini-2.5-flash:"), streamType: events, provider: "google", model: "gemini-2.5-flash"},
		{
			corpus: "converse", path: conversePath, asks: has("/converse"), streamType: frames,
			provider: "bedrock", model: "anthropic.claude-sonnet-4-5-20250929-v1:0", headers: carriedBy("converse"),
		},
		{
			corpus: "invoke", path: invokePath, asks: has("/invoke"), streamType: frames,
			provider: "bedrock", model: "anthropic.claude-sonnet-4-5-20250929-v1:0", headers: carriedBy("invoke"),
		},
		{
			corpus: "completions", path: fixed("/v1/completions"), asks: ends("/completions"), streamType: events,
			provider: "openai", model: "gpt-3.5-turbo-instruct", wordless: []string{"tools", "stream and tools", "reasoning", "image"},
		},
		{corpus: "cohere", path: fixed("/v2/chat"), asks: ends("/chat"), streamType: events, provider: "cohere", model: "command-a-reasoning-08-2025"},
	}
}

var awsKeys = map[string]string{
	"X-Portkey-Aws-Access-Key-Id": "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key": "wJalrXUtnFEMI", "X-Portkey-Aws-Region": "us-east-1",
}

func fixed(path string) func(string, bool) string { return func(string, bool) string { return path } }

func ends(path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, path) }
}

func has(path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, path) }
}

func geminiPath(model string, stream bool) string {
	if stream {
		return "/v1beta/models/" + model + ":streamGenerateContent?alt=sse"
	}
	return "/v1beta/models/" + model + ":generateContent"
}

// carriedBy are the keys, and which of Bedrock's two APIs is to be used.
func carriedBy(api string) map[string]string {
	h := maps.Clone(awsKeys)
	h["X-Portkey-Aws-Bedrock-Api"] = api
	return h
}

func invokePath(model string, stream bool) string {
	path := "/model/" + url.PathEscape(model) + "/invoke"
	if stream {
		path += "-with-response-stream"
	}
	return path
}

func conversePath(model string, stream bool) string {
	path := "/model/" + url.PathEscape(model) + "/converse"
	if stream {
		path += "-stream"
	}
	return path
}

// sides joins the codecs, which the loss table has as well, with the rest.
func sides() []matrixSide {
	all := matrixSides()
	for i := range all {
		all[i].Side = losses.Sides[i]
		all[i].Side.Model = all[i].model
		if _, ok := provider.Find(all[i].provider); !ok {
			panic(all[i].provider)
		}
	}
	return all
}
