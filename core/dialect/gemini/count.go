package gemini

import (
	"cmp"
	"slices"
	"strings"

	"sluice/core/dialect"
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
	var prompt json.Object
	if provider != "vertex-ai" {
		if !strings.Contains(model, "/") {
			model = "models/" + model
		}
		prompt.Add("model", json.Quote(model))
	}
	for i, name := range counted {
		if provider == "vertex-ai" && (name == "toolConfig" || name == "cachedContent") {
			continue
		}
		prompt.Add(name, values[i])
	}
	if provider == "vertex-ai" {
		return orEmpty(prompt.Value()), nil
	}
	return json.Object{json.Named("generateContentRequest", prompt.Value())}.Value(), nil
}

// CountOwnBody is [CountBody] for a body of countTokens itself, which it leaves
// as it is where the provider takes it: the Gemini API counts contents, or a
// whole request; Vertex AI has no word for the latter.
func CountOwnBody(body []byte, provider, model string) ([]byte, error) {
	values, err := json.Pick(camelCase(body), append(counted[1:len(counted):len(counted)], "generateContentRequest")...)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the body is not a Gemini request: %v", err)
	}
	whole := values[len(values)-1] != nil
	more := slices.ContainsFunc(values[:len(values)-1], func(v json.Value) bool { return v != nil })
	if vertex := provider == "vertex-ai"; vertex && whole || !vertex && !whole && more {
		return CountBody(body, provider, model)
	}
	return body, nil
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

// PrepareCount is [Codec.Prepare] for countTokens: the same prompt, without
// what only generating needs.
func (c Codec) PrepareCount(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p, err := c.Prepare(r, t)
	if err != nil {
		return nil, err
	}
	x := p.(*exchange)
	x.body, err = CountBody(x.body, t.Provider, cmp.Or(t.Model, r.Model))
	return x, err
}

// DecodeCountTokens reads the answer of countTokens, in tokens.
func (Codec) DecodeCountTokens(body []byte) (int64, error) {
	n, ok := integer(json.Lookup(body, "totalTokens"))
	if !ok {
		return 0, &llm.Error{Kind: llm.Upstream, Message: "its answer has no token count"}
	}
	return n, nil
}

// EncodeCountTokens writes the answer of countTokens for a client.
func (Codec) EncodeCountTokens(n int64) []byte {
	return json.Object{json.Named("totalTokens", number(&n))}.Value()
}
