package provider

import "strings"

// known are the ids that may stand in x-portkey-provider and in a config,
// whether or not there is a [Spec] for them yet: they are not spelling
// mistakes.
var known = func() map[string]bool {
	ids := make(map[string]bool)
	for id := range strings.FieldsSeq(`
		302ai ai21 aibadgr anthropic anyscale azure-ai azure-openai bedrock bytez cerebras cohere cometapi cortex
		dashscope deepbricks deepinfra deepseek echo featherless-ai fireworks-ai github google groq huggingface
		hyperbolic inference-net iointelligence jina kluster-ai krutrim lambda lemonfox-ai lepton lingyi matterai meshy
		milvus mistral-ai modal monsterapi moonshot ncompass nebius nextbit nomic novita-ai nscale ollama openai
		openrouter oracle ovhcloud palm perplexity-ai portkey predibase qdrant recraft-ai reka-ai replicate sagemaker
		sambanova segmind siliconflow stability-ai together-ai triton tripo3d upstage vertex-ai voyage workers-ai x-ai
		z-ai zhipu`) {
		ids[id] = true
	}
	return ids
}()

// Known reports whether a provider's id is a valid one. [Find] may still have
// nothing for it.
func Known(id string) bool { return known[id] }
