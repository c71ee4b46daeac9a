package openairesponses

import (
	"fmt"
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// reader reads items. A loose reader, for answers of providers, finds few
// faults: what is odd becomes a zero value.
type reader struct {
	loose bool
	turns []llm.Turn
}

func (d *reader) unmarshal(path string, v json.Value, into any) error {
	var err error
	if d.loose {
		err = json.UnmarshalLoose(v, into)
	} else {
		err = json.Unmarshal(v, into)
	}
	if err == nil {
		return nil
	}
	at, what := json.Problem(err)
	if at != "" && at[0] != '[' {
		at = "." + at
	}
	return dialect.BadMember(path+at, what)
}

// str reads a text; null is empty.
func (d *reader) str(path, name string, v json.Value) (string, error) {
	switch {
	case v.Kind() == '"':
		return json.Unquote(v), nil
	case d.loose || openaiwire.NotNull(v) == nil:
		return "", nil
	}
	return "", dialect.BadMember(path+"."+name, "must be a string")
}

func (d *reader) items(path string, array json.Value) error {
	var items []item
	if err := d.unmarshal(path, array, &items); err != nil {
		return err
	}
	for i := range items {
		if err := d.item(fmt.Sprintf("%s[%d]", path, i), &items[i]); err != nil {
			return err
		}
	}
	return nil
}

// Types of items with a canonical word.
const (
	typeMessage      = "message"
	typeReasoning    = "reasoning"
	typeFunctionCall = "function_call"
	typeFunctionOut  = "function_call_output"
	typeCustomCall   = "custom_tool_call"
	typeCustomOut    = "custom_tool_call_output"
)

func (it *item) kind() string {
	if openaiwire.NotNull(it.Type) == nil && it.Role != nil {
		return typeMessage
	}
	return json.Unquote(it.Type)
}

// item reads one item into a turn of its own, or into the assistant's that
// goes on.
func (d *reader) item(path string, it *item) error {
	var p llm.Part
	var err error
	switch kind := it.kind(); kind {
	case typeMessage:
		return d.message(path, it)
	case typeReasoning:
		p, err = d.reasoning(path, it)
	case typeFunctionCall, typeCustomCall:
		p, err = d.call(path, it, kind == typeCustomCall)
	case typeFunctionOut, typeCustomOut:
		p, err = d.result(path, it, kind == typeCustomOut)
		if err == nil {
			d.turns = append(d.turns, llm.Turn{Role: llm.ToolRole, Parts: []llm.Part{p}})
		}
		return err
	case "":
		return dialect.BadMember(path+".type", "is missing")
	default:
		d.foreign(kind, it)
		return nil
	}
	if err == nil {
		d.assistant(p)
	}
	return err
}

// assistant adds parts to the turn of the assistant.
func (d *reader) assistant(parts ...llm.Part) {
	if n := len(d.turns); n > 0 && d.turns[n-1].Role == llm.Assistant {
		d.turns[n-1].Parts = append(d.turns[n-1].Parts, parts...)
		return
	}
	d.turns = append(d.turns, llm.Turn{Role: llm.Assistant, Parts: parts})
}

// foreign keeps an item whole. What answers the model ends its turn.
func (d *reader) foreign(kind string, it *item) {
	p := &llm.Foreign{Kind: kind, Native: llm.NativeOf(llm.OpenAIResponses, json.ValueOf(it))}
	if strings.HasSuffix(kind, "_output") || strings.HasSuffix(kind, "_response") {
		d.turns = append(d.turns, llm.Turn{Role: llm.ToolRole, Parts: []llm.Part{p}})
		return
	}
	d.assistant(p)
}

// Marks on the first part of a message, or on its turn.
const (
	markMessage = "message"      // what is left of a message of the assistant
	markUntyped = "without type" // which clients leave out
)

func (d *reader) message(path string, it *item) error {
	role, err := d.str(path, "role", it.Role)
	if err != nil {
		return err
	}
	if d.loose {
		role = "assistant"
	}
	var untyped json.Value
	if it.Type == nil {
		untyped = markString
	}
	switch role {
	case "assistant":
		return d.said(path, it, untyped)
	case "user", "system", "developer":
		parts, err := d.content(path+".content", it.Content, true)
		d.turns = append(d.turns, llm.Turn{Role: llm.Role(role), Parts: parts, Native: it.left(d, json.Named(markUntyped, untyped))})
		return err
	case "":
		return dialect.BadMember(path+".role", "is missing")
	}
	return dialect.BadMember(path+".role", "must be user, assistant, system or developer")
}

// said reads a message of the assistant. One without content has no part
// that could keep the rest of it.
func (d *reader) said(path string, it *item, untyped json.Value) error {
	parts, err := d.content(path+".content", it.Content, true)
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		d.assistant(&llm.Foreign{Kind: typeMessage, Native: llm.NativeOf(llm.OpenAIResponses, json.ValueOf(it))})
		return nil
	}
	left := orObject(it.left(d).Members)
	n := nativeOf(parts[0])
	*n = residue(n.Members, json.Named(markMessage, left), json.Named(markUntyped, untyped))
	d.assistant(parts...)
	return nil
}

// nativeOf is where a part of content has its residue.
func nativeOf(p llm.Part) *llm.Native {
	switch p := p.(type) {
	case *llm.Text:
		return &p.Native
	case *llm.Refusal:
		return &p.Native
	case *llm.Media:
		return &p.Native
	case *llm.Foreign:
		return &p.Native
	}
	return new(llm.Native)
}

// left is what remains of an item when its kind has taken its members. That
// an answer is complete goes without saying.
func (it *item) left(d *reader, extra ...json.Member) llm.Native {
	status := it.Status
	if d.loose && json.Unquote(status) == "completed" {
		status = nil
	}
	return residue(it.Rest, append(extra, json.Named("id", it.ID), json.Named("status", status))...)
}

func (d *reader) call(path string, it *item, custom bool) (*llm.ToolCall, error) {
	c := &llm.ToolCall{Custom: custom}
	id, err := d.str(path, "call_id", it.CallID)
	if err == nil {
		c.Name, err = d.str(path, "name", it.Name)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case id == "" && d.loose:
		id = json.Unquote(it.ID)
	case id == "":
		return nil, dialect.BadMember(path+".call_id", "is missing")
	}
	c.ID, c.Name = id, joinName(json.Unquote(it.Namespace), c.Name)
	input := it.Arguments
	if custom {
		input = it.Input
	}
	switch input.Kind() {
	case '"':
		c.Arguments = json.Unquote(input)
	case 0, 'n':
	default: // some clients send the object itself
		c.Arguments = string(input)
	}
	c.Signature = json.Unquote(json.Lookup(it.Rest, "extra_content", "google", "thought_signature"))
	c.Native = it.left(d, unsaid("namespace", it.Namespace))
	return c, nil
}

// markCustom is on the result of a freeform tool's call.
const markCustom = "custom"

func (d *reader) result(path string, it *item, custom bool) (*llm.ToolResult, error) {
	id, err := d.str(path, "call_id", it.CallID)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, dialect.BadMember(path+".call_id", "is missing")
	}
	parts, err := d.content(path+".output", it.Output, false)
	if err != nil {
		return nil, err
	}
	var mark json.Value
	if custom {
		mark = markString
	}
	return &llm.ToolResult{CallID: id, Parts: parts, Native: it.left(d, json.Named(markCustom, mark))}, nil
}
