package guard

import (
	"context"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

func init() {
	add(Spec{ID: "default.addPrefix", Events: []Event{Before}, Open: true, New: newAddPrefix})
}

// addPrefix puts a text in front of the first message of a role, or in a
// message of its own. Every byte of the body that it does not have to touch
// stays as it is.
type addPrefix struct {
	prefix, role          string
	existing, onlyIfEmpty bool
}

func newAddPrefix(p *Params, _ Env) Check {
	a := &addPrefix{
		prefix:   p.Text("prefix", "Please respond helpfully and accurately to the following: "),
		role:     p.OneOf("applyToRole", "user", "system", "assistant", "developer"),
		existing: p.Bool("addToExisting", true), onlyIfEmpty: p.Bool("onlyIfEmpty", false),
	}
	if a.prefix == "" {
		p.Fail("prefix", "Must not be empty")
	}
	return a
}

// Replaces reports true: the request is another one then.
func (a *addPrefix) Replaces() bool { return true }

func (a *addPrefix) Check(_ context.Context, in *Input) (Verdict, error) {
	change := map[string]func(json.Value) (json.Value, error){
		"chatComplete": a.chat, "messages": a.messages, "complete": a.completion,
	}[in.Operation]
	if change == nil || in.Request.Kind() != '{' {
		return Verdict{}, &Error{"Error", "there is nowhere to put a prefix in a request of this type"}
	}
	body, err := change(in.Request)
	if err != nil {
		return Verdict{}, &Error{"Error", "the request cannot be changed"}
	}
	v := found(true, struct {
		Prefix        string `json:"prefix"`
		RequestType   string `json:"requestType"`
		ApplyToRole   string `json:"applyToRole"`
		AddToExisting bool   `json:"addToExisting"`
		OnlyIfEmpty   bool   `json:"onlyIfEmpty"`
	}{a.prefix, in.Operation, a.role, a.existing, a.onlyIfEmpty})
	v.Request = body
	return v, nil
}

// completion changes the prompt, or each of several.
func (a *addPrefix) completion(body json.Value) (json.Value, error) {
	before := func(prompt json.Value) json.Value {
		if text := json.Unquote(prompt); prompt.Kind() == '"' && a.may(text) {
			return json.Quote(a.prefix + text)
		}
		return prompt
	}
	return json.Rewrite(body, []string{"prompt"}, func(prompt json.Value) json.Value {
		if prompt.Kind() == '[' {
			list, _ := json.Rewrite(prompt, []string{"*"}, before)
			return list
		}
		return before(prompt)
	})
}

// may says whether a text can be put in front of another.
func (a *addPrefix) may(text string) bool { return !a.onlyIfEmpty || strings.TrimSpace(text) == "" }

func (a *addPrefix) chat(body json.Value) (json.Value, error) {
	return a.conversation(body, json.Quote(a.prefix))
}

// messages changes a body of Anthropic's Messages. What the system says is no
// message there, so that the prefix always joins it.
func (a *addPrefix) messages(body json.Value) (json.Value, error) {
	if a.role != "system" {
		return a.conversation(body, slices.Concat(json.Value("["), a.part(), json.Value("]")))
	}
	system := json.Lookup(body, "system")
	return json.Splice(body, json.Edit{Name: "system", Value: a.content(system, false)})
}

// part is the prefix as a part of a message.
func (a *addPrefix) part() json.Value {
	return json.ValueOf(struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}{"text", a.prefix})
}

// conversation changes a list of messages; content is that of a new one.
func (a *addPrefix) conversation(body, content json.Value) (json.Value, error) {
	list := json.Lookup(body, "messages")
	messages, err := json.Elements(list)
	if err != nil {
		return nil, err
	}
	added := json.ValueOf(struct {
		Role    string     `json:"role"`
		Content json.Value `json:"content"`
	}{a.role, content})
	at := slices.IndexFunc(messages, func(m json.Value) bool { return json.Unquote(json.Lookup(m, "role")) == a.role })
	var change func(m json.Value) json.Value
	switch {
	case len(messages) == 0:
		return json.Splice(body, json.Edit{Name: "messages", Value: slices.Concat(json.Value("["), added, json.Value("]"))})
	case at < 0 && a.role == "system":
		at, change = 0, func(m json.Value) json.Value { return slices.Concat(added, json.Value(","), m) }
	case at < 0:
		at, change = len(messages)-1, func(m json.Value) json.Value { return slices.Concat(m, json.Value(","), added) }
	case a.onlyIfEmpty && !blank(json.Lookup(messages[at], "content")):
		return body, nil
	case !a.existing:
		change = func(m json.Value) json.Value { return slices.Concat(added, json.Value(","), m) }
	default:
		change = func(m json.Value) json.Value { return a.message(m, at == len(messages)-1) }
	}
	return rewriteElement(body, at, change, "messages", "*")
}

// rewriteElement changes one of the values that a path leads to.
func rewriteElement(v json.Value, at int, change func(json.Value) json.Value, path ...string) (json.Value, error) {
	i := -1
	return json.Rewrite(v, path, func(v json.Value) json.Value {
		if i++; i == at {
			return change(v)
		}
		return v
	})
}

// blank reports whether no text stands in the content of a message.
func blank(content json.Value) bool {
	if content.Kind() != '[' {
		return strings.TrimSpace(json.Unquote(content)) == ""
	}
	return !anyAt(content, []string{"*"}, func(part json.Value) bool {
		return strings.TrimSpace(json.Unquote(json.Lookup(part, "text"))) != ""
	})
}

// message puts the prefix in front of a message's text.
func (a *addPrefix) message(m json.Value, last bool) json.Value {
	content := json.Lookup(m, "content")
	out, err := json.Splice(m, json.Edit{Name: "content", Value: a.content(content, last)})
	if err != nil {
		return m
	}
	return out
}

// content puts the prefix in front of a text, or of the first part that is
// one: in the last message wherever that stands, in others if it leads, as the
// reference has it. Without such a part it gets a new one.
func (a *addPrefix) content(content json.Value, last bool) json.Value {
	if a.onlyIfEmpty && !blank(content) {
		return content
	}
	if content.Kind() != '[' {
		return json.Quote(a.prefix + json.Unquote(content))
	}
	parts, _ := json.Elements(content)
	at := slices.IndexFunc(parts, func(part json.Value) bool { return json.Lookup(part, "text").Kind() == '"' })
	change := func(p json.Value) json.Value {
		out, _ := json.Splice(p, json.Edit{Name: "text", Value: json.Quote(a.prefix + json.Unquote(json.Lookup(p, "text")))})
		return out
	}
	switch {
	case len(parts) == 0:
		return slices.Concat(json.Value("["), a.part(), json.Value("]"))
	case at < 0, at > 0 && !last:
		at, change = 0, func(p json.Value) json.Value { return slices.Concat(a.part(), json.Value(","), p) }
	}
	out, _ := rewriteElement(content, at, change, "*") // it has been read already
	return out
}
