package provider

import (
	"sluice/core/dialect/embed"
	"sluice/core/dialect/image"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
)

// What the lines of compat.go need for operations that are no conversation.
var (
	fireworks = withTask(withTask(chatText, llm.Embed, embed.Listing), llm.GenerateImage, image.Fireworks)

	hyperbolic = append(with(v1ChatText), Endpoint{Operation: llm.GenerateImage, Task: image.Hyperbolic, Path: "/v1/image/generation"})

	siliconFlow = withTask(with(chat, llm.Embed, llm.Rerank, llm.Speak, llm.Transcribe), llm.GenerateImage, image.SiliconFlow)

	together = withTask(with(withTask(v1ChatText, llm.Embed, embed.Listing), llm.Rerank, llm.Speak, llm.Transcribe, llm.TranslateSound),
		llm.GenerateImage, image.Together)
)

// What the lines of compat.go need more than a word for.
var (
	// Cerebras lists these among what it answers 400 to.
	cerebras = []Quirk{{Drop: "frequency_penalty"}, {Drop: "presence_penalty"}, {Drop: "logit_bias"}}

	// Groq answers 400 to these, messages[].name among them, which OpenAI
	// clients send freely. It refuses logit_bias and n too, which change the
	// answer: clients should hear about that.
	groq = []Quirk{{Drop: "logprobs"}, {Drop: "top_logprobs"}, {Drop: "messages.*.name"}}

	// MonsterAPI validates its numbers.
	monsterAPI = []Quirk{
		{Rename: "max_completion_tokens", To: "max_tokens"},
		{Clamp: "temperature", Min: 0, Max: 1},
		{Clamp: "top_p", Min: 0, Max: 1},
		{Clamp: "top_k", Min: 1, Max: 20},
		{Clamp: "max_length", Min: 1, Max: 2048},
	}

	// Mistral answers 422 extra_forbidden to members that it does not know.
	mistral = []Quirk{
		{Rename: "seed", To: "random_seed"},
		{Rename: "max_completion_tokens", To: "max_tokens"},
		{Drop: "stream_options"},
		{Drop: "user"},
		{Drop: "logit_bias"},
		{Drop: "logprobs"},
		{Drop: "top_logprobs"},
		{Drop: "service_tier"},
		{Drop: "store"},
		{Drop: "messages.*.name"},
		{Drop: "messages.*.refusal"},
		{Drop: "messages.*.annotations"},
		{Drop: "messages.*.audio"},
		{Drop: "messages.*.function_call"},
		{Drop: "messages.*.reasoning_content"},
	}

	leptonChat  = []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/api/v1/chat/completions"}}
	enginesChat = []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/engines/v1/chat/completions"}}
	servingChat = []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/serving-endpoints/chat/completions"}}
	bareChat    = []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat"}}

	// A stream ends with its usage anyway.
	noUsageChat = []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions", NoStreamUsage: true}}

	ociRegion      = []Option{{Key: "oracle_region", Headers: []string{"oracle-region"}, Default: "us-chicago-1"}}
	runpodEndpoint = []Option{{Key: "runpod_endpoint_id", Headers: []string{"runpod-endpoint-id"}, Host: true}}
)
