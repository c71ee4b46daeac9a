package losses

import (
	"io"

	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/bedrock"
	"sluice/core/dialect/bedrockinvoke"
	"sluice/core/dialect/cohere"
	"sluice/core/dialect/gemini"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openairesponses"
	"sluice/core/dialect/openaitext"
	"sluice/core/internal/frame"
)

// A Side is a dialect as a client or an upstream speaks it, with a model that
// can do most of what the dialect has words for.
type Side struct {
	Name     string // as the table has it
	In       dialect.Inbound
	Out      dialect.Outbound
	Frames   func(r io.Reader, max int) frame.Seq
	Provider string
	Model    string
	Turns    string   // the member of a request that has the conversation
	Answer   []string // where an answer has the turn, or the turns, of the assistant
}

// Sides are the dialects of the table, in its order.
var Sides = []Side{
	{"Chat", openaichat.Codec{}, openaichat.Codec{}, frame.SSE, "openai", "gpt-5.1", "messages", []string{"choices", "0", "message"}},
	{"Responses", openairesponses.Codec{}, openairesponses.Codec{}, frame.SSE, "openai", "gpt-5.1", "input", []string{"output"}},
	{"Messages", anthropic.Codec{}, anthropic.Codec{}, frame.SSE, "anthropic", "claude-sonnet-4-5", "messages", nil},
	{"Gemini", gemini.Codec{}, gemini.Codec{}, frame.SSE, "google", "gemini-2.5-flash", "contents", []string{"candidates", "0", "content"}},
	{"Converse", bedrock.Codec{}, bedrock.Codec{}, frame.EventStream, "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "messages", []string{"output", "message"}},
	{"InvokeModel", bedrockinvoke.Codec{}, bedrockinvoke.Codec{}, frame.EventStream, "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "messages", nil},
	{"Completions", openaitext.Codec{}, openaitext.Codec{}, frame.SSE, "openai", "gpt-3.5-turbo-instruct", "", nil},
	{"Cohere", cohere.Codec{}, cohere.Codec{}, frame.SSE, "cohere", "command-a-reasoning-08-2025", "messages", []string{"message"}},
}

func (s *Side) target() dialect.Target { return dialect.Target{Provider: s.Provider, Model: s.Model} }

// same reports whether two sides speak one dialect: then bytes travel, and
// nothing can be lost.
func same(client, upstream *Side) bool { return client.In.Dialect() == upstream.In.Dialect() }
