package llm

// EventKind says what an [Event] tells.
type EventKind uint8

// Kinds of events, in the order in which a stream has them.
//
//	Start (PartStart delta… PartStop)* Finish Usage? Done
//
// Parts of one choice may overlap only when they are tool calls (chat streams
// interleave them); [sluice/core/dialect.Sequence] puts them in a row for
// dialects that cannot. Usage may come anywhere and more than once: the last
// one counts. Done is sent only when the upstream said that it was finished.
const (
	EventStart     EventKind = iota + 1 // ID, Model, Created
	EventPartStart                      // Choice, Part, PartKind; for a tool call ID, Name and in Text the signature
	EventText                           // Text
	EventReasoning                      // Text
	EventSignature                      // Text: the signature of the open reasoning part, whole or the next piece
	EventArguments                      // Text: the next piece of a tool call's arguments
	EventRefusal                        // Text
	EventCitation                       // Citation, about the open text
	EventPartStop                       // Choice, Part
	EventFinish                         // Choice, Finish, StopSequence in Text
	EventUsage                          // Usage
	EventNative                         // Native: something only its dialect has a word for
	EventDone
)

// PartKind is the kind of part that a PartStart opens.
type PartKind uint8

// Kinds of parts in a stream.
const (
	TextPart PartKind = iota + 1
	ReasoningPart
	RedactedPart // whole in the PartStart's Text
	ToolCallPart
	RefusalPart
	ForeignPart // whole in the PartStart's Native
	MediaPart   // whole in the PartStart's Media
)

// An Event is one step of a streamed answer. It is flat, because it is made
// for every token: which fields mean something depends on Kind.
type Event struct {
	Kind     EventKind
	PartKind PartKind // of PartStart
	Custom   bool     // of PartStart: a freeform tool call
	Choice   int
	Part     int // counts from 0 within the choice
	Text     string
	ID       string // of the answer (Start) or of the tool call (PartStart)
	Name     string // of the tool
	Model    string
	Created  int64
	Finish   Finish
	Usage    *Usage
	Citation *Citation
	Media    *Media         // nobody changes it
	Logprobs []TokenLogprob // of Finish: of all tokens of the choice
	Native   Native
}

// Content reports whether the event carries something of the answer itself.
// The first such event commits a reply.
func (e *Event) Content() bool {
	switch e.Kind {
	case EventText, EventReasoning, EventArguments, EventRefusal:
		return e.Text != ""
	case EventPartStart:
		return e.PartKind == ToolCallPart || e.PartKind == RedactedPart || e.PartKind == ForeignPart || e.PartKind == MediaPart
	case EventSignature, EventCitation, EventFinish, EventDone:
		return true
	}
	return false
}
