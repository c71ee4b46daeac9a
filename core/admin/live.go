package admin

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/logs"
)

// Times of a stream of the live log.
const (
	liveEvery     = time.Second      // between two looks
	liveHeartbeat = 15 * time.Second // of silence; then the key is looked at again as well
	liveSlow      = 5 * time.Second  // a page that takes this long to be read drops its reader
	liveStuck     = 20 * time.Second // one that takes this long ends the connection
)

// livePage is how many entries are sent at once.
const livePage = 200

// live answers GET /sluice/live: what ended behind a place in the feed, in the
// order in which requests ended, as a page or (for who accepts
// text/event-stream) as a stream. Requests enter the feed some seconds after
// they have ended, see [logs.Settle].
func (c *call) live() error {
	members, err := c.query()
	if err != nil {
		return err
	}
	after := take(members, "after")
	n, err := limit(members)
	if err != nil {
		return err
	}
	for name := range members {
		if !slices.Contains(passed, name) {
			return wrong(name, "is not a parameter of this path")
		}
	}
	if strings.Contains(c.r.Header.Get("Accept"), "text/event-stream") {
		if last := c.r.Header.Get("Last-Event-ID"); last != "" {
			after = last
		}
		return c.stream(after)
	}
	entries, cursor, err := c.Logs.Tail(c.ctx(), c.who.Workspace, after, n)
	if err != nil {
		return err
	}
	return c.reply(struct {
		Object string  `json:"object"`
		Data   []entry `json:"data"`
		Cursor string  `json:"cursor"` // the next page's ?after=
	}{"list", entriesOf(entries), cursor})
}

// stream sends the live log until the client leaves, the process ends, or the
// client reads too slowly.
func (c *call) stream(after string) error {
	if c.Stopping == nil {
		return &llm.Error{Kind: llm.BadRequest, Status: http.StatusNotAcceptable, Message: "the live log is not streamed here: ask for it page by page, with ?after="}
	}
	leave, ok := c.streams.enter(c.who.Workspace)
	if !ok {
		return &llm.Error{Kind: llm.RateLimited, RetryAfter: 30 * time.Second, Message: "the workspace has as many streams of the live log as it may have"}
	}
	defer leave()
	entries, cursor, err := c.Logs.Tail(c.ctx(), c.who.Workspace, after, livePage)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	c.w.WriteHeader(http.StatusOK)
	s := &liveStream{call: c, rc: http.NewResponseController(c.w)}
	s.run(entries, cursor)
	return nil
}

// A liveStream is what one reader is sent.
type liveStream struct {
	*call
	rc   *http.ResponseController
	sent time.Time // when something was sent last
}

func (s *liveStream) run(entries []logs.Entry, cursor string) {
	text := append([]byte(": live\n\n"), events(entries, cursor)...)
	for s.send(text, cursor) {
		if len(entries) < livePage && !s.wait() {
			return
		}
		var err error
		if entries, cursor, err = s.Logs.Tail(s.ctx(), s.who.Workspace, cursor, livePage); err != nil {
			s.trouble(err)
			return
		}
		if text = events(entries, cursor); len(entries) == 0 && time.Since(s.sent) >= liveHeartbeat {
			if _, _, err := s.Auth.Authenticate(s.ctx(), s.r.Header); err != nil {
				return // the key is not valid any more
			}
			text = []byte(": still here\n\n")
		}
	}
}

// wait passes the time up to the next look. It reports false if there is to be
// none.
func (s *liveStream) wait() bool {
	select {
	case <-s.ctx().Done():
		return false
	case <-s.Stopping:
		return false
	case <-time.After(liveEvery):
		return true
	}
}

// send writes text. It reports false when the reader is gone or was dropped:
// one that takes too long is told where to go on from, since it would fall back
// further and further.
func (s *liveStream) send(text []byte, cursor string) bool {
	if len(text) == 0 {
		return true
	}
	began := time.Now()
	if !s.write(text) {
		return false
	}
	if time.Since(began) >= liveSlow {
		w := json.NewWriter("{")
		w.Str("reason", "the stream was read too slowly")
		w.Str("after", cursor)
		w.Close('}')
		s.write(event("dropped", w.B, cursor))
		return false
	}
	return true
}

func (s *liveStream) write(text []byte) bool {
	s.sent = time.Now()
	_ = s.rc.SetWriteDeadline(s.sent.Add(liveStuck)) // not everything that serves has deadlines
	_, err := s.w.Write(text)
	return err == nil && s.rc.Flush() == nil
}

// trouble ends the stream with an error.
func (s *liveStream) trouble(err error) {
	if s.ctx().Err() != nil {
		return
	}
	s.Log.ErrorContext(s.ctx(), "the live log broke off", "error", err)
	s.write(event("error", json.Value(`{"message":"the live log cannot be read at the moment"}`), ""))
}

// events writes entries. The last one has the place in the feed from which a
// client that has lost the connection goes on.
func events(entries []logs.Entry, cursor string) []byte {
	var out []byte
	for i := range entries {
		id := ""
		if i == len(entries)-1 {
			id = cursor
		}
		out = append(out, event("log", json.ValueOf(entryOf(&entries[i])), id)...)
	}
	return out
}

func event(name string, data json.Value, id string) []byte {
	out := slices.Concat([]byte("event: "+name+"\ndata: "), data, []byte("\n"))
	if id != "" {
		out = append(out, "id: "+id+"\n"...)
	}
	return append(out, '\n')
}

// maxStreams is how many streams a workspace may have open in a process. Each
// looks into the table once a second.
const maxStreams = 16

// seats count the streams of workspaces.
type seats struct {
	mu    sync.Mutex
	taken map[string]int
}

func newSeats() *seats { return &seats{taken: map[string]int{}} }

// enter takes a seat, if there is one.
func (s *seats) enter(workspace string) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[workspace] == maxStreams {
		return nil, false
	}
	s.taken[workspace]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.taken[workspace]--; s.taken[workspace] == 0 {
			delete(s.taken, workspace)
		}
	}, true
}
