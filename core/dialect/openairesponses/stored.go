package openairesponses

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// What a request says about responses that are kept. The codec writes it back
// and does nothing about it: whoever stores responses asks here.

// PreviousResponseID is the response that the request goes on from; empty if
// there is none, or if the request came from another dialect.
func PreviousResponseID(r *llm.Request) string {
	return json.Unquote(own(r.Native).Get("previous_response_id"))
}

// Conversation is the id of the conversation that the request belongs to; it
// is empty as in [PreviousResponseID].
func Conversation(r *llm.Request) string {
	v := own(r.Native).Get("conversation")
	if v.Kind() == '{' {
		v = json.Lookup(v, "id")
	}
	return json.Unquote(v)
}

// Store reports whether the response is to be kept. The API keeps it unless
// the request says no.
func Store(r *llm.Request) bool {
	return r.Native.Dialect == llm.OpenAIResponses && own(r.Native).Get("store").Kind() != 'f'
}

// Background reports whether the client comes back for the response.
func Background(r *llm.Request) bool {
	return own(r.Native).Get("background").Kind() == 't'
}
