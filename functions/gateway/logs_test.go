package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/functions/internal/lambdaemu"
	"sluice/functions/internal/outputtest"
)

// A table is DynamoDB as far as writing goes. It takes its time.
type table struct {
	takes time.Duration // for each item; without end if it is negative
	mu    sync.Mutex
	items []string // keys of what was put, in order
}

func (d *table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Key map[string]struct{ S string }
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	if d.takes > 0 {
		time.Sleep(d.takes)
	}
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateItem") {
		d.mu.Lock()
		d.items = append(d.items, in.Key["pk"].S)
		d.mu.Unlock()
	}
	if d.takes < 0 {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = io.WriteString(w, "{}")
}

// of counts the items in partitions that begin with a text.
func (d *table) of(prefix string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, pk := range d.items {
		if strings.HasPrefix(pk, prefix) {
			n++
		}
	}
	return n
}

// logging runs the function with a data table until it has answered n requests
// and is frozen.
func logging(t *testing.T, d http.Handler, timeout time.Duration, n int, env ...string) (printed string) {
	t.Helper()
	db := httptest.NewServer(d)
	t.Cleanup(func() { db.CloseClientConnections(); db.Close() })
	log := new(outputtest.Output)
	e, err := lambdaemu.Start(t.Context(), lambdaemu.Config{
		Binary: binary, Env: append(env, "SLUICE_KEY=the-gateway-key", "DATA_TABLE=data", "AWS_ENDPOINT_URL_DYNAMODB="+db.URL), MaxProcesses: 1, Log: log, Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	for range n {
		resp := ask(t, "POST", e.URL+"/v1/chat/completions", chat, "x-portkey-provider", "echo", "x-portkey-api-key", "the-gateway-key")
		if body, err := io.ReadAll(resp.Body); err != nil || !strings.HasSuffix(string(body), "data: [DONE]\n\n") {
			t.Errorf("%v %s", err, body)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := e.Idle(ctx); err != nil {
		t.Error(err)
	}
	for _, r := range e.Reports() {
		if r.Status != "success" {
			t.Errorf("%s", r)
		}
	}
	e.Close() // the process says nothing more, and what it has said is read
	return log.String()
}

// TestNoLogIsLostWhenTheFunctionFreezes: LA-12. Each is in the table before the
// process is frozen, however slow the table is, and nothing is printed.
func TestNoLogIsLostWhenTheFunctionFreezes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bodies string
		want   int
	}{{"none", 0}, {"full", 3}} {
		d := &table{takes: 50 * time.Millisecond}
		printed := logging(t, d, 0, 3, "SLUICE_LOG_BODIES="+tt.bodies)
		if records, bodies := d.of("LOG#"), d.of("LOGBODY#"); records != 3 || bodies != tt.want {
			t.Errorf("%s: %d records and %d bodies when the function froze: %q", tt.bodies, records, bodies, d.items)
		}
		if strings.Contains(printed, `"operation":"chatComplete"`) {
			t.Errorf("printed as well: %s", printed)
		}
	}
}

// TestALogThatTheTableDoesNotTakeIsALine, before the process is frozen, and
// before it is killed.
func TestALogThatTheTableDoesNotTakeIsALine(t *testing.T) {
	t.Parallel()
	hangs := &table{takes: -1}
	denies := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"__type":"AccessDeniedException","Message":"not for you"}`)
	})
	for name, d := range map[string]http.Handler{"hangs": hangs, "denies": denies} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed := logging(t, d, 4*time.Second, 2)
			if n := strings.Count(printed, `"operation":"chatComplete"`); n != 2 {
				t.Errorf("%d lines, want 2: %s", n, printed)
			}
			if d == http.Handler(hangs) && hangs.of("") == 0 {
				t.Error("the table was not asked")
			}
			if strings.Contains(printed, "the-gateway-key") || strings.Contains(printed, "one two three") {
				t.Errorf("printed too much: %s", printed)
			}
		})
	}
}
