package llm

import "sluice/core/internal/json"

// A Request asks a model for an answer.
type Request struct {
	Model string
	Turns []Turn // in order; instructions are turns too

	Tools         []Tool
	ToolChoice    ToolChoice // zero: nothing was said
	ParallelTools *bool

	MaxTokens        *int64
	Temperature      Number
	TopP             Number
	TopK             *int64
	FrequencyPenalty Number
	PresencePenalty  Number
	Seed             *int64
	Stop             []string
	N                *int64 // how many answers; nil means one

	Output    Output
	Reasoning Thinking

	User        string // the end user, as the application names them
	ServiceTier string
	Cache       *CacheMark // cache the whole prefix (Anthropic's top-level mark)

	Stream       bool
	IncludeUsage *bool // chat's stream_options.include_usage

	Native Native
}

// A Number is a JSON number as it was written; empty means absent.
type Number string

// NumberOf returns the literal of a JSON value that is a number.
func NumberOf(v json.Value) Number {
	if v.Kind() != '0' {
		return ""
	}
	return Number(v)
}

// Value returns the number as JSON, or nil when absent.
func (n Number) Value() json.Value {
	if n == "" {
		return nil
	}
	return json.Value(n)
}

// A Role says who speaks in a turn.
type Role string

// Roles. Tool results may also stand in a user turn, as Anthropic has them.
const (
	System    Role = "system"
	Developer Role = "developer"
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool"
)

// A Turn is what one side says before the other speaks.
type Turn struct {
	Role   Role
	Name   string // the speaker, where the dialect names one
	Parts  []Part
	Native Native
}

// A CacheMark asks the provider to cache the prompt up to here.
type CacheMark struct {
	TTL    string // "5m", "1h" or empty for the provider's default
	Native Native
}

// Output says what form the answer must have. The zero value is free text.
type Output struct {
	Kind        OutputKind
	Name        string
	Description string
	Schema      json.Value // JSON Schema, for OutputSchema
	Strict      *bool
	Native      Native
}

// OutputKind is the form of an answer.
type OutputKind string

// Forms of an answer.
const (
	OutputText   OutputKind = "text"
	OutputJSON   OutputKind = "json"   // any JSON object
	OutputSchema OutputKind = "schema" // JSON that fits a schema
)

// Thinking says how much a model may reason before it answers. The zero value
// leaves it to the model.
type Thinking struct {
	Mode    ThinkingMode
	Effort  string // none, minimal, low, medium, high, xhigh, max
	Budget  *int64 // tokens
	Summary string // how reasoning is shown ("summarized", "omitted", …)
	Native  Native
}

// IsZero reports whether the client said nothing about reasoning.
func (t Thinking) IsZero() bool {
	return t.Mode == "" && t.Effort == "" && t.Budget == nil && t.Summary == "" && t.Native.Empty()
}

// ThinkingMode turns reasoning on or off.
type ThinkingMode string

// Modes of reasoning.
const (
	ThinkingOn       ThinkingMode = "enabled"
	ThinkingOff      ThinkingMode = "disabled"
	ThinkingAdaptive ThinkingMode = "adaptive"
)
