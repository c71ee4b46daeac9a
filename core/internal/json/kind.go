package json

// KindName is the name of a value's kind, as messages have it. Nothing is
// null, too.
func KindName(v Value) string {
	switch v.Kind() {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case '0':
		return "number"
	case 't', 'f':
		return "boolean"
	}
	return "null"
}
