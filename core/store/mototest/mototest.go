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
func Main(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		shared.server.Kill()
	}
	os.Exit(code)
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
// are gone.
const script = `
import os, sys, threading
from moto.server import main
def watch():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
`

func start() (*Server, error) {
	python, err := findPython()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{cmd: exec.Command(python, "-c", script, port)}
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	target := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", port)}
	s.proxy = httptest.NewServer(oneAtATime(target))
	s.URL = s.proxy.URL
	if err := await(target.String()); err != nil {
		s.Kill()
		return nil, err
	}
	return s, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

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

func await(url string) error {
	for range 300 {
		resp, err := http.Get(url + "/moto-api/")
		if err == nil {
			resp.Body.Close()
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("moto did not begin to serve within 30 s")
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
