package lambdahttp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"sluice/core"
)

// Start serves h: from a function URL where the environment is Lambda's, else
// from a plain server on loopback, on the port in PORT (8080 if it is empty),
// until the process is told to stop or ctx ends. On Lambda it does not return.
func Start(ctx context.Context, h http.Handler, o Options, getenv func(string) string) error {
	o = o.withDefaults()
	if getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.StartWithOptions(Adapt(h, o), lambda.WithContext(ctx))
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", cmp.Or(getenv("PORT"), "8080")))
	if err != nil {
		return fmt.Errorf("opening the port: %w", err)
	}
	o.Log.InfoContext(ctx, "listening", "url", "http://"+ln.Addr().String())
	return Serve(ctx, ln, h, o)
}

// Serve serves h from a plain server on ln until ctx ends. What handlers
// register with [core.RunAfter] runs when they have returned, and Serve waits
// for it. It closes ln.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, o Options) error {
	o = o.withDefaults()
	s := &server{handler: h, options: o, workers: newWorkers()}
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Drain)
	defer cancel()
	if srv.Shutdown(drain) != nil {
		srv.Close() // ends the contexts of requests that would not end
	}
	return s.wait()
}

// server gives each request its hooks and counts those that still run.
type server struct {
	handler http.Handler
	options Options
	running sync.WaitGroup
	workers workers
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, after := core.WithAfter(r.Context())
	s.running.Add(1)
	defer s.workers.run(func() { s.runAfter(context.WithoutCancel(ctx), after) }) // also if the handler panics
	s.handler.ServeHTTP(w, r.WithContext(ctx))
}

func (s *server) runAfter(ctx context.Context, after *core.After) {
	defer s.running.Done()
	ctx, cancel := core.Within(ctx, s.options.Drain)
	defer cancel()
	after.Run(ctx, s.options.reportHook(ctx))
}

func (s *server) wait() error {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(s.options.Drain):
		return errors.New("shutting down: work after responses did not end in time")
	}
}
