package stored

import (
	"sluice/core/dialect/openairesponses"
	"sluice/core/internal/json"
)

// items brings an input into the one form in which it is kept and listed:
// items of a type, whose content is a list, each with an id.
func items(input json.Value, response string) []json.Value {
	if input.Kind() == '"' {
		message := append(append([]byte(`{"role":"user","content":`), input...), '}')
		return []json.Value{item(message, response, 0)}
	}
	all, err := json.Elements(input)
	if err != nil {
		return nil
	}
	out := make([]json.Value, len(all))
	for i, v := range all {
		out[i] = item(v, response, i)
	}
	return out
}

// item leaves what it cannot read as it is: the codec has judged it.
func item(v json.Value, response string, n int) json.Value {
	ms, err := json.Pick(v, "type", "id", "role", "content")
	if err != nil {
		return v
	}
	kind, role := json.Unquote(ms[0]), json.Unquote(ms[2])
	var edits []json.Edit
	if kind == "" && role != "" {
		kind = "message"
		edits = append(edits, json.Edit{Name: "type", Value: json.Quote(kind)})
	}
	if json.Unquote(ms[1]) == "" {
		edits = append(edits, json.Edit{Name: "id", Value: json.Quote(openairesponses.ItemID(response, kind, n))})
	}
	if kind == "message" && ms[3].Kind() == '"' {
		edits = append(edits, json.Edit{Name: "content", Value: content(role, ms[3])})
	}
	out, err := json.Splice(v, edits...)
	if err != nil {
		return v
	}
	return out
}

// content is a text as the list that a message has.
func content(role string, text json.Value) json.Value {
	head := `[{"type":"input_text","text":`
	if role == "assistant" {
		head = `[{"type":"output_text","annotations":[],"text":`
	}
	return append(append([]byte(head), text...), "}]"...)
}

func itemID(v json.Value) string { return json.Unquote(json.Lookup(v, "id")) }

func array(items []json.Value) json.Value {
	size := 2
	for _, v := range items {
		size += len(v) + 1
	}
	b := append(make(json.Value, 0, size), '[')
	for i, v := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, v...)
	}
	return append(b, ']')
}

func orObject(v json.Value) json.Value {
	if len(v) == 0 {
		return json.Value("{}")
	}
	return v
}
