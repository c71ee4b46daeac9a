package admin

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/logs"
	"sluice/core/price"
	"sluice/core/rollup"
	"sluice/core/store/driver"
)

// An Authenticator finds out who asks, as that of the data plane does. Its
// error is an *llm.Error.
type Authenticator interface {
	Authenticate(ctx context.Context, h http.Header) (core.Principal, http.Header, error)
}

// Config says how to serve.
type Config struct {
	Auth   Authenticator
	Logs   *logs.Store
	Sums   *rollup.Sums
	Table  driver.Table // for what expires: permissions to download
	Prices *price.Table // what inserted logs cost; nil means the built-in ones
	// Stopping is closed when the process is about to end; streams of the live
	// log end then. Nil: the live log is not streamed, only asked for page by
	// page, as where every second that a response takes is paid.
	Stopping <-chan struct{}
	Log      *slog.Logger // faults of our own
}

// New returns a handler that answers the paths of this package and hands all
// others on.
func New(c Config, next http.Handler) http.Handler {
	return &admin{Config: c, next: next, streams: newSeats()}
}

type admin struct {
	Config
	next    http.Handler
	streams *seats
}

func (a *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ours := own(r.URL.EscapedPath())
	if !ours {
		a.next.ServeHTTP(w, r)
		return
	}
	out := &begun{ResponseWriter: w}
	c := &call{admin: a, w: out, r: r}
	defer c.recover(out)
	if err := c.answer(path); err != nil {
		c.refuse(err)
	}
}

// begun knows whether an answer has begun.
type begun struct {
	http.ResponseWriter
	yes bool
}

func (b *begun) WriteHeader(status int) {
	b.yes = true
	b.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// recover answers a bug with an error, if nothing has been answered yet. Else
// the connection ends: a part must not look like the whole.
func (c *call) recover(out *begun) {
	p := recover()
	switch {
	case p == nil:
	case p == http.ErrAbortHandler, out.yes:
		panic(p)
	default:
		c.refuse(core.Panicked(p))
	}
}

// own gives the segments of a path that is ours, without /v1.
func own(escaped string) (path []string, ours bool) {
	for s := range strings.SplitSeq(escaped, "/") {
		switch {
		case s == "", len(path) == 0 && s == "v1":
			continue
		case len(path) == 0 && s != "logs" && s != "feedback" && s != "analytics" && s != "sluice":
			return nil, false // most requests are none of this package's, and should cost it nothing
		}
		path = append(path, s)
	}
	if len(path) > 0 && path[0] == "sluice" {
		return path, len(path) == 2 && path[1] == "live"
	}
	return path, len(path) > 0
}

// A route is a path and what answers it. A segment {} is any; it is handed to
// the call.
type route struct {
	method, path string
	answer       func(*call) error
	open         bool // the path itself is the permission
}

var routes = []route{
	{http.MethodPost, "logs", (*call).insertLogs, false},
	{http.MethodGet, "logs", (*call).listLogs, false},
	{http.MethodGet, "logs/{}", (*call).getLog, false},
	{http.MethodPost, "logs/exports", (*call).createExport, false},
	{http.MethodGet, "logs/exports", (*call).listExports, false},
	{http.MethodGet, "logs/exports/{}", (*call).getExport, false},
	{http.MethodPut, "logs/exports/{}", (*call).updateExport, false},
	{http.MethodPost, "logs/exports/{}/start", (*call).startExport, false},
	{http.MethodPost, "logs/exports/{}/cancel", (*call).cancelExport, false},
	{http.MethodGet, "logs/exports/{}/download", (*call).permitDownload, false},
	{http.MethodGet, "logs/downloads/{}", (*call).download, true},
	{http.MethodPost, "feedback", (*call).addFeedback, false},
	{http.MethodPut, "feedback/{}", (*call).changeFeedback, false},
	{http.MethodGet, "analytics/graphs/{}", (*call).graph, false},
	{http.MethodGet, "analytics/graphs/{}/{}", (*call).graph, false},
	{http.MethodGet, "analytics/summary/cache", (*call).cacheSummary, false},
	{http.MethodGet, "analytics/groups/{}", (*call).group, false},
	{http.MethodGet, "analytics/groups/metadata/{}", (*call).groupByMetadata, false},
	{http.MethodGet, "sluice/live", (*call).live, false},
}

// matches reports whether a route has a path, and gives what stands for {}.
func (rt *route) matches(path []string) (vars []string, ok bool) {
	pattern := strings.Split(rt.path, "/")
	if len(pattern) != len(path) {
		return nil, false
	}
	for i, want := range pattern {
		got, err := url.PathUnescape(path[i])
		switch {
		case err != nil, want != "{}" && want != got:
			return nil, false
		case want == "{}":
			vars = append(vars, got)
		}
	}
	return vars, true
}

// find looks a request up. A path that names its last segment comes before one
// where anything may stand. allowed are the methods that the path has.
func find(method string, path []string) (rt *route, vars []string, allowed []string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range routes {
		v, ok := routes[i].matches(path)
		if !ok || slices.Equal(path, []string{"logs", "exports"}) && routes[i].path == "logs/{}" {
			continue
		}
		allowed = append(allowed, routes[i].method)
		if routes[i].method == method {
			rt, vars = &routes[i], v
		}
	}
	return rt, vars, allowed
}
