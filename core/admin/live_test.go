package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/logs"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// keys lets in whoever names a workspace, until they are revoked.
type keys struct{ revoked atomic.Bool }

func (k *keys) Authenticate(_ context.Context, h http.Header) (core.Principal, http.Header, error) {
	if k.revoked.Load() {
		return core.Principal{}, nil, llm.Errorf(llm.Unauthenticated, "revoked")
	}
	return core.Principal{Workspace: h.Get("X-Portkey-Api-Key")}, h, nil
}

// A reader is what a client's connection has got. It takes pause for each piece.
type reader struct {
	mu     sync.Mutex
	text   bytes.Buffer
	status int
	header http.Header
	pause  time.Duration
	broken error
}

func (r *reader) Header() http.Header { return r.header }
func (r *reader) WriteHeader(n int)   { r.status = n }
func (r *reader) Flush()              {}

func (r *reader) Write(p []byte) (int, error) {
	time.Sleep(r.pause)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return 0, r.broken
	}
	return r.text.Write(p)
}

func (r *reader) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// traces are those of the events that came, in their order.
func (r *reader) traces() (list []string) {
	for line := range strings.SplitSeq(r.String(), "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			list = append(list, json.Unquote(json.Lookup(json.Value(data), "trace_id")))
		}
	}
	return list
}

// A rig is an API over a table in memory, for a test with virtual time.
type rig struct {
	t        *testing.T
	http     http.Handler
	logs     *logs.Store
	keys     *keys
	stopping chan struct{}
	streams  sync.WaitGroup
}

// stop ends all streams, and waits for them.
func (r *rig) stop() {
	close(r.stopping)
	r.streams.Wait()
}

func newRig(t *testing.T, table driver.Table) *rig {
	r := &rig{t: t, keys: &keys{}, stopping: make(chan struct{}), logs: logs.New(table, logs.Options{Secret: []byte("s")})}
	r.http = New(Config{Auth: r.keys, Logs: r.logs, Table: table, Stopping: r.stopping, Log: slog.New(slog.DiscardHandler)}, http.NotFoundHandler())
	return r
}

// ended keeps the record of a request that ends now.
func (r *rig) ended(workspace, trace string) {
	r.t.Helper()
	now := time.Now().UTC()
	record := &usage.Record{ID: usage.NewID(now), Request: "r", Time: now, Workspace: workspace, Trace: trace, Status: 200}
	if err := errors.Join(r.logs.Write(r.t.Context(), record), r.logs.Index(r.t.Context(), []*usage.Record{record})); err != nil {
		r.t.Fatal(err)
	}
}

// open starts a stream; ended says that it is over.
func (r *rig) open(workspace string, pause time.Duration, headers ...string) (got *reader, ended chan struct{}) {
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/v1/sluice/live", nil)
	req.Header.Set("X-Portkey-Api-Key", workspace)
	req.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	got, ended = &reader{header: http.Header{}, pause: pause}, make(chan struct{})
	r.streams.Go(func() {
		defer close(ended)
		r.http.ServeHTTP(got, req)
	})
	synctest.Wait()
	return got, ended
}

// over reports whether a channel is closed.
func over(c chan struct{}) bool {
	synctest.Wait()
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestTheLiveLogFollowsAWorkspace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memstore.New())
		r.ended("a", "before")
		time.Sleep(logs.Settle + time.Second)
		got, ended := r.open("a", 0)
		other, _ := r.open("b", 0)
		for i := range 3 {
			r.ended("a", fmt.Sprint("a-", i))
			r.ended("b", fmt.Sprint("b-", i))
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(logs.Settle + 2*liveEvery)
		if list := fmt.Sprint(got.traces()); list != "[before a-0 a-1 a-2]" || got.status != 200 || got.header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%d %v %s", got.status, got.header, list)
		}
		if list := fmt.Sprint(other.traces()); list != "[b-0 b-1 b-2]" {
			t.Errorf("the other workspace got %s", list)
		}
		if strings.Contains(got.String(), "still here") {
			t.Errorf("a heartbeat beside events:\n%s", got)
		}
		time.Sleep(2 * liveHeartbeat)
		if !strings.HasSuffix(got.String(), "\n\n: still here\n\n") {
			t.Errorf("no heartbeat:\n%s", got)
		}
		if over(ended) {
			t.Error("the stream has ended")
		}
		close(r.stopping)
		if !over(ended) {
			t.Error("the stream outlives the process")
		}
	})
}

func TestAClientThatComesAgainMissesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memstore.New())
		defer r.stop()
		first, _ := r.open("a", 0)
		r.ended("a", "1")
		time.Sleep(logs.Settle + 2*liveEvery)
		id := ""
		for line := range strings.SplitSeq(first.String(), "\n") {
			if rest, ok := strings.CutPrefix(line, "id: "); ok {
				id = rest
			}
		}
		for i := 2; i < 500; i++ {
			r.ended("a", fmt.Sprint(i))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(logs.Settle)
		again, _ := r.open("a", 0, "Last-Event-ID", id)
		time.Sleep(3 * liveEvery)
		if list := again.traces(); len(list) != 498 || list[0] != "2" || list[497] != "499" {
			t.Errorf("%d events, from %.20v", len(list), list)
		}
	})
}

