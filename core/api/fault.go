package api

import (
	"sluice/core/internal/redact"
	"sluice/core/llm"
)

// fault logs an error that is a fault of ours. Others are the client's or the
// provider's, and stand in the record.
func (q *request) fault(err error) {
	if asError(err).Kind == llm.Internal {
		q.Log.Error("internal error", "request", q.id, "error", q.secrets().Text(err.Error()))
	}
}

// secrets are those that the request brought. Nobody knows what a bug prints.
func (q *request) secrets() redact.Secrets {
	own := redact.OfRequest(q.r.Header, q.r.URL.RawQuery)
	return redact.New(append(own, redact.OfJSON([]byte(q.DefaultConfig))...)...)
}

// sentSecrets are those that targets were sent, or may have been, and that the
// client need not know: the operator's, and what was bought with them.
func (q *request) sentSecrets() redact.Secrets {
	operators := redact.New(redact.OfJSON([]byte(q.DefaultConfig))...)
	if q.call == nil {
		return operators
	}
	return redact.Join(operators, q.call.Trace.Secrets())
}
