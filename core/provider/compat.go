package provider

import (
	"slices"

	"sluice/core/llm"
)

// Providers that speak OpenAI's chat dialect, one line each, in the order of
// their ids. Members that nobody has heard of travel on; a quirk is here only
// where the provider would answer 400 or would not see what was meant.
//
// Services that have closed stay, with their last address: clients may have a
// custom host that speaks the same.
func init() {
	for _, s := range slices.Concat(compatible, hosted) {
		add(s)
	}
}

// maxTokens is for those that only know the older name.
var maxTokens = []Quirk{{Rename: "max_completion_tokens", To: "max_tokens"}}

var compatible = []Spec{
	{ID: "302ai", Name: "302.AI", BaseURL: "https://api.302.ai", Docs: "https://doc.302.ai", Endpoints: with(v1Chat, everything...), Quirks: maxTokens, KeepDeveloper: true},
	{ID: "aibadgr", Name: "AI Badgr", BaseURL: "https://aibadgr.com/api/v1", Docs: "https://aibadgr.com/docs"},
	{ID: "anyscale", Name: "Anyscale", BaseURL: "https://api.endpoints.anyscale.com/v1", Docs: "https://docs.anyscale.com", Endpoints: with(chatText, llm.Embed), Quirks: maxTokens}, // closed in 2024
	{ID: "cerebras", Name: "Cerebras", BaseURL: "https://api.cerebras.ai/v1", Docs: "https://inference-docs.cerebras.ai", Endpoints: chatText, Quirks: cerebras},
	{ID: "cometapi", Name: "CometAPI", BaseURL: "https://api.cometapi.com/v1", Docs: "https://api.cometapi.com/doc", Endpoints: with(chat, everything...), KeepDeveloper: true},
	{ID: "dashscope", Name: "Alibaba Cloud Model Studio", BaseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", Docs: "https://www.alibabacloud.com/help/en/model-studio", Endpoints: with(chat, llm.Embed)},
	{ID: "deepbricks", Name: "DeepBricks", BaseURL: "https://api.deepbricks.ai/v1", Docs: "https://deepbricks.ai", Endpoints: with(chat, llm.GenerateImage), Quirks: maxTokens, Options: openAITenant, Auth: openAIAuth("deepbricks")},
	{ID: "deepinfra", Name: "DeepInfra", BaseURL: "https://api.deepinfra.com/v1/openai", Docs: "https://deepinfra.com/docs/openai_api", Endpoints: with(chatText, llm.Embed, llm.GenerateImage, llm.EditImage, llm.VaryImage, llm.Speak, llm.Transcribe, llm.TranslateSound), Quirks: maxTokens},
	{ID: "deepseek", Name: "DeepSeek", BaseURL: "https://api.deepseek.com", Docs: "https://api-docs.deepseek.com", Endpoints: v1Chat, Quirks: maxTokens, Adapt: deepSeekReasoning},
	{ID: "featherless-ai", Name: "Featherless AI", BaseURL: "https://api.featherless.ai/v1", Docs: "https://featherless.ai/docs", Endpoints: chatText},
	{ID: "fireworks-ai", Name: "Fireworks AI", BaseURL: "https://api.fireworks.ai/inference/v1", Docs: "https://docs.fireworks.ai", Endpoints: fireworks, Quirks: maxTokens, Options: fireworksOptions},
	{ID: "groq", Name: "Groq", BaseURL: "https://api.groq.com/openai/v1", Docs: "https://console.groq.com/docs/openai", Endpoints: with(chat, sounds...), Quirks: groq},
	{ID: "hyperbolic", Name: "Hyperbolic", BaseURL: "https://api.hyperbolic.xyz", Docs: "https://docs.hyperbolic.xyz", Endpoints: hyperbolic},
	{ID: "inference-net", Name: "Inference.net", BaseURL: "https://api.inference.net/v1", Docs: "https://docs.inference.net", Endpoints: with(chat, llm.Embed)},
	{ID: "iointelligence", Name: "IO Intelligence", BaseURL: "https://api.intelligence.io.solutions/api/v1", Docs: "https://docs.io.net", Endpoints: with(chat, llm.Embed)},
	{ID: "kluster-ai", Name: "kluster.ai", BaseURL: "https://api.kluster.ai/v1", Docs: "https://docs.kluster.ai", Endpoints: with(chat, llm.Embed)},
	{ID: "krutrim", Name: "Krutrim", BaseURL: "https://cloud.olakrutrim.com/v1", Docs: "https://cloud.olakrutrim.com/documentation"},
	{ID: "lambda", Name: "Lambda", BaseURL: "https://api.lambdalabs.com/v1", Docs: "https://docs.lambda.ai", Endpoints: chatText}, // closed in 2025
	{ID: "lemonfox-ai", Name: "Lemonfox.ai", BaseURL: "https://api.lemonfox.ai/v1", Docs: "https://www.lemonfox.ai/apis", Endpoints: with(chat, llm.GenerateImage, llm.Speak, llm.Transcribe, llm.TranslateSound)},
	{ID: "lepton", Name: "Lepton AI", BaseURL: "https://api.lepton.ai", Docs: "https://www.lepton.ai/docs", Endpoints: with(withText(leptonChat), llm.Transcribe), Quirks: maxTokens, KeepDeveloper: true}, // closed in 2025
	{ID: "lingyi", Name: "01.AI", BaseURL: "https://api.lingyiwanwu.com", Docs: "https://platform.lingyiwanwu.com/docs", Endpoints: v1Chat, Quirks: maxTokens},
	{ID: "matterai", Name: "MatterAI", BaseURL: "https://api.matterai.so/v1", Docs: "https://docs.matterai.so", KeepDeveloper: true},
	{ID: "monsterapi", Name: "MonsterAPI", BaseURL: "https://llm.monsterapi.ai/v1", Docs: "https://developer.monsterapi.ai", Quirks: monsterAPI},
	{ID: "moonshot", Name: "Moonshot AI", BaseURL: "https://api.moonshot.cn", Docs: "https://platform.moonshot.cn/docs", Endpoints: v1Chat, Quirks: maxTokens},
	{ID: "ncompass", Name: "nCompass", BaseURL: "https://api.ncompass.tech/v1", Docs: "https://docs.ncompass.tech", Quirks: maxTokens},
	{ID: "nebius", Name: "Nebius Token Factory", BaseURL: "https://api.tokenfactory.nebius.com/v1", Docs: "https://docs.tokenfactory.nebius.com", Endpoints: with(chatText, llm.Embed, llm.GenerateImage)},
	{ID: "nextbit", Name: "NextBit", BaseURL: "https://api.nextbit256.com/v1", Docs: "https://www.nextbit256.com/docs", Endpoints: chatText},
	{ID: "novita-ai", Name: "Novita AI", BaseURL: "https://api.novita.ai/openai", Docs: "https://novita.ai/docs/guides/llm-api", Endpoints: with(v1ChatText, llm.Embed, llm.Rerank), Quirks: maxTokens},
	{ID: "nscale", Name: "Nscale", BaseURL: "https://inference.api.nscale.com/v1", Docs: "https://docs.nscale.com", Endpoints: with(chat, llm.Embed, llm.GenerateImage)},
	{ID: "ollama", Name: "Ollama", Docs: "https://docs.ollama.com/api/openai-compatibility", Endpoints: with(v1ChatText, llm.Embed), Quirks: maxTokens, Keyless: true},
	{ID: "openrouter", Name: "OpenRouter", BaseURL: "https://openrouter.ai/api", Docs: "https://openrouter.ai/docs", Endpoints: with(v1ChatText, llm.Embed), Quirks: maxTokens},
	{ID: "ovhcloud", Name: "OVHcloud AI Endpoints", BaseURL: "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", Docs: "https://endpoints.ai.cloud.ovh.net", Endpoints: with(chat, llm.Embed, llm.GenerateImage, llm.Transcribe), KeepDeveloper: true},
	{ID: "perplexity-ai", Name: "Perplexity", BaseURL: "https://api.perplexity.ai", Docs: "https://docs.perplexity.ai", Quirks: maxTokens, KeptRoot: "/v1"},
	{ID: "sambanova", Name: "SambaNova", BaseURL: "https://api.sambanova.ai", Docs: "https://docs.sambanova.ai", Endpoints: with(v1Chat, llm.Embed, llm.Transcribe)},
	{ID: "siliconflow", Name: "SiliconFlow", BaseURL: "https://api.siliconflow.cn/v1", Docs: "https://docs.siliconflow.cn/en/api-reference", Endpoints: siliconFlow, Quirks: maxTokens},
	{ID: "together-ai", Name: "Together AI", BaseURL: "https://api.together.xyz", Docs: "https://docs.together.ai", Endpoints: together, Quirks: maxTokens},
	{ID: "upstage", Name: "Upstage", BaseURL: "https://api.upstage.ai/v1", Docs: "https://console.upstage.ai/docs", Endpoints: with(chat, llm.Embed)},
	{ID: "x-ai", Name: "xAI", BaseURL: "https://api.x.ai/v1", Docs: "https://docs.x.ai/docs/api-reference", Endpoints: with(chatText, llm.Embed, llm.GenerateImage, llm.EditImage)},
	{ID: "z-ai", Name: "Z.AI", BaseURL: "https://api.z.ai/api/paas/v4", Docs: "https://docs.z.ai", Endpoints: with(chat, llm.GenerateImage, llm.Transcribe)},
	{ID: "zhipu", Name: "Zhipu AI", BaseURL: "https://open.bigmodel.cn/api/paas/v4", Docs: "https://docs.bigmodel.cn", Endpoints: with(chat, llm.Embed, llm.Rerank, llm.GenerateImage, llm.Speak, llm.Transcribe), Quirks: maxTokens},
}
