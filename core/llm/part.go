package llm

import (
	"slices"

	"sluice/core/internal/json"
)

// A Part is one piece of a turn: [*Text], [*Media], [*Reasoning],
// [*ToolCall], [*ToolResult], [*Refusal] or [*Foreign].
type Part interface{ part() }

// Text is words.
type Text struct {
	Text      string
	Citations []Citation
	Cache     *CacheMark
	Native    Native
}

// A Citation names the source of a text. No two dialects agree on its form
// beyond these words; the rest is native.
type Citation struct {
	URL, Title, Quote string
	Native            Native
}

// Media is an image, a document, a sound or a film. Exactly one of Data, URL,
// FileID and Text is set.
type Media struct {
	Kind      MediaKind
	MediaType string // as in image/png; empty when unknown
	Data      string // standard base64
	URL       string // http, https, s3, gs
	FileID    string // an id that only its provider knows
	Text      string // a document given as plain text
	Name      string // file name or title
	Detail    string // low, high, auto
	Cache     *CacheMark
	Native    Native
}

// MediaKind is what a [Media] part shows.
type MediaKind string

// Kinds of media.
const (
	Image    MediaKind = "image"
	Document MediaKind = "document"
	Audio    MediaKind = "audio"
	Video    MediaKind = "video"
)

// Reasoning is what a model thought before it spoke. A signed or redacted
// part must go back to its provider byte for byte, and to nobody else.
type Reasoning struct {
	Text      string
	Signature string // proves to the provider that the text is its own
	Redacted  string // encrypted thought, in base64; then Text is empty
	Origin    Dialect
	Native    Native
}

// A ToolCall asks the client to run a tool.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string // JSON text exactly as the model wrote it, perhaps broken; raw text if Custom
	Custom    bool   // a freeform tool: Arguments are not JSON
	Signature string // of the thought that led to the call, in base64; only Gemini has one, and wants it back
	Cache     *CacheMark
	Native    Native
}

// A ToolResult answers a [ToolCall].
type ToolResult struct {
	CallID  string
	Name    string // of the tool, where the dialect repeats it
	Parts   []Part // text and media
	IsError bool
	Cache   *CacheMark
	Native  Native
}

// A Refusal is the model's own refusal to answer.
type Refusal struct {
	Text   string
	Native Native
}

// Foreign is a part that only its dialect has a word for, whole.
type Foreign struct {
	Kind   string // the part's own type, for loss reports
	Native Native
}

func (*Text) part()       {}
func (*Media) part()      {}
func (*Reasoning) part()  {}
func (*ToolCall) part()   {}
func (*ToolResult) part() {}
func (*Refusal) part()    {}
func (*Foreign) part()    {}

// A Tool is something the model may ask the client to do.
type Tool struct {
	Kind        string // "function", "custom", or a provider's own type such as web_search_20250305
	Name        string
	Description string
	Parameters  json.Value // JSON Schema, nil when none was given
	Strict      *bool
	Cache       *CacheMark
	Native      Native // of a provider's own tool: the whole object
}

// Kinds of tools that more than one dialect has.
const (
	FunctionTool = "function"
	CustomTool   = "custom" // takes free text instead of JSON
)

// ToolChoice says whether tools are to be used.
type ToolChoice struct {
	Mode    ToolMode
	Name    string   // for ToolNamed
	Allowed []string // restricts auto and required to these tools
	Native  Native
}

// Allows reports whether a tool may be used. A dialect that cannot restrict the
// choice does not show the model the others.
func (c *ToolChoice) Allows(t *Tool) bool {
	return len(c.Allowed) == 0 || slices.Contains(c.Allowed, t.Name)
}

// ToolMode is the kind of a [ToolChoice].
type ToolMode string

// Modes of tool choice. The empty mode says nothing.
const (
	ToolAuto     ToolMode = "auto"
	ToolNone     ToolMode = "none"
	ToolRequired ToolMode = "required"
	ToolNamed    ToolMode = "named"
)
