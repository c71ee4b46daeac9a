package openaichat

import (
	"cmp"
	"slices"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// callState is how far a tool call of a stream has got.
type callState struct {
	wire    int // index in the stream
	part    int // −1 until the name is known
	id      string
	name    string
	custom  bool
	native  llm.Native
	held    []byte // arguments that came before the name
	started bool
	any     bool // arguments have come
}

// call reads a fragment of a tool call.
func (s *choiceState) call(dst []llm.Event, d *callDelta) []llm.Event {
	var name, arguments text
	var rest json.Value
	switch {
	case d.Function != nil:
		name, arguments, rest = d.Function.Name, d.Function.Arguments, d.Function.Rest
	case d.Custom != nil:
		name, arguments = d.Custom.Name, d.Custom.Input
	}
	c := s.findCall(d, string(name))
	if c == nil {
		c = &callState{
			wire: s.wireIndex(d), part: -1, custom: d.Custom != nil || d.Type == "custom",
			native: residue(d.Rest, json.Named("function", rest)),
		}
		s.calls = append(s.calls, c)
	}
	return s.feed(dst, c, string(d.ID), string(name), string(arguments))
}

func (s *choiceState) wireIndex(d *callDelta) int {
	if d.Index != nil {
		return *d.Index
	}
	return len(s.calls)
}

// findCall returns the call that a fragment continues, or nil for a new one.
// Some providers leave the index out or give every call the same; a name with
// a new id tells them apart. An id alone does not: others make up a new one
// for every fragment.
func (s *choiceState) findCall(d *callDelta, name string) *callState {
	for _, c := range slices.Backward(s.calls) {
		switch {
		case d.Index != nil && c.wire != *d.Index:
		case name == "" || c.name == "":
			return c
		case d.ID != "" && c.id != "":
			if string(d.ID) == c.id {
				return c
			}
		case d.Index == nil || name != c.name:
			return nil // a second call that says neither id nor index
		default:
			return c
		}
	}
	return nil
}

func (s *choiceState) legacy(dst []llm.Event, f *functionDelta) []llm.Event {
	for _, c := range s.calls {
		if c.wire == legacyIndex {
			return s.feed(dst, c, "", string(f.Name), string(f.Arguments))
		}
	}
	c := &callState{wire: legacyIndex, part: -1, native: residue(nil, json.Named("function_call", markObject), json.Named("function", f.Rest))}
	s.calls = append(s.calls, c)
	return s.feed(dst, c, "", string(f.Name), string(f.Arguments))
}

// legacyIndex is where the one legacy function call is kept.
const legacyIndex = -1 << 31

func (s *choiceState) feed(dst []llm.Event, c *callState, id, name, arguments string) []llm.Event {
	c.id, c.name = cmp.Or(c.id, id), cmp.Or(c.name, name)
	if c.name == "" {
		c.held = append(c.held, arguments...)
		return dst
	}
	dst = s.startCall(dst, c)
	if arguments != "" {
		c.any = true
		dst = append(dst, s.event(llm.EventArguments, c.part, arguments))
	}
	return dst
}

// startCall opens the part of a call, once.
func (s *choiceState) startCall(dst []llm.Event, c *callState) []llm.Event {
	if c.started {
		return dst
	}
	dst = s.close(dst)
	c.started, c.part = true, s.parts
	s.parts++
	if c.id == "" {
		c.id = callID(s.stream.id, s.stream.created, s.index, slices.Index(s.calls, c))
	}
	dst = append(dst, llm.Event{
		Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Choice: s.index, Part: c.part,
		ID: c.id, Name: s.stream.names.Client(c.name), Custom: c.custom, Text: signatureIn(json.ObjectOf(c.native.Members)), Native: c.native,
	})
	if len(c.held) > 0 {
		c.any = true
		dst = append(dst, s.event(llm.EventArguments, c.part, string(c.held)))
	}
	return dst
}
