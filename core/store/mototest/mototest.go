// Package mototest runs moto, an emulator of AWS, for the tests of a package:
// DynamoDB and S3 over HTTP on the loopback interface.
//
// A package calls [Main] in its TestMain and [URL] in its tests. The emulator
// is started when the first test asks for it, is shared, and ends with the
// tests, also when they are killed.
//
// Moto serves each request in a thread and locks nothing, so that two
// conditional writes at once can both find their condition true, which
// DynamoDB rules out. Requests therefore pass through a proxy that lets one
// through at a time.
package mototest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// version is the release that the tests were written with.
const version = "5.2.1"

// A Server is a running emulator.
type Server struct {
	URL string // of the proxy in front of it

	proxy *httptest.Server
	cmd   *exec.Cmd
	stdin io.Closer // it ends when this is closed
}

var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// URL returns where the package's emulator is. It skips the test when there is
// none and none can be installed.
func URL(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = start() })
	if shared.err != nil {
		t.Skipf("DynamoDB and S3 are not tested here: %v", shared.err)
	}
	return shared.server.URL
}

// Start starts an emulator for one test, which may kill it.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Skipf("DynamoDB and S3 are not tested here: %v", err)
	}
	t.Cleanup(s.Kill)
	return s
}

// Main runs the tests of a package and ends the emulator.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is [Main] for a package that has more to tidy up: it returns.
func Run(m *testing.M) (code int) {
	code = m.Run()
	if shared.server != nil {
		shared.server.Kill()
	}
	return code
}

// Kill ends the emulator at once, in the middle of whatever it does. It may be
// called again.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.stdin.Close()
	s.proxy.CloseClientConnections()
	s.proxy.Close()
}

// script serves until the tests, which hold the other end of standard input,
// are gone. It chooses the port itself and says which: one that we had found
// free could be somebody else's by the time that it listens.
const script = `
import os, sys, threading
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
def watch():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
`

func start() (*Server, error) {
	python, err := findPython()
	if err != nil {
		return nil, err
	}
	s := &Server{cmd: exec.Command(python, "-c", script)}
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(startTime, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = s.cmd.Process.Kill()
		return nil, errors.Join(errors.New("moto did not begin to serve"), s.cmd.Wait())
	}
	s.proxy = httptest.NewServer(oneAtATime(&url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strings.TrimSpace(port))}))
	s.URL = s.proxy.URL
	return s, nil
}

// startTime is how long moto may take to import itself.
const startTime = time.Minute

func oneAtATime(target *url.URL) http.Handler {
	var mu sync.Mutex
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		proxy.ServeHTTP(w, r)
	})
}

// findPython returns an interpreter that has moto, after installing it in an
// environment of its own in the user's cache directory if there is none.
func findPython() (string, error) {
	const system = "python3"
	if hasMoto(system) {
		return system, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	env := filepath.Join(cache, "sluice", "moto-"+version)
	python := filepath.Join(env, "bin", "python")
	if hasMoto(python) {
		return python, nil
	}
	if err := install(env); err != nil && !hasMoto(python) {
		return "", fmt.Errorf("moto is not there and cannot be installed: %w", err)
	}
	return python, nil
}

func hasMoto(python string) bool {
	return exec.Command(python, "-c", "import moto.server, flask").Run() == nil
}

func install(env string) error {
	if err := os.MkdirAll(filepath.Dir(env), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(env), "install")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for _, args := range [][]string{
		{"python3", "-m", "venv", tmp},
		{filepath.Join(tmp, "bin", "python"), "-m", "pip", "install", "--quiet", "--retries", "1", "moto[server]==" + version},
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			return fmt.Errorf("%s: %w: %s", strings.Join(args[1:3], " "), err, lines[len(lines)-1])
		}
	}
	return os.Rename(tmp, env) // packages are tested side by side: the first one wins
}
