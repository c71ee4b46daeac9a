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
	list := append(redact.OfHeader(q.r.Header), redact.OfQuery(q.r.URL.RawQuery)...)
	for _, config := range []string{q.r.Header.Get("X-Portkey-Config"), q.DefaultConfig} {
		list = append(list, redact.OfJSON([]byte(config))...)
	}
	return redact.New(list...)
}

// allSecrets are also those that targets were sent: the operator's, and what
// was bought with them.
func (q *request) allSecrets() redact.Secrets {
	if q.call == nil {
		return q.secrets()
	}
	return redact.Join(q.secrets(), q.call.Trace.Secrets())
}
