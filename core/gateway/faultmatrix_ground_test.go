package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/gateway"
	"sluice/core/usage"
)

const (
	hurry    = 400 * time.Millisecond // how long the gateway waits where waiting is the fault
	cellTime = 20 * time.Second       // in which a cell has to end
)

// A faultGround is what the cells of the matrix are played on: gateways, the
// upstream that plays both targets, and hosts that are none.
type faultGround struct {
	t       *testing.T
	sides   []matrixSide
	scripts map[string]faultScript // by the name of the corpus
	before  int                    // goroutines

	front  *httptest.Server // the gateway
	early  *httptest.Server // one that opens streams before it knows who answers
	client *http.Client
	ledger ledger

	up        *httptest.Server
	secure    *httptest.Server // its certificate is nobody's
	silent    net.Listener     // takes connections and says nothing
	closed    string           // URL at which nobody listens
	redirects atomic.Int32     // that were followed

	mu     sync.Mutex
	active map[net.Conn]bool // connections with a request under way
	scenes map[string]*scene
	last   int
}

// A scene is one cell while it is played.
type scene struct {
	cell  *faultCell
	asked [2]atomic.Int32 // requests that the first and the second target got
	heard chan struct{}   // closed when the client has the headers
}

func newFaultGround(t *testing.T, all []matrixSide) *faultGround {
	g := &faultGround{t: t, sides: all, scripts: map[string]faultScript{}, before: runtime.NumGoroutine(), active: map[net.Conn]bool{}, scenes: map[string]*scene{}}
	for i := range all {
		g.scripts[all[i].corpus] = newFaultScript(t, &all[i])
	}
	g.up = httptest.NewUnstartedServer(http.HandlerFunc(g.serve))
	g.up.Config.ErrorLog = log.New(io.Discard, "", 0)
	g.up.Config.ConnState = g.connState
	g.up.Start()
	g.secure = httptest.NewUnstartedServer(http.NotFoundHandler())
	g.secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	g.secure.StartTLS()
	g.silent, g.closed = mute(t), nobody(t)
	g.front, g.early = g.gateway(t, 0), g.gateway(t, hurry/4)
	g.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: cellTime}
	return g
}

func (g *faultGround) gateway(t *testing.T, keepAlive time.Duration) *httptest.Server {
	h, err := gateway.New(gateway.Config{AllowLoopback: true, KeepAlive: keepAlive, Sinks: []usage.Sink{&g.ledger}})
	if err != nil {
		t.Fatal(err)
	}
	return httptest.NewServer(h)
}

// mute listens, takes connections and says nothing.
func mute(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn); conn.Close() }()
		}
	}()
	return l
}

func nobody(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// begin opens the scene of a cell, and names it.
func (g *faultGround) begin(c *faultCell) (string, *scene) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last++
	id, s := fmt.Sprint("cell", g.last), &scene{cell: c, heard: make(chan struct{})}
	g.scenes[id] = s
	return id, s
}

// serve plays the targets: /<cell>/first/… and /<cell>/second/….
func (g *faultGround) serve(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(r.URL.Path, "/", 4)
	if len(parts) < 4 {
		g.redirects.Add(1) // the only other path is that of redirects
		return
	}
	_, _ = io.Copy(io.Discard, r.Body) // only then is a server told that its client has gone
	g.mu.Lock()
	s := g.scenes[parts[1]]
	g.mu.Unlock()
	u := &failing{w: w, r: r, scene: s, ground: g}
	if parts[2] == "second" {
		s.asked[1].Add(1)
		side := s.cell.second(g.sides)
		u.respond(http.StatusOK, u.contentType(side), g.scripts[side.corpus].well[s.cell.stream].all())
		return
	}
	s.asked[0].Add(1)
	u.side = s.cell.first
	u.answer = g.scripts[u.side.corpus].marked[s.cell.stream]
	w.Header().Set("X-First-Target", firstMark)
	if s.cell.fault.opens {
		u.begin()
	}
	s.cell.fault.play(u)
}

func (g *faultGround) connState(c net.Conn, s http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s == http.StateActive {
		g.active[c] = true
	} else {
		delete(g.active, c)
	}
}

// empty ends everything and wants nothing left: no request under way, no
// connection, no goroutine.
func (g *faultGround) empty(t *testing.T) {
	t.Helper()
	eventually(t, "requests are still under way", func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.active)
	})
	if n := g.redirects.Load(); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
	g.client.CloseIdleConnections()
	g.front.Close()
	g.early.Close()
	g.up.CloseClientConnections()
	g.up.Close()
	g.secure.Close()
	g.silent.Close()
	eventually(t, "goroutines were left behind", func() int { return max(0, runtime.NumGoroutine()-g.before) })
}

// eventually waits until none of what is left is left.
func eventually(t *testing.T, what string, left func() int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); left() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Errorf("%d %s\n%s", left(), what, buf[:runtime.Stack(buf, true)])
			return
		}
	}
}

// A ledger keeps records by the id of their request.
type ledger struct{ rows sync.Map }

// Write implements [usage.Sink].
func (l *ledger) Write(_ context.Context, r *usage.Record) error {
	if _, twice := l.rows.LoadOrStore(r.Request, r); twice {
		return errors.New("a request is recorded twice")
	}
	return nil
}

// of waits for the record of a request: it is made when the answer is out.
func (l *ledger) of(t *testing.T, id string) *usage.Record {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if r, ok := l.rows.Load(id); ok {
			return r.(*usage.Record)
		}
	}
	t.Fatal("the request has no record")
	return nil
}
