package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// stopAt ends a context when the line with the URL has been printed.
type stopAt struct {
	strings.Builder
	seen func(url string)
}

func (s *stopAt) Write(p []byte) (int, error) {
	if _, url, ok := strings.Cut(string(p), "function URL: "); ok {
		s.seen(strings.TrimSpace(url))
	}
	return s.Builder.Write(p)
}

func TestRunServesUntilItIsStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var env []string
	getenv := func(name string) string { env = append(env, name); return "value" }
	log := &stopAt{seen: func(url string) {
		resp, err := http.Get(url)
		if err != nil {
			t.Error(err)
		} else if resp.Body.Close(); resp.StatusCode != 502 {
			t.Errorf("a function that is not there: got %d", resp.StatusCode)
		}
		stop()
	}}
	args := []string{"-binary", t.TempDir() + "/none", "-addr", "127.0.0.1:0", "-env", "A=b", "-env", "FROM_HERE"}
	if err := run(ctx, args, getenv, log); err != nil {
		t.Error(err)
	}
	if len(env) != 1 || env[0] != "FROM_HERE" {
		t.Errorf("asked for %v", env)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-no-such-flag"}, {"-addr", "nowhere"}} {
		if err := run(t.Context(), args, func(string) string { return "" }, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
