// Package api is the public HTTP surface of the data plane: one table from
// paths to operations and dialects, headers to configs, and errors to
// responses in the dialect of the route. Nothing else encodes for clients.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/compact"
	"sluice/core/internal/header"
	"sluice/core/internal/recent"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/route"
	"sluice/core/stored"
	"sluice/core/uploads"
	"sluice/core/usage"
)

// An Authenticator finds out who asks. It returns the headers without the
// gateway's own credential, which nothing behind it may see. Its error is an
// *llm.Error.
type Authenticator interface {
	Authenticate(ctx context.Context, h http.Header) (core.Principal, http.Header, error)
}

// Config says how to serve.
type Config struct {
	Auth          Authenticator
	Router        *route.Router
	CheckHost     func(url string) error // refuses custom hosts that must not be reached
	DefaultConfig string                 // for requests that name neither a config nor a provider; may be empty
	MaxBody       int64                  // bytes
	KeepAlive     time.Duration          // silence after which a stream is opened or pinged; 0 means 15 s
	Models        []Model                // built in, callable by everybody
	// OwnHost reports whether an administrator vouches for a host. Nil means
	// for none.
	OwnHost func(url string) bool
	// Stored reports whether there is a stored credential for a provider. Nil
	// means for none.
	Stored func(ctx context.Context, provider string) bool
	// Callable lists the providers that can be called without bringing a
	// credential. Nil means none.
	Callable func(ctx context.Context) ([]string, error)
	// Uploads takes files that are too large for a request. Nil takes none.
	Uploads *uploads.Depot
	// Responses keeps answers of the Responses API. Nil keeps none.
	Responses *stored.Store
	// Compaction seals summaries of conversations. It is needed.
	Compaction *compact.Sealer
	Version    string
	Prices     *price.Table // what usage costs; nil means the built-in ones, read when first needed
	Sinks      []usage.Sink // take a record of each request when its response has gone out
	Bodies     Bodies       // which of them the records bring along
	Log        *slog.Logger // faults of our own
}

// A Model is a model of a provider that is built in.
type Model struct{ ID, Owner string }

// DefaultKeepAlive is under the 30 seconds after which common proxies cut a
// silent stream.
const DefaultKeepAlive = 15 * time.Second

// New returns the handler of the public API.
func New(c Config) http.Handler {
	if c.KeepAlive <= 0 {
		c.KeepAlive = DefaultKeepAlive
	}
	return &api{Config: c, charges: recent.Map[again, *usage.Cost]{Most: mostCharges}}
}

type api struct {
	Config
	charges recent.Map[again, *usage.Cost] // for answers from the cache
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, deployment := fromAzure(normalize(r.URL.EscapedPath()))
	if a.greet(w, r, path) || a.serveUploads(w, r) {
		return
	}
	methods, at, ok := find(r, path)
	if !ok {
		a.serveRest(w, r, path)
		return
	}
	at.deployment = deployment
	rt, ok := methods[method(r)]
	switch {
	case ok:
		a.serve(w, r, rt, at)
	case header.Get(r.Header, "Upgrade") != "": // Codex asks for a WebSocket first, and takes this for "use HTTP"
		writeJSON(w, r, http.StatusUpgradeRequired, []byte(`{"error":{"message":"WebSockets are not served here: use HTTP","type":"invalid_request_error","param":null,"code":null}}`))
	default:
		header.Set(w.Header(), "Allow", allowed(methods))
		a.refuseUnrouted(w, r, http.StatusMethodNotAllowed, `{"message":"Method Not Allowed","ok":false}`)
	}
}

// greet answers what asks whether anybody is there.
func (a *api) greet(w http.ResponseWriter, r *http.Request, path string) bool {
	switch {
	case !isRead(r.Method):
		return false
	case path == "/":
		header.Set(w.Header(), "Content-Type", "text/plain; charset=UTF-8")
		_, _ = w.Write([]byte("AI Gateway says hey!"))
	case path == "/v1/health":
		writeJSON(w, r, http.StatusOK, appendMembers(nil, "status", "ok", "version", a.Version))
	default:
		return false
	}
	return true
}

// find looks a path up: in the table, then among those that name a model.
func find(r *http.Request, path string) (methods map[string]routeSpec, at place, ok bool) {
	if methods, ok = routes[path]; ok {
		return methods, at, true
	}
	p, model, ok := match(strings.TrimSuffix(r.URL.EscapedPath(), "/"))
	return p.methods, place{model: model, inPath: true, stream: p.stream}, ok
}

// serveRest serves paths that are in no table: responses that were kept, and
// whatever is handed on as it is.
func (a *api) serveRest(w http.ResponseWriter, r *http.Request, path string) {
	if rest, ours := keptResponse(path); ours {
		a.serve(w, r, kept, place{rest: rest})
		return
	}
	if rest, op, relays := relayed(r.URL.EscapedPath()); relays && r.Method != http.MethodOptions {
		a.serve(w, r, relay(op), place{rest: rest})
		return
	}
	a.refuseUnrouted(w, r, http.StatusNotFound, `{"message":"Not Found","ok":false}`)
}

// refuseUnrouted answers what is in no table.
func (a *api) refuseUnrouted(w http.ResponseWriter, r *http.Request, status int, body string) {
	q := a.request(w, r, relay(llm.Proxy))
	q.begin(status)
	writeJSON(w, r, status, []byte(body))
	q.tracing = tracingOf(r.Header, q.id)
	q.recordUnrouted(status)
}

// A place is what a request's path says beside its route.
type place struct {
	rest   string // of a relayed path
	model  string // named by the path …
	inPath bool   // … where the dialect has it there
	stream bool
	// deployment is the model of a body that names none, in Azure's paths.
	deployment string
}

func (a *api) serve(w http.ResponseWriter, r *http.Request, rt routeSpec, at place) {
	q := a.request(w, r, rt)
	q.at = at
	q.serve()
}

func (a *api) request(w http.ResponseWriter, r *http.Request, rt routeSpec) *request {
	r = inUTF8(r)
	q := &request{api: a, w: w, r: r, route: rt, header: r.Header, began: time.Now()}
	q.log = usage.NewID(q.began)
	q.id = cmp.Or(requestID(r.Header), q.log)
	return q
}

// method takes a HEAD for a GET, whose body the server then leaves out.
func method(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// requestID takes over the client's id when it is well formed, so that its
// logs and ours name the same request. It is empty if there is none.
func requestID(h http.Header) string {
	id := header.Get(h, "X-Request-Id")
	if len(id) < 8 || len(id) > 128 {
		return ""
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return ""
		}
	}
	return id
}
