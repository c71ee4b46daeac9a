package upstream

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/llm"
)

// relayed reports whether a call is handed on as it is, with the provider's
// credential: nobody reads its body or its answer.
func (x *exchange) relayed() bool {
	return x.call.Operation == llm.Proxy || x.call.Operation == llm.ListModels || x.call.Operation.Kept() || x.bare
}

// anyoneMay reports whether an operation is handed on as it is to a provider
// that is not known to have it: servers behind OpenAI's dialect have these
// under the same paths.
func anyoneMay(op llm.Operation) bool {
	return op == llm.Rerank || op == llm.Moderate || op == llm.VaryImage
}

func (x *exchange) rest() string {
	if x.call.Operation == llm.ListModels {
		return "/models"
	}
	return x.call.Rest
}

// serve lets a service answer.
func (x *exchange) serve(ctx context.Context, s Service) (*core.Reply, error) {
	x.secrets = x.credentials()
	ctx, watch := newWatchdog(ctx, x.client, x.target)
	r, err := s.Serve(ctx, x.call, x.target)
	if err != nil {
		err = x.fail(ctx, err)
		watch.stop()
		return nil, err
	}
	if body := r.Relay(); body != nil {
		r = watched(r, body, watch)
	} else {
		watch.stop()
	}
	r.Provider, r.Strict = x.target.Spec.ID, x.target.Strict
	return r, nil
}

// watched ends the watch with the reply.
func watched(r *core.Reply, body io.Reader, watch *watchdog) *core.Reply {
	watch.commit()
	out := core.NewRelay(struct {
		*pulse
		closer
	}{&pulse{r: body, watch: watch}, func() error { return nil }}, func() {
		watch.stop()
		r.Close()
	})
	out.Status, out.Header, out.Dropped = r.Status, r.Header, r.Dropped
	return out
}

// lacking refuses what the provider is known not to have.
func (x *exchange) lacking() error {
	spec := x.target.Spec
	if hint, lacks := spec.Lacks(x.call.Operation); lacks {
		e := ResourceOf(x.call).Unsupported(spec.ID)
		e.Message += hint
		return e
	}
	if spec.Transport != "" {
		return llm.Errorf(llm.Unsupported, "%s is not supported by %s", x.call.Operation, spec.ID)
	}
	return nil
}

// relay hands an answer on. It is committed by its status.
func (x *exchange) relay(resp *http.Response) *core.Reply {
	x.watch.commit()
	body := struct {
		*pulse
		closer
	}{&pulse{r: resp.Body, watch: x.watch}, resp.Body.Close}
	r := x.finish(core.NewRelay(body, func() {
		x.watch.stop()
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

// private are headers that never travel from a client to a provider as they
// are: they carry credentials, describe this connection, place the request in
// a trace, or steer the gateway.
var private = []string{
	"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Host", "Content-Length", "Accept-Encoding", "Cookie", "Connection", "Keep-Alive",
	"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Forwarded", "Via", "Origin", "Referer",
	"X-Real-Ip", "Traceparent", "Tracestate", "Baggage",
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
