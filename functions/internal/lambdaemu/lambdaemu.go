// Package lambdaemu runs a Lambda function on this machine as AWS would behind
// a function URL, for tests and for trying things out: a front that makes
// events of HTTP requests, and for each process of the function a Runtime API
// that hands them out. The process is the real binary, built for this machine.
//
// What is like AWS, because gateways break on it:
//
//   - The event has lower-case header names, values joined with commas, cookies
//     apart, an escaped path, and base64 for whatever is not plainly text.
//     Events over 6 MB are refused before the function sees them.
//   - A process has one request at a time. When it asks for the next event it
//     is stopped (SIGSTOP), timers, goroutines and all, until there is one.
//   - Nobody tells the function that the client has left. It runs to its end.
//   - A function that runs into its timeout is killed, one that exits is
//     replaced at the next request, and the client sees a 502.
//   - A streamed answer without a body hangs.
//   - Each invocation ends with a REPORT line.
//
// What is not: there is no throttling of bandwidth, no limit of memory, no
// permission check, and a request that finds all processes busy waits unless
// [Config.Throttle] is set. Where AWS does not say what the client of a broken
// stream sees, the stream breaks too if the process died, and ends as if whole
// if the function reported an error, which is the harder case for clients.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html.
package lambdaemu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config says what to run and how. Only Binary is needed.
type Config struct {
	// Binary is the function, built for this machine.
	Binary string

	// Env is what the template would set, as KEY=value. It may also replace
	// what Lambda sets, such as the region or the made-up credentials.
	Env []string

	Name         string        // of the function; empty means "function"
	Addr         string        // of the front; empty means a free port on loopback
	Timeout      time.Duration // of an invocation; zero means 30 s
	InitTimeout  time.Duration // until the first event is asked for; zero means 10 s
	MaxProcesses int           // at once; zero means 4
	Memory       int           // in MB, only told to the function; zero means 512

	// Buffered is the invoke mode BUFFERED: the answer is one JSON object,
	// sent when it is whole. Otherwise it is RESPONSE_STREAM.
	Buffered bool

	// Throttle answers 429 when all processes are busy.
	Throttle bool

	// Log receives what the function prints, and the platform's own lines.
	// Nil discards both.
	Log io.Writer
}

func (c Config) withDefaults() Config {
	c.Name = cmp.Or(c.Name, "function")
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:0")
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.InitTimeout = cmp.Or(c.InitTimeout, 10*time.Second)
	c.MaxProcesses = cmp.Or(c.MaxProcesses, 4)
	c.Memory = cmp.Or(c.Memory, 512)
	if c.Log == nil {
		c.Log = io.Discard
	}
	return c
}

// An Emulator is one function and its URL.
type Emulator struct {
	// URL is that of the front, without a slash at the end.
	URL string

	config  Config
	front   *http.Server
	slots   chan struct{} // one for each environment that is busy
	running sync.WaitGroup

	mu           sync.Mutex
	environments map[*environment]bool
	idle         []*environment // frozen; the one used last is at the end
	reports      []Report
	closed       bool

	logging sync.Mutex
}

// Start opens the URL. Processes start when requests come. It all ends with
// [Emulator.Close], or when ctx does.
func Start(ctx context.Context, c Config) (*Emulator, error) {
	c = c.withDefaults()
	ln, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("opening the function URL: %w", err)
	}
	e := &Emulator{
		URL:          "http://" + ln.Addr().String(),
		config:       c,
		slots:        make(chan struct{}, c.MaxProcesses),
		environments: make(map[*environment]bool),
	}
	e.front = &http.Server{Handler: http.HandlerFunc(e.serveURL), ReadHeaderTimeout: 10 * time.Second}
	e.running.Go(func() { e.front.Serve(ln) })
	context.AfterFunc(ctx, e.Close)
	return e, nil
}

// Close kills all processes and closes the URL. It may be called again.
func (e *Emulator) Close() {
	e.mu.Lock()
	e.closed = true
	for env := range e.environments {
		env.kill()
	}
	e.mu.Unlock()
	e.front.Close()
	e.running.Wait()
}

// Reports lists the invocations that have ended, in that order. A client has
// its answer before its invocation ends: see [Emulator.Idle].
func (e *Emulator) Reports() []Report {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.reports)
}

// Idle waits until no process is busy: all that are left are frozen.
func (e *Emulator) Idle(ctx context.Context) error {
	for range cap(e.slots) {
		select {
		case e.slots <- struct{}{}:
			defer func() { <-e.slots }()
		case <-ctx.Done():
			return fmt.Errorf("waiting for the function: %w", ctx.Err())
		}
	}
	return nil
}

var (
	errThrottled = errors.New("all processes are busy")
	errClosed    = errors.New("the emulator is closed")
)

// acquire finds an environment that is frozen or starts another. The caller
// hands it one invocation; it releases itself when that has ended.
func (e *Emulator) acquire(ctx context.Context) (env *environment, err error) {
	select {
	case e.slots <- struct{}{}:
	default:
		if e.config.Throttle {
			return nil, errThrottled
		}
		select {
		case e.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	env, err = e.claim()
	if err != nil {
		<-e.slots
		return nil, err
	}
	return env, env.waitReady()
}

func (e *Emulator) claim() (*environment, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	if n := len(e.idle); n > 0 {
		env := e.idle[n-1]
		e.idle = e.idle[:n-1]
		env.busy = true
		return env, nil
	}
	env, err := e.startEnvironment()
	if err != nil {
		return nil, err
	}
	env.busy = true
	e.environments[env] = true
	return env, nil
}

// release makes room for another request: env has ended its invocation and is
// frozen, or its process is gone.
func (e *Emulator) release(env *environment, alive bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case alive && e.environments[env]: // else its end has been seen already
		e.idle = append(e.idle, env)
	case !alive:
		e.idle = slices.DeleteFunc(e.idle, func(i *environment) bool { return i == env })
		delete(e.environments, env)
	}
	if env.busy {
		env.busy = false
		<-e.slots
	}
}

func (e *Emulator) addReport(r Report) {
	e.logf("%s", r)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reports = append(e.reports, r)
}

func (e *Emulator) logf(format string, args ...any) {
	fmt.Fprintf(e, format+"\n", args...)
}

// Write sends p to the log: the processes and the platform share it.
func (e *Emulator) Write(p []byte) (int, error) {
	e.logging.Lock()
	defer e.logging.Unlock()
	return e.config.Log.Write(p)
}
