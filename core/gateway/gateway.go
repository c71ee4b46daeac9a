// Package gateway puts the data plane together: one [Config] in, one
// http.Handler out. It holds no logic of its own.
package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"sluice/core"
	"sluice/core/api"
	"sluice/core/board"
	"sluice/core/cache"
	"sluice/core/cache/semantic"
	"sluice/core/compact"
	guardrail "sluice/core/guard"
	"sluice/core/guard/partner"
	"sluice/core/internal/blob"
	"sluice/core/internal/httpx"
	"sluice/core/logs"
	"sluice/core/price"
	"sluice/core/provider"
	"sluice/core/route"
	"sluice/core/secret"
	"sluice/core/store/driver"
	"sluice/core/stored"
	"sluice/core/upstream"
	"sluice/core/upstream/awsx"
	"sluice/core/usage"
)

// Config says how to run a gateway. The zero value is open to everybody and
// reaches public hosts only, so whoever listens beyond loopback sets Keys.
type Config struct {
	// Keys are the gateway's own keys. If nil, no key is asked for.
	Keys KeySource

	// Auth finds out who asks, in the place of Keys. Usually nil.
	Auth api.Authenticator

	// DefaultConfig is the routing config, as JSON, of requests that name
	// neither a config nor a provider. It may be empty.
	DefaultConfig string

	// MaxBody is the largest request body accepted, in bytes. Zero means
	// 64 MiB.
	MaxBody int64

	// TrustedHosts may be reached as custom hosts although they are private:
	// host, host:port or CIDR.
	TrustedHosts []string

	// AllowLoopback lets custom hosts name this machine. On Lambda it must be
	// false: loopback holds the runtime API. Without it custom hosts are
	// https on port 443, except those of TrustedHosts.
	AllowLoopback bool

	// Bedrock configures the AWS transport.
	Bedrock awsx.Config

	// Keyring has the operator's credentials for providers. Nil has none.
	Keyring *provider.Keyring

	// Ambient is what the process lends to targets, such as a workload
	// identity. Nil lends nothing.
	Ambient *provider.Ambient

	// Around is put around every target; see route.Env. Nil puts nothing.
	Around func(core.Handler) core.Handler

	Timeouts  upstream.Timeouts // for what a config says nothing of
	KeepAlive time.Duration     // see api.Config

	// State keeps what must not be lost: the key that seals compacted
	// conversations, and (when packages identity and prompt use it)
	// workspaces, gateway keys, saved configs, prompts and budgets. Nil keeps
	// nothing.
	State driver.Table

	// Data keeps what expires: answers of the Responses API that no provider
	// keeps, what routing has learnt from requests, and (when packages cache,
	// usage and realtime use it) cached answers, logs, their sums and sessions.
	// Nil keeps nothing, and each process learns for itself. It may be the same
	// table as State: collections have names of their own.
	Data driver.Table

	// CacheMemory is how much memory cached answers may take, in bytes. Zero
	// means 64 MiB.
	CacheMemory int64

	// Semantic says how requests that mean the same are found, for caches in
	// mode semantic, as JSON: members "model", "dimensions", "threshold" (the
	// least cosine, 0.95 if it is not said) and "timeout" (of a look-up, in
	// milliseconds, 300), and beside them the target that embeds texts, as in a
	// routing config. Empty means that only equal requests are found.
	Semantic string

	// Vectors keeps what Semantic has made of requests. Nil means the table
	// Data.
	Vectors semantic.Index

	// Files keeps uploads until they are used, in a store of this machine.
	// Nil means the bucket of Bedrock, or none if there is none.
	Files blob.Store

	// GoogleStorage takes the place of Google's Cloud Storage, as
	// STORAGE_EMULATOR_HOST does for Google's own tools. Usually empty.
	GoogleStorage string

	// Prices are what usage costs. Nil means the built-in ones.
	Prices *price.Table

	// Sinks take a record of each request when its response has gone out.
	Sinks []usage.Sink

	// Metrics answers GET /metrics, for who has one of the gateway's keys. Nil
	// means that there is no such path.
	Metrics http.Handler

	// Logs are what the API of logs, feedback and analytics answers from (see
	// package admin). With nil, or without Data, there is none. Whoever sets
	// them has them among Sinks as well, and consumes them.
	Logs *logs.Store

	// Stopping is closed when the process is about to end, which ends streams
	// of the live log. Nil: it is not streamed.
	Stopping <-chan struct{}

	// Bodies says which bodies of requests and answers records bring along. The
	// zero value: none.
	Bodies api.Bodies

	Version string
	Log     *slog.Logger // nil discards
}

// DefaultMaxBody is the largest request body of the server, in bytes.
const DefaultMaxBody = 64 << 20

