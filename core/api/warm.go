package api

import (
	"bytes"
	"slices"

	"sluice/core"
	"sluice/core/llm"
)

// goesOn reports whether a conversation has an answer in it already. Nothing
// is decoded for it: quotes inside of a JSON string are escaped, so that what
// looks like a member is one.
func goesOn(c *core.Call) bool {
	return c.Operation == llm.Generate && slices.ContainsFunc(signsOf(c.Dialect), func(s sign) bool { return s.in(c.Body) })
}

// A sign is a member that a request has if it goes on: its name, in quotes,
// and how its value begins.
type sign struct{ name, value string }

var (
	byAssistant = []sign{{`"role"`, `"assistant"`}}
	byModel     = []sign{{`"role"`, `"model"`}}
	byResponse  = []sign{{`"previous_response_id"`, `"`}, {`"role"`, `"assistant"`}, {`"type"`, `"function_call_output"`}}
)

// signsOf lists those of which a request that goes on has one.
func signsOf(d llm.Dialect) []sign {
	switch d {
	case llm.Gemini:
		return byModel
	case llm.OpenAIResponses, llm.OpenAIMixed:
		return byResponse
	case llm.OpenAIText: // a prompt has no turns
		return nil
	}
	return byAssistant
}

func (s sign) in(body []byte) bool {
	for {
		i := bytes.Index(body, []byte(s.name))
		if i < 0 {
			return false
		}
		body = body[i+len(s.name):]
		value, named := bytes.CutPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte(":"))
		if named && bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte(s.value)) {
			return true
		}
	}
}
