package httpx

import "net/http"

// RoundTripper lends the client's connections, and its care for them, to
// another client: that of an SDK. Errors and bodies are those of the
// connection itself.
func (c *Client) RoundTripper() http.RoundTripper { return roundTripper{c} }

type roundTripper struct{ c *Client }

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	r.c.wake()
	own := req.Clone(req.Context()) // a round tripper must not change its request
	replayable(own)
	return r.c.rt.RoundTrip(own)
}
