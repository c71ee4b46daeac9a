package anthropic

import (
	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeStream returns a decoder for the stream that answers the request.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }

// streamDecoder reads the events of a stream.
//
// https://platform.claude.com/docs/en/build-with-claude/streaming
type streamDecoder struct {
	x       *exchange
	started bool
	ended   bool // a stop reason has come
	done    bool
	usage   usageIn
	open    []openBlock // one at a time from the first party
}

type streamEvent struct {
	Type    string      `json:"type"`
	Index   int         `json:"index"`
	Message json.Value  `json:"message"`
	Block   json.Value  `json:"content_block"`
	Delta   streamDelta `json:"delta"`
	Usage   json.Value  `json:"usage"`
	Error   json.Value  `json:"error"`
	Rest    json.Value  `json:",embed"`
}

type streamDelta struct {
	Type         string     `json:"type"`
	Text         string     `json:"text"`
	PartialJSON  string     `json:"partial_json"`
	Thinking     string     `json:"thinking"`
	Signature    string     `json:"signature"`
	Citation     json.Value `json:"citation"`
	StopReason   string     `json:"stop_reason"`
	StopSequence string     `json:"stop_sequence"`
	Rest         json.Value `json:",embed"`
}

// Decode appends the events of one frame. Events that this package does not
// know, and pings, give none.
func (s *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	if len(f.Data) == 0 || s.done || string(f.Data) == "[DONE]" {
		return dst, nil
	}
	var e streamEvent
	if err := json.UnmarshalLoose(f.Data, &e); err != nil {
		return dst, &llm.Error{Kind: llm.Upstream, Message: "an event of the stream cannot be read", Err: err}
	}
	switch e.Type {
	case "message_start":
		return s.start(dst, &e), nil
	case "content_block_start":
		return s.blockStart(dst, &e), nil
	case "content_block_delta":
		return s.delta(dst, &e, f.Data)
	case "content_block_stop":
		return s.blockStop(dst, e.Index), nil
	case "message_delta":
		return s.messageDelta(dst, &e), nil
	case "message_stop":
		return s.stop(dst)
	case "error":
		return dst, s.x.DecodeError(0, nil, f.Data)
	}
	if e.Type == "" && e.Error.Kind() == '{' { // as OpenAI-compatible servers do it
		return dst, s.x.DecodeError(0, nil, f.Data)
	}
	return dst, nil
}

// Flush reports a stream that never said that it was finished.
func (s *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if s.done {
		return dst, nil
	}
	return dst, llm.Errorf(llm.Truncated, "the stream ended without message_stop")
}

// start begins the answer. The usage comes twice, in the event itself, for
// dialects that open with it, and as an event of its own, so that it is
// booked even if nothing follows.
func (s *streamDecoder) start(dst []llm.Event, e *streamEvent) []llm.Event {
	var m answer
	if s.started || json.UnmarshalLoose(e.Message, &m) != nil {
		return dst
	}
	s.started = true
	start := llm.Event{
		Kind:   llm.EventStart,
		ID:     json.Unquote(m.ID),
		Model:  json.Unquote(m.Model),
		Native: llm.NativeOf(llm.Anthropic, startResidue(m.Rest)),
	}
	usage := s.report(m.Usage)
	start.Usage = usage
	dst = append(dst, start)
	if usage != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: usage})
	}
	return dst
}

// startResidue leaves out what message_delta says again, and truly: at the
// start it is null.
func startResidue(rest json.Value) json.Value {
	_, rest = split(rest, atEnd...)
	return rest
}

// report merges usage that came and returns the totals so far.
func (s *streamDecoder) report(v json.Value) *llm.Usage {
	var u usageIn
	if v.Kind() != '{' || json.UnmarshalLoose(v, &u) != nil {
		return nil
	}
	s.usage.merge(&u)
	return s.usage.usage()
}

// besideDelta are members of message_delta that stand beside its delta and
// belong to the answer.
var besideDelta = []string{"context_management"}

// messageDelta ends the answer: why it stopped, and what it used.
func (s *streamDecoder) messageDelta(dst []llm.Event, e *streamEvent) []llm.Event {
	for len(s.open) > 0 {
		dst = s.blockStop(dst, s.open[0].index)
	}
	if e.Delta.StopReason != "" {
		s.ended = true
		beside, rest := split(e.Rest, besideDelta...)
		e.Rest = rest
		dst = append(dst, llm.Event{
			Kind:   llm.EventFinish,
			Finish: finishOf(e.Delta.StopReason),
			Text:   e.Delta.StopSequence,
			Native: llm.NativeOf(llm.Anthropic, mergeObjects(e.Delta.Rest, beside)),
		})
	}
	if u := s.report(e.Usage); u != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	if len(e.Rest) > 0 {
		dst = append(dst, llm.Event{Kind: llm.EventNative, Native: llm.NativeOf(llm.Anthropic, e.Rest)})
	}
	return dst
}

func (s *streamDecoder) stop(dst []llm.Event) ([]llm.Event, error) {
	if !s.ended {
		return dst, llm.Errorf(llm.Truncated, "the stream ended without a stop reason")
	}
	s.done = true
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}
