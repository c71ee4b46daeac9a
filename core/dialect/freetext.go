package dialect

import "sluice/core/internal/json"

// FreeTextSchema is what a freeform tool takes where all tools take objects:
// its text, as the member input.
var FreeTextSchema = json.Value(`{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}`)

// FreeText takes the text of a freeform call out of the object that it had to
// be sent in. Arguments that are no such object are returned as they are.
func FreeText(arguments string) string {
	if v := json.Lookup(json.Value(arguments), "input"); v.Kind() == '"' {
		return json.Unquote(v)
	}
	return arguments
}
