package llm

// A Dialect names a wire format for talking to models.
type Dialect string

// The dialects Sluice knows. A dialect may face clients, upstreams or both.
const (
	OpenAIChat      Dialect = "openai-chat"        // OpenAI Chat Completions
	OpenAIText      Dialect = "openai-completions" // OpenAI's older Completions
	OpenAIMixed     Dialect = "openai-mixed"       // a request of Responses, answered as Chat Completions are
	OpenAIResponses Dialect = "openai-responses"   // OpenAI Responses
	Anthropic       Dialect = "anthropic"          // Anthropic Messages
	Converse        Dialect = "bedrock-converse"   // Amazon Bedrock Converse
	InvokeModel     Dialect = "bedrock-invoke"     // Amazon Bedrock InvokeModel: a family's own dialect in an envelope
	Gemini          Dialect = "gemini"             // Gemini generateContent, also of Vertex AI
	Cohere          Dialect = "cohere"             // Cohere Chat, version 2
	Ollama          Dialect = "ollama"             // Ollama's own chat
	WorkersAI       Dialect = "workers-ai"         // Cloudflare Workers AI, run
	Oracle          Dialect = "oracle"             // OCI Generative AI, chat
	Triton          Dialect = "triton"             // NVIDIA Triton, generate
	Jurassic        Dialect = "ai21-j2"            // AI21 before Jamba
	PaLM            Dialect = "palm"               // Google before Gemini
	Reka            Dialect = "reka"               // Reka's first API
	RekaChat        Dialect = "reka-chat"          // Reka's second API
	Bytez           Dialect = "bytez"              // Bytez's own API
)

// NamesModel reports whether a request's body names the model and says whether
// to stream. In the other dialects the path does.
func (d Dialect) NamesModel() bool { return d != Gemini && d != Converse && d != InvokeModel }

// OpenAI reports whether the dialect is one of OpenAI's, which share a form of
// errors.
func (d Dialect) OpenAI() bool {
	return d == OpenAIChat || d == OpenAIText || d == OpenAIResponses || d == OpenAIMixed
}

// Completes reports whether an answer of the dialect is a completion with
// choices, streamed in chunks that tell usage on request and end in [DONE].
func (d Dialect) Completes() bool { return d == OpenAIChat || d == OpenAIText }

// An Operation is what a client asks for, whatever the dialect. Its text is
// the function name that the reference uses in its messages.
type Operation string

// The operations that have a route.
const (
	Generate    Operation = "chatComplete" // an answer to a conversation, in any dialect
	CountTokens Operation = "messagesCountTokens"
	ListModels  Operation = "models"
	// Compact is a conversation in, and one that says as much in less room out.
	Compact Operation = "compactResponse"
	// KeptResponse is all that is asked about a response that the gateway keeps.
	KeptResponse Operation = "getModelResponse"
	Proxy        Operation = "proxy" // any other path, handed on as it is
)

// The operations that are one request and one answer, and no conversation.
// Clients speak OpenAI's form of them; of reranking, which OpenAI has not,
// Cohere's.
const (
	Embed          Operation = "embed"
	Rerank         Operation = "rerank"
	Moderate       Operation = "moderate"
	GenerateImage  Operation = "imageGenerate"
	EditImage      Operation = "imageEdit"
	VaryImage      Operation = "imageVariation"
	Speak          Operation = "createSpeech"
	Transcribe     Operation = "createTranscription"
	TranslateSound Operation = "createTranslation"
)

// The operations on what a provider keeps. They are relayed, except where a
// provider keeps it elsewhere.
const (
	Files    Operation = "files"
	Batches  Operation = "batches"
	FineTune Operation = "finetune"
)

// Task reports whether an operation is one request and one answer, and no
// conversation.
func (o Operation) Task() bool {
	switch o {
	case Embed, Rerank, Moderate, GenerateImage, EditImage, VaryImage, Speak, Transcribe, TranslateSound:
		return true
	}
	return false
}

// Kept reports whether an operation is on what a provider keeps.
func (o Operation) Kept() bool { return o == Files || o == Batches || o == FineTune }
