package bedrock

import (
	"slices"
	"strings"

	"sluice/core/internal/claude"
)

// A model is what the id of a model says about it.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
type model struct {
	family string       // the vendor as Bedrock writes it; empty when the id does not say
	name   string       // what follows the vendor
	claude claude.Model // what it takes if it is one, or may be one
}

// geographies prefix the ids of inference profiles.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
var geographies = []string{"us", "eu", "apac", "au", "ca", "jp", "global", "us-gov"}

// BaseModel strips the geography from the id of an inference profile:
// CountTokens and price lists know base models only. An ARN is left alone.
func BaseModel(id string) string {
	if strings.HasPrefix(id, "arn:") {
		return id
	}
	if geo, base, ok := strings.Cut(id, "."); ok && slices.Contains(geographies, geo) {
		return base
	}
	return id
}

// IsClaude reports whether a model is one of Anthropic's, as far as its id
// says. The ARN of an application inference profile says nothing.
func IsClaude(id string) bool { return modelOf(id).family == "anthropic" }

// modelOf takes the first id that says which model it is: behind the ARN of a
// profile there may stand the name that the client asked for.
func modelOf(ids ...string) model {
	for _, id := range ids {
		if m := parseModel(id); m.family != "" {
			return m
		}
	}
	return model{claude: claude.Find("")}
}

func parseModel(id string) model {
	if strings.HasPrefix(id, "arn:") {
		id = arnModel(id)
	}
	vendor, name, ok := strings.Cut(BaseModel(id), ".")
	if !ok || vendor == "" || strings.ContainsAny(vendor, "-/: ") { // gpt-4.1 is no id of Amazon's
		return model{}
	}
	m := model{family: vendor, name: name}
	if m.isClaude() {
		m.claude = claude.Find(name)
	}
	return m
}

// arnModel returns the id inside an ARN that has one.
func arnModel(arn string) string {
	fields := strings.SplitN(arn, ":", 6)
	kind, id, _ := strings.Cut(fields[len(fields)-1], "/")
	switch kind {
	case "foundation-model", "inference-profile", "custom-model":
		return id
	}
	return ""
}

// opaque reports whether the id says nothing, as that of an application
// inference profile, of a provisioned model or of a stored prompt.
func (m model) opaque() bool { return m.family == "" }

func (m model) isClaude() bool { return m.family == "anthropic" }

// maybeClaude holds where a client uses words that only Claude knows: then
// an opaque id most likely is one, and if not, Bedrock says so.
func (m model) maybeClaude() bool { return m.isClaude() || m.opaque() }

// caches reports whether the model knows cache points.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
func (m model) caches() bool {
	return m.maybeClaude() || m.family == "amazon" && strings.HasPrefix(m.name, "nova")
}

// cachesTools reports whether a cache point may stand behind a tool.
func (m model) cachesTools() bool { return m.caches() && m.family != "amazon" }

// ttl reports whether a cache point may say how long it lasts.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
func (m model) ttl() bool { return m.maybeClaude() && m.claude.Since(405) }

// structured reports whether the model knows structured outputs: a schema for
// the answer, and strict tools.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
func (m model) structured() bool {
	switch m.family {
	case "", "anthropic":
		return m.claude.Since(405)
	case "openai", "qwen", "google", "minimax", "moonshot", "moonshotai", "nvidia", "zai":
		return true
	case "deepseek":
		return strings.HasPrefix(m.name, "v3")
	case "mistral":
		return hasPrefix(m.name, "mistral-large-3", "magistral", "ministral", "voxtral", "devstral")
	}
	return false
}

// knobs are the names that a family has for parameters that Converse itself
// has no word for, as paths in additionalModelRequestFields. An empty name
// means that it has no such parameter.
type knobs struct{ topK, frequency, presence, seed, effort string }

// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
func (m model) knobs() knobs {
	switch m.family {
	case "anthropic":
		return knobs{topK: "top_k"}
	case "amazon":
		return knobs{topK: "inferenceConfig.topK"}
	case "cohere":
		return knobs{topK: "k", frequency: "frequency_penalty", presence: "presence_penalty", seed: "seed"}
	case "ai21":
		return knobs{frequency: "frequency_penalty", presence: "presence_penalty"}
	case "mistral":
		if !strings.HasPrefix(m.name, "mistral-large") {
			return knobs{topK: "top_k"}
		}
	case "openai", "deepseek":
		return knobs{effort: "reasoning_effort"}
	}
	return knobs{}
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
