package openaichat

import "sluice/core/dialect"

// name returns the name under which a tool is sent: other dialects allow
// names that chat does not.
func (e *encoder) name(s string) string {
	if e.same {
		return s
	}
	return e.names.Send(s, dialect.MaxToolName)
}
