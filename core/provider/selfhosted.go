package provider

import "sluice/core/llm"

// Servers that people run themselves: each needs a custom host, and a key only
// if its operator set one. The host is the server's, without the version.
var selfHosted = []Spec{
	{ID: "docker-model-runner", Name: "Docker Model Runner", Docs: "https://docs.docker.com/ai/model-runner/api-reference/", Endpoints: withText(enginesChat)},
	{ID: "litellm", Name: "LiteLLM Proxy", Docs: "https://docs.litellm.ai/docs/simple_proxy", Endpoints: with(v1ChatText, llm.Embed, llm.Rerank, llm.Moderate, llm.GenerateImage, llm.EditImage, llm.Speak, llm.Transcribe), KeepDeveloper: true},
	{ID: "llamacpp", Name: "llama.cpp", Docs: "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md", Endpoints: with(v1ChatText, llm.Embed, llm.Rerank)},
	{ID: "llamafile", Name: "llamafile", Docs: "https://github.com/mozilla-ai/llamafile"},
	{ID: "lmstudio", Name: "LM Studio", Docs: "https://lmstudio.ai/docs/developer/openai-compat", Quirks: maxTokens},
	{ID: "localai", Name: "LocalAI", Docs: "https://localai.io/features/text-generation/", Endpoints: with(v1ChatText, llm.Embed, llm.Rerank, llm.GenerateImage, llm.Speak, llm.Transcribe), Quirks: maxTokens},
	{ID: "sglang", Name: "SGLang", Docs: "https://docs.sglang.ai/basic_usage/openai_api_completions.html", Endpoints: with(v1ChatText, llm.Embed, llm.Rerank)},
	{ID: "tgi", Name: "Text Generation Inference", Docs: "https://huggingface.co/docs/text-generation-inference/messages_api", Quirks: maxTokens},
	{ID: "vllm", Name: "vLLM", Docs: "https://docs.vllm.ai/en/stable/serving/openai_compatible_server/", Endpoints: with(v1ChatText, llm.Embed, llm.Rerank, llm.Transcribe, llm.TranslateSound)},
	{ID: "xinference", Name: "Xinference", Docs: "https://inference.readthedocs.io/en/latest/user_guide/client_api.html", Endpoints: with(v1ChatText, llm.Embed, llm.Rerank, llm.GenerateImage, llm.Speak, llm.Transcribe), Quirks: maxTokens},
}

func init() {
	for _, s := range selfHosted {
		s.Keyless = true
		if s.Endpoints == nil {
			s.Endpoints = with(v1ChatText, llm.Embed)
		}
		add(s)
	}
}