func TestASlowReaderIsDroppedWithANote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memstore.New())
		defer r.stop()
		patient, still := r.open("a", liveSlow-time.Millisecond)
		slow, ended := r.open("a", liveSlow)
		r.ended("a", "1")
		time.Sleep(time.Minute)
		if !over(ended) || over(still) {
			t.Error("the slow reader is still there, or the other one is not")
		}
		_, note, _ := strings.Cut(slow.String(), "event: dropped\ndata: ")
		note, _, _ = strings.Cut(note, "\n")
		after := json.Unquote(json.Lookup(json.Value(note), "after"))
		again, _ := r.open("a", 0, "Last-Event-ID", after)
		time.Sleep(time.Minute)
		missed := strings.Join(append(slow.traces(), again.traces()...), " ")
		if after == "" || strings.Count(missed, "1") != 1 || fmt.Sprint(patient.traces()) != "[1]" {
			t.Errorf("%q behind\n%s", missed, slow)
		}
	})
}

func TestAStreamEndsWithItsReaderItsKeyAndItsStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &brittle{Table: memstore.New()}
		r := newRig(t, table)
		defer r.stop()
		gone, left := r.open("a", 0)
		gone.mu.Lock()
		gone.broken = errors.New("gone")
		gone.mu.Unlock()
		r.ended("a", "1")
		time.Sleep(time.Minute)
		if !over(left) {
			t.Error("a stream without a reader goes on")
		}
		got, ended := r.open("a", 0)
		table.broken.Store(true)
		time.Sleep(2 * liveEvery)
		if !over(ended) || !strings.Contains(got.String(), "event: error\n") {
			t.Errorf("without a store:\n%s", got)
		}
		table.broken.Store(false)
		_, ended = r.open("a", 0)
		r.keys.revoked.Store(true)
		if over(ended) {
			t.Error("the key is asked for at every look")
		}
		time.Sleep(liveHeartbeat + liveEvery)
		if !over(ended) {
			t.Error("a stream goes on without a key")
		}
	})
}

func TestStreamsOfAWorkspaceAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memstore.New())
		for range maxStreams {
			r.open("a", 0)
		}
		if one, _ := r.open("a", 0); one.status != http.StatusTooManyRequests || one.header.Get("Retry-After") == "" {
			t.Errorf("one too many: %d", one.status)
		}
		if one, _ := r.open("b", 0); one.status != http.StatusOK {
			t.Errorf("another workspace: %d", one.status)
		}
		r.stop()
		if one, _ := r.open("a", 0); one.status != http.StatusOK {
			t.Errorf("when the others have left: %d", one.status)
		}
	})
}

func TestWhereNothingIsStreamedPagesAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memstore.New())
		r.http = New(Config{Auth: r.keys, Logs: r.logs, Log: slog.New(slog.DiscardHandler)}, http.NotFoundHandler())
		if got, _ := r.open("a", 0); got.status != http.StatusNotAcceptable {
			t.Errorf("got %d %s", got.status, got)
		}
		cursor, seen := "", ""
		page := func() {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/sluice/live?limit=2&after="+cursor, nil)
			req.Header.Set("X-Portkey-Api-Key", "a")
			w := httptest.NewRecorder()
			r.http.ServeHTTP(w, req)
			items, err := json.Elements(json.Lookup(w.Body.Bytes(), "data"))
			if w.Code != http.StatusOK || err != nil || len(items) > 2 {
				t.Fatalf("%d %s %v", w.Code, w.Body, err)
			}
			for _, item := range items {
				seen += json.Unquote(json.Lookup(item, "trace_id"))
			}
			cursor = json.Unquote(json.Lookup(w.Body.Bytes(), "cursor"))
		}
		page()
		for i := range 5 {
			r.ended("a", fmt.Sprint(i))
			time.Sleep(time.Millisecond)
		}
		if page(); seen != "" {
			t.Errorf("%q before it is settled", seen)
		}
		time.Sleep(logs.Settle)
		for range 4 {
			page()
		}
		if seen != "01234" {
			t.Errorf("saw %q", seen)
		}
	})
}

// A brittle table cannot be read while it is broken.
type brittle struct {
	driver.Table
	broken atomic.Bool
}

func (b *brittle) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	if b.broken.Load() {
		return func(yield func(driver.Record, error) bool) {
			yield(driver.Record{}, &driver.Unavailable{Err: errors.New("broken")})
		}
	}
	return b.Table.Range(ctx, part, q)
}
