package provider

// Servers that people run themselves: each needs a custom host, and a key only
// if its operator set one. The host is the server's, without the version.
var selfHosted = []Spec{
	{ID: "docker-model-runner", Name: "Docker Model Runner", Docs: "https://docs.docker.com/ai/model-runner/api-reference/", Endpoints: withText(enginesChat)},
	{ID: "litellm", Name: "LiteLLM Proxy", Docs: "https://docs.litellm.ai/docs/simple_proxy", KeepDeveloper: true},
	{ID: "llamacpp", Name: "llama.cpp", Docs: "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"},
	{ID: "llamafile", Name: "llamafile", Docs: "https://github.com/mozilla-ai/llamafile"},
	{ID: "lmstudio", Name: "LM Studio", Docs: "https://lmstudio.ai/docs/developer/openai-compat", Quirks: maxTokens},
	{ID: "localai", Name: "LocalAI", Docs: "https://localai.io/features/text-generation/", Quirks: maxTokens},
	{ID: "sglang", Name: "SGLang", Docs: "https://docs.sglang.ai/basic_usage/openai_api_completions.html"},
	{ID: "tgi", Name: "Text Generation Inference", Docs: "https://huggingface.co/docs/text-generation-inference/messages_api", Quirks: maxTokens},
	{ID: "vllm", Name: "vLLM", Docs: "https://docs.vllm.ai/en/stable/serving/openai_compatible_server/"},
	{ID: "xinference", Name: "Xinference", Docs: "https://inference.readthedocs.io/en/latest/user_guide/client_api.html", Quirks: maxTokens},
}

func init() {
	for _, s := range selfHosted {
		s.Keyless = true
		if s.Endpoints == nil {
			s.Endpoints = v1ChatText
		}
		add(s)
	}
}
