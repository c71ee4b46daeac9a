package openairesponses

import (
	"strings"

	"sluice/core/dialect"
)

// maxName is how long the name of a tool and the id of a call may be.
//
// https://platform.openai.com/docs/api-reference/responses/create
const maxName = 64

// nameSep stands between the namespace of a tool and its name, where both
// are one: in canonical form. It is in no name that a client has, and other
// dialects replace it as they do with all that is illegal in a name; their
// exchanges give it back with the answer.
const nameSep = "\x1f"

func joinName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + nameSep + name
}

func splitName(s string) (namespace, name string) {
	if namespace, name, ok := strings.Cut(s, nameSep); ok {
		return namespace, name
	}
	return "", s
}

// name returns the name under which a tool is sent: other dialects allow
// names that this one does not.
func (e *encoder) name(s string) string {
	if e.same {
		return s
	}
	return e.names.Send(s, maxName)
}

// callID is name for the ids of calls, which need no way back.
func (e *encoder) callID(s string) string {
	if e.same || s != "" && len(s) <= maxName {
		return s
	}
	return legal(s)
}

func legal(s string) string { return dialect.LegalName(s, maxName) }
