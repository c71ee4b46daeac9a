package upstream

import (
	"net/http"
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/llm"
)

// relayed reports whether a call is handed on as it is, with the provider's
// credential: nobody reads its body or its answer.
func (x *exchange) relayed() bool {
	return x.call.Operation == llm.Proxy || x.call.Operation == llm.ListModels
}

func (x *exchange) rest() string {
	if x.call.Operation == llm.ListModels {
		return "/models"
	}
	return x.call.Rest
}

// relay hands an answer on. It is committed by its status.
func (x *exchange) relay(resp *http.Response, watch *watchdog) *core.Reply {
	watch.committed()
	body := struct {
		*pulse
		closer
	}{&pulse{resp.Body, watch}, resp.Body.Close}
	r := x.finish(core.NewRelay(body, func() {
		watch.stop()
		resp.Body.Close()
	}), resp)
	if t := resp.Header["Content-Type"]; t != nil {
		r.Header["Content-Type"] = t
	}
	x.secrets.Header(r.Header)
	return r
}

type closer func() error

func (c closer) Close() error { return c() }

// private are headers that never travel from a client to a provider: they
// carry credentials, describe this connection, or steer the gateway.
var private = []string{
	"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Host", "Content-Length", "Accept-Encoding", "Cookie", "Connection", "Keep-Alive",
	"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Forwarded", "Via", "Origin", "Referer",
	"X-Real-Ip",
}

var privatePrefixes = []string{"X-Portkey-", "X-Sluice-", "X-Amz", "X-Forwarded-", "Cloudfront-", "Sec-"}

// Forwardable reports whether a header of a client may travel on to a
// provider. The name is in canonical form.
func Forwardable(name string) bool {
	return !slices.Contains(private, name) &&
		!slices.ContainsFunc(privatePrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// relayHeaders are all of the client's that may travel.
func relayHeaders(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		if Forwardable(name) {
			out[name] = values
		}
	}
	return out
}
