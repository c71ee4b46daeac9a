package dialect

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// BadMember is the error for a member of a request that cannot be read. An
// empty path means the whole body.
func BadMember(path, what string) *llm.Error {
	e := llm.Errorf(llm.BadRequest, "%s: %s", cmp.Or(path, "the request body"), what)
	e.Param = path
	return e
}

// ReadMember reads a value that was left raw before. Its errors name the path.
func ReadMember(path string, v json.Value, into any) error {
	if err := json.Unmarshal(v, into); err != nil {
		at, what := json.Problem(err)
		if at != "" {
			path += "." + at
		}
		return BadMember(path, what)
	}
	return nil
}

// Truncated is the error for a stream that never said that it was done.
func Truncated(provider string) *llm.Error {
	return &llm.Error{Kind: llm.Truncated, Provider: provider, Message: "the stream ended before the answer was complete"}
}
