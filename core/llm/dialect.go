package llm

// A Dialect names a wire format for talking to models.
type Dialect string

// The dialects Sluice knows. A dialect may face clients, upstreams or both.
const (
	OpenAIChat      Dialect = "openai-chat"      // OpenAI Chat Completions
	OpenAIResponses Dialect = "openai-responses" // OpenAI Responses
	Anthropic       Dialect = "anthropic"        // Anthropic Messages
	Converse        Dialect = "bedrock-converse" // Amazon Bedrock Converse
	Gemini          Dialect = "gemini"           // Gemini generateContent, also of Vertex AI
)

// An Operation is what a client asks for, whatever the dialect. Its text is
// the function name that the reference uses in its messages.
type Operation string

// The operations that have a route.
const (
	Generate    Operation = "chatComplete" // an answer to a conversation, in any dialect
	CountTokens Operation = "messagesCountTokens"
	ListModels  Operation = "models"
	Proxy       Operation = "proxy" // any other path, handed on as it is
)
