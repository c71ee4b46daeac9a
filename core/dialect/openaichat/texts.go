package openaichat

import (
	"bytes"
	"iter"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Texts yields every text of the messages, in their order. A body that is not
// a chat completion request has none; one that breaks off has those of the
// messages before.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		t := texter{d: json.NewDecoder(in.Body), body: in.Body, yield: yield}
		// An error has its answer elsewhere: such a body cannot be decoded.
		_ = t.object(func(name string) error {
			if name != "messages" {
				return t.d.SkipValue()
			}
			return t.array(t.message)
		})
	}
}

// Surfaces of a request. The one of a message depends on its role, which may
// stand behind the texts.
const (
	inRole      = ""
	inArguments = "tool_arguments"
	inReasoning = "reasoning"
)

func surfaceOf(role string) string {
	switch role {
	case "system", "developer":
		return "system"
	case "assistant":
		return "assistant"
	case "tool", "function":
		return "tool_result"
	}
	return "user"
}

// texter walks over one body, once.
type texter struct {
	d     *json.Decoder
	body  []byte
	yield func(dialect.Span) bool
	spans []dialect.Span // of the message being read
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
	"messages", "role", "content", "content_blocks", "type", "text", "tool_calls", "function", "custom", "arguments", "input", "refusal",
	"thinking", "file", "file_data", "mime_type", "reasoning", "reasoning_content", "reasoning_details", "summary", "function_call",
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

func (t *texter) message() error {
	role := ""
	t.spans = t.spans[:0]
	err := t.object(func(name string) error {
		switch name {
		case "role":
			v, err := t.d.ReadValue()
			role = json.Unquote(v)
			return err
		case "content", "content_blocks":
			return t.content()
		case "refusal":
			return t.text(inRole)
		case "reasoning", "reasoning_content":
			return t.text(inReasoning)
		case "reasoning_details":
			return t.array(t.detail)
		case "tool_calls":
			return t.array(t.call)
		case "function_call":
			return t.function()
		}
		return t.d.SkipValue()
	})
	if err != nil {
		return err
	}
	return t.flush(surfaceOf(role))
}

func (t *texter) content() error {
	if t.d.PeekKind() == '[' {
		return t.array(t.part)
	}
	return t.text(inRole)
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
	t.turn++
	return nil
}

func (t *texter) call() error {
	return t.object(func(name string) error {
		if name == "function" || name == "custom" {
			return t.function()
		}
		return t.d.SkipValue()
	})
}

func (t *texter) function() error {
	return t.object(func(name string) error {
		if name == "arguments" || name == "input" {
			return t.strings(inArguments)
		}
		return t.d.SkipValue()
	})
}

func (t *texter) detail() error {
	return t.object(func(name string) error {
		if name == "text" || name == "summary" {
			return t.text(inReasoning)
		}
		return t.d.SkipValue()
	})
}

func (t *texter) part() error {
	return t.object(func(name string) error {
		switch name {
		case "text", "refusal":
			return t.text(inRole)
		case "content": // of a part that nobody knows
			return t.content()
		case "thinking":
			if t.d.PeekKind() == '[' {
				return t.array(t.detail)
			}
			return t.text(inReasoning)
		case "file":
			return t.file()
		}
		return t.d.SkipValue()
	})
}

// file notes the text of a file that is given as it is, not in base64.
func (t *texter) file() error {
	before, mime := len(t.spans), ""
	err := t.object(func(name string) error {
		switch name {
		case "mime_type":
			v, err := t.d.ReadValue()
			mime = json.Unquote(v)
			return err
		case "file_data":
			return t.text(inRole)
		}
		return t.d.SkipValue()
	})
	if mime != "text/plain" || len(t.spans) > before && isDataURLAt(t.body[t.spans[before].Start:]) {
		t.spans = t.spans[:before]
	}
	return err
}

func isDataURLAt(quoted []byte) bool {
	const head = `"data:`
	return len(quoted) > len(head) && bytes.EqualFold(quoted[:len(head)], []byte(head))
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
