package metrics

import (
	"strconv"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/usage"
)

// A call is what one provider did for a request, as far as it is counted or
// paid for.
type call struct {
	provider, model string
	tokens          *usage.Tokens
	cost            *usage.Cost
}

// callsOf lists the calls of a request: the one whose answer the client has
// got, unless it is the cache's, and those that were paid for beside it.
func callsOf(r *usage.Record) []call {
	var out []call
	if !r.Cache.Hit() && (r.Usage != nil || r.Cost != nil) {
		out = append(out, call{ProviderOf(r.Provider), r.Model, r.Usage, r.Cost})
	}
	for _, a := range r.Attempts {
		if a.Usage != nil || a.Cost != nil {
			out = append(out, call{ProviderOf(a.Provider), a.Model, a.Usage, a.Cost})
		}
	}
	return out
}

// input is how many tokens a model has read, wherever they came from.
func input(t *usage.Tokens) int64 { return t.Input + t.CacheRead + cacheWrite(t) }

func cacheWrite(t *usage.Tokens) int64 { return t.CacheWrite + t.CacheWrite1h }

// warm is what the prompt of a later turn of a conversation used, nil if r is
// no such turn, or nobody has counted. Providers have seen its beginning
// before: what they do not read from their cache was lost to it.
func warm(r *usage.Record) *usage.Tokens {
	if !r.Warm || r.Usage == nil || r.Usage.Estimated || r.Cache.Hit() || input(r.Usage) == 0 {
		return nil
	}
	return r.Usage
}

// answered reports whether a provider has answered as the client wanted.
func answered(r *usage.Record) bool {
	return r.Provider != "" && !r.Cache.Hit() && r.Status < 400 && r.Error == ""
}

// retriesOf counts the attempts at each provider that repeat one at the same
// target.
func retriesOf(r *usage.Record) map[string]int64 {
	if len(r.Attempts) < 2 {
		return nil
	}
	out, seen := map[string]int64{}, map[string]bool{}
	for _, a := range r.Attempts {
		if seen[a.Option] {
			out[ProviderOf(a.Provider)]++
		}
		seen[a.Option] = true
	}
	return out
}

// fellBack reports whether a target has failed and another one was tried.
func fellBack(r *usage.Record) bool {
	for _, a := range r.Attempts {
		if a.Kind != "" && a.Option != r.Option {
			return true
		}
	}
	return false
}

// OperationOf is the name that the conventions have for what a client asked
// for; our own where they have none.
func OperationOf(op llm.Operation, client llm.Dialect) string {
	switch {
	case op == llm.Generate && client == llm.OpenAIText:
		return "text_completion"
	case op == llm.Generate:
		return "chat"
	case op == llm.Embed:
		return "embeddings"
	}
	return string(op)
}

// ProviderOf is the name that the conventions have for a provider; our id
// where they have none.
func ProviderOf(id string) string {
	switch id {
	case "azure-openai":
		return "azure.ai.openai"
	case "azure-ai":
		return "azure.ai.inference"
	case "bedrock", "bedrock-mantle":
		return "aws.bedrock"
	case "google":
		return "gcp.gemini"
	case "vertex-ai":
		return "gcp.vertex_ai"
	case "mistral-ai", "codestral":
		return "mistral_ai"
	case "perplexity-ai":
		return "perplexity"
	case "watsonx":
		return "ibm.watsonx.ai"
	case "x-ai":
		return "x_ai"
	}
	return id
}

// classOf is the class of a status, as in 4xx.
func classOf(status int) string { return strconv.Itoa(status/100) + "xx" }

// cacheResults are what labels call cache statuses.
var cacheResults = map[core.CacheStatus]string{
	core.CacheHit: "hit", core.CacheMiss: "miss", core.CacheRefresh: "refresh",
	core.CacheSemanticHit: "semantic_hit", core.CacheSemanticMiss: "semantic_miss",
}

// cacheResult is a cache status as the value of a label.
func cacheResult(r *usage.Record) string { return cacheResults[r.Cache] }
