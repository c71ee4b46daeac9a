package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"sluice/core/gateway"
	"sluice/core/provider"
	"sluice/core/rollup"
	"sluice/core/secret"
	"sluice/core/usage"
	"sluice/functions/internal/aws"
	"sluice/functions/internal/lambdahttp"
)

type server struct {
	options
	storage storage
	handler http.Handler
	log     *slog.Logger
	stderr  io.Writer
	records aws.Records
	stop    chan struct{} // is closed when the process is about to end
	// consumer is nil where somebody else consumes records.
	consumer *rollup.Consumer
}

// newServer returns a server that keeps things in st, which the caller closes
// when the server has ended.
func newServer(o options, st storage, getenv func(string) string, stdout, stderr io.Writer) (*server, error) {
	s := &server{options: o, storage: st, stderr: stderr, log: slog.New(slog.NewTextHandler(stderr, nil)), stop: make(chan struct{})}
	var err error
	if s.records, err = aws.NewRecords(o.logSettings(getenv), st.data, usage.NewLines(stdout), s.log); err != nil {
		return nil, err
	}
	if s.storage.file != nil {
		s.consumer = &rollup.Consumer{Logs: s.records.Logs, Sums: &rollup.Sums{Table: st.data}, Log: s.log}
		s.records.Logs.Notify, s.records.Logs.Together = s.consumer.Notify, true
	}
	c, live, err := s.observed(s.config(getenv), getenv)
	if err != nil {
		return nil, err
	}
	h, err := gateway.New(c)
	if err != nil {
		return nil, err
	}
	if s.handler = live(h); o.key == "" {
		s.handler = localOnly(s.handler)
	}
	return s, nil
}

func (s *server) config(getenv func(string) string) gateway.Config {
	o := s.options
	c := gateway.Config{
		DefaultConfig: o.config, MaxBody: o.maxBody, TrustedHosts: o.trusted, AllowLoopback: o.local(),
		GoogleStorage: getenv("STORAGE_EMULATOR_HOST"), Semantic: getenv("SLUICE_SEMANTIC"), Vectors: aws.Vectors(getenv),
		Keyring: keyring(o, getenv), Ambient: ambient(getenv), Bedrock: aws.Bedrock(getenv),
		State: s.storage.state, Data: s.storage.data,
		Sinks: s.records.Sinks, Bodies: s.records.Bodies, Logs: s.records.Logs, Stopping: s.stop, Version: version, Log: s.log,
	}
	if s.storage.folder != nil {
		c.Files = s.storage.folder
	}
	if o.key != "" {
		c.Keys = gateway.StaticKeys(secret.New(o.key))
	}
	return c
}

// keyring is what the operator of this process has: a file, and the
// environment variables that the providers' SDKs use.
func keyring(o options, getenv func(string) string) *provider.Keyring {
	k := &provider.Keyring{Env: getenv}
	if o.providers != "" {
		k.Cache, k.Ref = secret.NewCached(secret.Files(), nil), secret.Ref{Scheme: "file", Name: o.providers}
	}
	return k
}

// ambient is the workload identity that Azure puts into a container, and that
// of Google Cloud: a key file, or what Cloud Run's metadata server lends.
func ambient(getenv func(string) string) *provider.Ambient {
	a := &provider.Ambient{}
	if file := getenv("AZURE_FEDERATED_TOKEN_FILE"); file != "" {
		a.AzureWorkload = &provider.AzureWorkload{
			Authority: getenv("AZURE_AUTHORITY_HOST"), TenantID: getenv("AZURE_TENANT_ID"), ClientID: getenv("AZURE_CLIENT_ID"), TokenFile: file,
		}
	}
	if file, run := getenv("GOOGLE_APPLICATION_CREDENTIALS"), getenv("K_SERVICE") != ""; file != "" || run {
		a.Google = &provider.GoogleIdentity{File: file, Metadata: run}
	}
	return a
}

func (s *server) serve(ctx context.Context) error {
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	s.greet(l.Addr().String())
	ctx, stop := context.WithCancel(ctx)
	var upkeep sync.WaitGroup
	upkeep.Go(func() { s.storage.upkeep(ctx, s.log) })
	upkeep.Go(func() { s.consume(ctx) })
	defer func() { stop(); upkeep.Wait() }()
	context.AfterFunc(ctx, func() { close(s.stop) })
	err = lambdahttp.Serve(ctx, l, s.handler, lambdahttp.Options{Log: s.log})
	if s.records.Logs != nil {
		s.records.Logs.Flush()
	}
	return err
}

// consume makes of records what logs are found by, and sums, until ctx ends. In
// the tables of a stack the worker does that.
func (s *server) consume(ctx context.Context) {
	if s.consumer != nil {
		s.consumer.Run(ctx)
	}
}

func (s *server) greet(addr string) {
	key := ""
	if s.key != "" {
		key = " \\\n    -H \"x-portkey-api-key: $SLUICE_KEY\""
	}
	fmt.Fprintf(s.stderr, `Sluice %s listens on http://%s/v1

Try it; no key and no account needed:

  curl -N http://%s/v1/chat/completions \
    -H 'content-type: application/json' -H 'x-portkey-provider: echo'%s \
    -d '{"model":"echo","stream":true,"messages":[{"role":"user","content":"hi"}]}'

`, version, addr, addr, key)
}
