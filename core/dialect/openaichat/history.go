package openaichat

import (
	"fmt"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// turns reads the messages, one turn each.
func (q *request) turns(r *llm.Request) error {
	d := history{ids: map[string]string{}}
	r.Turns = make([]llm.Turn, len(q.Messages))
	for i := range q.Messages {
		t, err := d.turn(&q.Messages[i], i)
		if err != nil {
			return err
		}
		r.Turns[i] = t
	}
	return nil
}

// history reads messages in their order. Legacy function calls have no id: it
// makes one up, so that a call and its result find each other in dialects
// that need it.
type history struct{ ids map[string]string } // :: name of a function → id of its last call

func (d *history) turn(m *message, i int) (llm.Turn, error) {
	switch m.Role {
	case "system", "developer", "user", "assistant":
		return d.spoken(m, i)
	case "tool":
		if m.ToolCallID == "" {
			return llm.Turn{}, dialect.BadMember(fmt.Sprintf("messages[%d].tool_call_id", i), "is missing")
		}
		return result(m, m.ToolCallID, i)
	case "function":
		t, err := result(m, d.ids[m.Name], i)
		if err == nil {
			p := t.Parts[0].(*llm.ToolResult)
			p.Native = residue(p.Native.Members, json.Named("role", markString))
		}
		return t, err
	case "":
		return llm.Turn{}, dialect.BadMember(fmt.Sprintf("messages[%d].role", i), "is missing")
	}
	return llm.Turn{}, dialect.BadMember(fmt.Sprintf("messages[%d].role", i), "must be system, developer, user, assistant, tool or function")
}

func (d *history) spoken(m *message, i int) (llm.Turn, error) {
	t := llm.Turn{Role: llm.Role(m.Role), Name: m.Name}
	said, err := m.said(fmt.Sprintf("messages[%d]", i))
	if err != nil {
		return t, err
	}
	if f := m.FunctionCall; f != nil && len(said.parts) > 0 {
		c := said.parts[len(said.parts)-1].(*llm.ToolCall)
		c.ID = fmt.Sprintf("call_%d", i)
		d.ids[f.Name] = c.ID
	}
	t.Parts = said.parts
	said.extra = append(said.extra, m.mark(t.Parts)...)
	if m.ToolCallID != "" {
		said.extra = append(said.extra, json.Named("tool_call_id", json.Quote(m.ToolCallID)))
	}
	t.Native = residue(m.Rest, said.extra...)
	return t, nil
}

// mark puts the cache mark of a whole message on its last part that can have
// one, where other dialects want it. If there is none, it stays native.
func (m *message) mark(parts []llm.Part) []json.Member {
	if m.CacheControl == nil {
		return nil
	}
	for _, p := range slices.Backward(parts) {
		at := cacheOf(p)
		if at == nil {
			continue
		}
		if *at == nil {
			*at = m.CacheControl.mark(json.Named("message", markObject))
			return nil
		}
		break
	}
	return []json.Member{json.Named("cache_control", json.ValueOf(m.CacheControl))}
}

// cacheOf is where a part has its cache mark; nil if it cannot have one.
func cacheOf(p llm.Part) **llm.CacheMark {
	switch p := p.(type) {
	case *llm.Text:
		return &p.Cache
	case *llm.Media:
		return &p.Cache
	case *llm.ToolCall:
		return &p.Cache
	}
	return nil
}

// result reads the message that answers a tool call.
func result(m *message, id string, i int) (llm.Turn, error) {
	parts, err := m.Content.canonical(fmt.Sprintf("messages[%d].content", i))
	if err != nil {
		return llm.Turn{}, err
	}
	return llm.Turn{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{
		CallID: id, Name: m.Name, Parts: parts, Cache: m.CacheControl.mark(), Native: residue(m.Rest),
	}}}, nil
}
