package usage

import (
	"net/http"
	"strings"

	"sluice/core/internal/redact"
)

// An Exchange is a request and its answer as the client sent and got them. One
// that [Exchange.Clean] has made is without credentials.
type Exchange struct {
	Method string
	URL    string // path and query
	Header http.Header
	Body   Body

	ResponseHeader http.Header
	Response       Body

	// Of one that is clean.
	clean   bool
	secrets redact.Secrets
}

// A Body is what is kept of one.
type Body struct {
	Type  string // its media type
	Bytes []byte
	Size  int64 // of all of it, in bytes; Bytes may be its beginning only
}

// Cut reports whether Bytes are not all of it.
func (b *Body) Cut() bool { return b.Size > int64(len(b.Bytes)) }

// Clean returns an exchange without credentials, neither those that the
// request shows nor those that the caller knows of, and without the headers
// that its X-Portkey-Sensitive-Headers name. An exchange that is clean is
// returned as it is; any other one is not changed.
func (x *Exchange) Clean(known redact.Secrets) *Exchange {
	if x.clean {
		return x
	}
	_, query, _ := strings.Cut(x.URL, "?")
	own := redact.New(redact.OfRequest(x.Header, query)...)
	c := cleaner{redact.Join(own, known), x.Header.Values("X-Portkey-Sensitive-Headers")}
	return &Exchange{
		Method: x.Method, URL: c.url(x.URL), Header: c.header(x.Header), Body: c.body(x.Body),
		ResponseHeader: c.header(x.ResponseHeader), Response: c.body(x.Response),
		clean: true, secrets: c.secrets,
	}
}

// Hide returns what a body has packed, such as JSON in base64, without the
// credentials that were taken out of a clean exchange.
func (x *Exchange) Hide(unpacked []byte) []byte { return x.secrets.JSON(unpacked) }
