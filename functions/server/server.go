package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/secret"
	"sluice/functions/internal/aws"
)

// drainTime is how long a shutdown waits for streams and their after-hooks.
const drainTime = 30 * time.Second

type server struct {
	options
	http   http.Server
	log    *slog.Logger
	stderr io.Writer
	after  sync.WaitGroup // requests whose after-hooks still run
}

func newServer(o options, stderr io.Writer) (*server, error) {
	s := &server{options: o, stderr: stderr, log: slog.New(slog.NewTextHandler(stderr, nil))}
	c := gateway.Config{
		DefaultConfig: o.config, MaxBody: o.maxBody, TrustedHosts: o.trusted, AllowLoopback: true,
		Bedrock: aws.Bedrock(os.Getenv), Version: version, Log: s.log,
	}
	if o.key != "" {
		c.Keys = gateway.StaticKeys(secret.New(o.key))
	}
	h, err := gateway.New(c)
	if err != nil {
		return nil, err
	}
	s.http = http.Server{
		Handler:           s.localOnly(s.withAfter(h)),
		ReadHeaderTimeout: 20 * time.Second, // no limit on the rest: streams last
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

// withAfter runs after-hooks when the handler has returned, in a goroutine
// that a shutdown waits for.
func (s *server) withAfter(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, after := core.WithAfter(r.Context())
		defer s.after.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
			defer cancel()
			after.Run(ctx, func(p any) { s.log.Error("panic in an after-hook", "panic", p) })
		})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// localOnly refuses names that do not mean this machine while no key is
// asked for: a web page could otherwise have its own name resolve to
// 127.0.0.1 and use the gateway from the visitor's browser.
func (s *server) localOnly(next http.Handler) http.Handler {
	if s.key != "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if len(host) > 2 && host[0] == '[' {
			host = host[1 : len(host)-1]
		}
		if !isLoopback(host) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error":{"message":"without a key this gateway answers on loopback names only","type":"permission_error","param":null,"code":null}}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) serve(ctx context.Context) error {
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	s.greet(l.Addr().String())
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err = s.http.Shutdown(stop)
	s.after.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("some requests did not end within %s", drainTime)
	}
	return err
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
