package api

import (
	"net/url"

	"sluice/core/usage"
)

// exchange is what is kept of the request and its answer, without credentials;
// nil if nothing is to be kept.
func (q *request) exchange() *usage.Exchange {
	if q.seen == nil {
		return nil
	}
	sent, header, received := q.seen.line()
	x := usage.Exchange{
		Method: q.r.Method, URL: pathAndQuery(q.r.URL), Header: q.r.Header, Body: sent,
		ResponseHeader: header, Response: received,
	}
	return x.Clean(q.sentSecrets())
}

func pathAndQuery(u *url.URL) string {
	if u.RawQuery == "" {
		return u.EscapedPath()
	}
	return u.EscapedPath() + "?" + u.RawQuery
}