// idlePerHost is how many unused connections to one provider are kept: as many
// as there may be calls at once over HTTP/1.1, or each call more opens one.
const idlePerHost = 256

// New returns the gateway's handler. It fails if the default config is not
// valid.
func New(c Config) (http.Handler, error) {
	guard, err := httpx.NewGuard(httpx.Policy{Trusted: c.TrustedHosts, AllowLoopback: c.AllowLoopback, HTTPSOnly: !c.AllowLoopback})
	if err != nil {
		return nil, fmt.Errorf("trusted hosts: %w", err)
	}
	if err := awsx.CheckFunctions(c.Bedrock.Functions); err != nil {
		return nil, fmt.Errorf("functions of guardrails: %w", err)
	}
	client := httpx.NewClient(httpx.NewTransport(guard, idlePerHost))
	if c.Bedrock.HTTPClient == nil {
		c.Bedrock.HTTPClient = &http.Client{Transport: client.RoundTripper()}
	}
	return assemble(c, guard, client)
}

// checks are those that guardrails can use.
var checks = guardrail.NewLibrary(partner.Specs()...)

func assemble(c Config, guard *httpx.Guard, client upstream.Doer) (http.Handler, error) {
	amazon := awsx.New(c.Bedrock)
	aws := bedrock{amazon}
	env := route.Env{
		Upstream: &upstream.Client{
			HTTP:       client,
			Transports: map[string]upstream.Transport{provider.BedrockTransport: aws},
			Services:   c.services(aws, client),
			Signer:     amazon,
			Timeouts:   c.Timeouts,
			CheckURL:   guard.CheckURL,
		},
		CheckHost: guard.CheckURL,
		Random:    rand.Float64,
		Around:    c.Around,
		Ambient:   c.Ambient,
		Keyring:   c.Keyring,
		Prices:    c.Prices,
		Board:     board.New(c.Data, c.Log),
		OwnHost:   guard.Names,
		Checks:    checks,
		Guards:    c.guards(amazon, client),
	}
	similar, err := c.similar(env)
	if err != nil {
		return nil, fmt.Errorf("semantic cache: %w", err)
	}
	env.Cache = &cache.Cache{Store: cache.NewStore(c.Data, cmp.Or(c.CacheMemory, cache.DefaultMemory)), Similar: similar, Log: c.log()}
	env.DefaultConfig = c.DefaultConfig
	router := route.NewRouter(env)
	if c.DefaultConfig != "" {
		if _, err := router.Handler(c.DefaultConfig, ""); err != nil {
			return nil, fmt.Errorf("default config: %w", err)
		}
	}
	auth := c.authenticator()
	return withMetrics(c.withAdmin(api.New(api.Config{
		Auth:          auth,
		Router:        router,
		CheckHost:     guard.CheckURL,
		DefaultConfig: c.DefaultConfig,
		MaxBody:       cmp.Or(c.MaxBody, DefaultMaxBody),
		KeepAlive:     c.KeepAlive,
		Models:        []api.Model{{ID: "echo", Owner: "echo"}},
		Callable:      c.callable,
		OwnHost:       guard.Names,
		Stored:        c.stored,
		Compaction:    &compact.Sealer{Table: c.State},
		Uploads:       c.depot(aws),
		Responses:     &stored.Store{Table: c.Data, Log: c.Log},
		Version:       cmp.Or(c.Version, "dev"),
		Prices:        c.Prices,
		Sinks:         c.Sinks,
		Bodies:        c.Bodies,
		Log:           c.log(),
	})), c.Metrics, auth), nil
}

func (c Config) log() *slog.Logger { return cmp.Or(c.Log, slog.New(slog.DiscardHandler)) }

func (c Config) stored(ctx context.Context, id string) bool {
	if c.lends(id) {
		return true
	}
	s, err := c.Keyring.For(ctx, id)
	return err != nil || !s.IsZero() // if it cannot be read, the target says so
}

// lends reports whether the process itself has a credential for a provider.
func (c Config) lends(id string) bool {
	switch id {
	case "bedrock", "bedrock-mantle":
		return c.Bedrock.DefaultCredentials != nil || !c.Bedrock.DefaultToken.IsZero()
	case "sagemaker":
		return c.Bedrock.DefaultCredentials != nil
	}
	return false
}

// callable lists the providers for which there is a stored credential.
func (c Config) callable(ctx context.Context) ([]string, error) {
	var ids []string
	for _, id := range provider.IDs() {
		stored, err := c.Keyring.For(ctx, id)
		if err != nil {
			return nil, route.StoreAway(err)
		}
		if !stored.IsZero() || c.lends(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// StaticKeys is a [KeySource] of keys that are known at the start.
func StaticKeys(keys ...secret.Value) KeySource { return staticKeys(keys) }
