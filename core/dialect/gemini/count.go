package gemini

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// counted are the members of a request that make up the prompt.
var counted = []string{"contents", "systemInstruction", "tools", "toolConfig", "cachedContent"}

// CountBody writes the body of countTokens for the body of a request. The
// Gemini API counts a whole request, which has to name the model; Vertex AI
// takes the members themselves.
//
// https://ai.google.dev/api/tokens#method:-models.counttokens
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens
func CountBody(body []byte, provider, model string) ([]byte, error) {
	body = camelCase(body)
	if inner := countRequest(body); inner != nil {
		body = inner
	}
	values, err := json.Pick(body, counted...)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the body is not a Gemini request: %v", err)
	}
	var prompt object
	if provider != "vertex-ai" {
		if !strings.Contains(model, "/") {
			model = "models/" + model
		}
		prompt.add("model", json.Quote(model))
	}
	for i, name := range counted {
		if provider == "vertex-ai" && (name == "toolConfig" || name == "cachedContent") {
			continue
		}
		prompt.add(name, values[i])
	}
	if provider == "vertex-ai" {
		return orEmpty(prompt.json()), nil
	}
	return object{{"generateContentRequest", prompt.json()}}.json(), nil
}

// countRequest is the request inside a body of countTokens, nil if there is
// none.
func countRequest(body []byte) json.Value {
	got, err := json.Pick(body, "generateContentRequest")
	if err != nil || got[0].Kind() != '{' {
		return nil
	}
	return got[0]
}

// DecodeCount reads the answer of countTokens, in tokens.
func DecodeCount(body []byte) (int64, error) {
	n, ok := integer(json.Lookup(body, "totalTokens"))
	if !ok {
		return 0, &llm.Error{Kind: llm.Upstream, Message: "its answer has no token count"}
	}
	return n, nil
}

// EncodeCount writes the answer of countTokens for a client.
func EncodeCount(n int64) []byte { return object{{"totalTokens", number(&n)}}.json() }
