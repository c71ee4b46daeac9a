package openairesponses

import (
	"bytes"
	"iter"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Texts yields every text of the instructions and the input, in the order of
// the body. Spans of an item have its index as Turn, those of the instructions
// −1. A body that is not a request has none; one that breaks off has those of
// the items before. What is encrypted is no text.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		t := texter{d: json.NewDecoder(in.Body), yield: yield}
		// An error has its answer elsewhere: such a body cannot be decoded.
		_ = t.object(func(name string) error {
			switch name {
			case "instructions":
				t.turn = -1
				return t.whole(inSystem)
			case "input":
				t.turn = 0
				return t.input()
			case "prompt":
				t.turn = -1
				return t.prompt()
			}
			return t.d.SkipValue()
		})
	}
}

// Surfaces of a request. The one of an item depends on its type and role,
// which may stand behind the texts.
const (
	inRole      = ""
	inSystem    = "system"
	inUser      = "user"
	inArguments = "tool_arguments"
	inResult    = "tool_result"
	inReasoning = "reasoning"
)

func surfaceOf(kind, role string) string {
	switch {
	case role == "assistant":
		return "assistant"
	case role == "system", role == "developer":
		return inSystem
	case role != "":
		return inUser
	case kind == typeReasoning:
		return inReasoning
	case strings.HasSuffix(kind, "_output"):
		return inResult
	case kind != "" && kind != typeMessage:
		return "assistant"
	}
	return inUser
}

// texter walks over one body, once.
type texter struct {
	d     *json.Decoder
	yield func(dialect.Span) bool
	spans []dialect.Span // of the item being read
	turn  int
}

// errStopped ends the walk when nobody wants more.
type errStopped struct{}

func (errStopped) Error() string { return "stopped" }

// object calls f at the value of every member. A value that is no object is
// skipped.
func (t *texter) object(f func(name string) error) error {
	if t.d.PeekKind() != '{' {
		return t.d.SkipValue()
	}
	if _, err := t.d.ReadToken(); err != nil {
		return err
	}
	for t.d.PeekKind() != '}' {
		name, err := t.d.ReadValue()
		if err != nil {
			return err
		}
		if err := f(memberName(name)); err != nil {
			return err
		}
	}
	_, err := t.d.ReadToken()
	return err
}

// array calls f at every element. A value that is no array is skipped.
func (t *texter) array(f func() error) error {
	if t.d.PeekKind() != '[' {
		return t.d.SkipValue()
	}
	if _, err := t.d.ReadToken(); err != nil {
		return err
	}
	for t.d.PeekKind() != ']' {
		if err := f(); err != nil {
			return err
		}
	}
	_, err := t.d.ReadToken()
	return err
}

var knownNames = [...]string{
	"input", "instructions", "prompt", "variables", "type", "role", "content", "text", "refusal", "summary", "arguments", "output",
}

// memberName unquotes a name, without a copy for those that matter.
func memberName(quoted []byte) string {
	plain := quoted[1 : len(quoted)-1]
	for _, n := range knownNames {
		if string(plain) == n {
			return n
		}
	}
	if bytes.IndexByte(plain, '\\') < 0 {
		return "?"
	}
	return json.Unquote(quoted)
}

// text notes a string that says anything. Other values are skipped.
func (t *texter) text(surface string) error {
	if t.d.PeekKind() != '"' {
		return t.d.SkipValue()
	}
	v, err := t.d.ReadValue()
	if err == nil && len(v) > len(`""`) {
		end := int(t.d.InputOffset())
		t.spans = append(t.spans, dialect.Span{Start: end - len(v), End: end, Surface: surface, Turn: t.turn})
	}
	return err
}

// whole is a text that is all of a member.
func (t *texter) whole(surface string) error {
	err := t.text(surface)
	if err != nil {
		return err
	}
	return t.flush(surface)
}

func (t *texter) flush(surface string) error {
	for _, s := range t.spans {
		if s.Surface == inRole {
			s.Surface = surface
		}
		if !t.yield(s) {
			return errStopped{}
		}
	}
	t.spans = t.spans[:0]
	return nil
}

func (t *texter) input() error {
	if t.d.PeekKind() == '"' {
		return t.whole(inUser)
	}
	return t.array(func() error {
		err := t.item()
		t.turn++
		return err
	})
}

func (t *texter) item() error {
	kind, role := "", ""
	err := t.object(func(name string) error {
		switch name {
		case "type", "role":
			v, err := t.d.ReadValue()
			if name == "type" {
				kind = json.Unquote(v)
			} else {
				role = json.Unquote(v)
			}
			return err
		case "arguments", "input":
			return t.strings(inArguments)
		case "output":
			return t.content(inResult)
		case "summary":
			return t.content(inReasoning)
		case "content":
			return t.content(inRole)
		}
		return t.d.SkipValue()
	})
	if err != nil {
		return err
	}
	return t.flush(surfaceOf(kind, role))
}

// content is a text or an array of parts; the output of some tools is an
// object.
func (t *texter) content(surface string) error {
	switch t.d.PeekKind() {
	case '[':
		return t.array(func() error { return t.part(surface) })
	case '{':
		return t.part(surface)
	}
	return t.text(surface)
}

func (t *texter) part(surface string) error {
	return t.object(func(name string) error {
		switch name {
		case "text", "refusal", "output":
			return t.text(surface)
		}
		return t.d.SkipValue()
	})
}

// strings notes every string inside a value, for arguments that a client has
// sent as an object.
func (t *texter) strings(surface string) error {
	switch t.d.PeekKind() {
	case '{':
		return t.object(func(string) error { return t.strings(surface) })
	case '[':
		return t.array(func() error { return t.strings(surface) })
	}
	return t.text(surface)
}

// prompt notes what the user puts into a stored prompt.
func (t *texter) prompt() error {
	err := t.object(func(name string) error {
		if name != "variables" {
			return t.d.SkipValue()
		}
		return t.object(func(string) error { return t.content(inUser) })
	})
	if err != nil {
		return err
	}
	return t.flush(inUser)
}
