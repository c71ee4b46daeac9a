// Package stored keeps answers of the Responses API for providers that do not:
// a client goes on from one with previous_response_id, reads it, lists what
// led to it, and deletes it.
//
// Whose a response is, its id tells. One that the gateway has made is kept
// here; of every other the provider knows, and is asked. So an answer of a
// provider that speaks the API passes untouched, unless the request went on
// from a response that is kept here: then it is one of ours, too.
//
// A response is written before the client is told that it is complete, since
// the next request may come at once and go on from it. Reading a long
// conversation takes two round trips: a record names all that came before it.
//
// https://platform.openai.com/docs/guides/conversation-state
package stored

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"sluice/core/dialect/openairesponses"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/store"
	"sluice/core/store/driver"
)

// A Store keeps responses. A nil Store, and one without a table, keeps none.
type Store struct {
	Table driver.Table
	// MaxHistory is how much a conversation may come to when it is put
	// together, in bytes. Zero means 64 MiB.
	MaxHistory int64
	Log        *slog.Logger // what could not be written
}

// Life is how long a response is kept; OpenAI promises as much.
const Life = 30 * 24 * time.Hour

// writeTime is how long a client waits for its answer to be kept.
const writeTime = 5 * time.Second

const defaultMaxHistory = 64 << 20

// A record is one response as it is kept.
type record struct {
	Response json.Value   `json:"response"` // as the client was sent it
	Input    []json.Value `json:"input"`    // items of its own request, each with an id
	Chain    []string     `json:"chain,omitempty"`
}

// status is how the response ended: completed, incomplete or failed.
func (r *record) status() string { return json.Unquote(json.Lookup(r.Response, "status")) }

func (r *record) output() ([]json.Value, error) {
	return json.Elements(json.Lookup(r.Response, "output"))
}

func (s *Store) able() bool { return s != nil && s.Table != nil }

func (s *Store) records() store.Collection[record] {
	return store.In[record](s.Table, "response").Until(time.Now().Add(Life))
}

// part is where a response of a workspace is kept. Ids have one length, so
// that no workspace's name can look like another's with an id.
func part(workspace, id string) string { return workspace + "|" + id }

// errUnknown means that there is no such response for this workspace: it was
// deleted, has expired, is somebody else's, or never was.
var errUnknown = errors.New("no such response")

func (s *Store) get(ctx context.Context, workspace, id string) (*record, error) {
	if !s.able() || !openairesponses.WellFormed(id) {
		return nil, errUnknown
	}
	r, err := s.records().Get(ctx, part(workspace, id), "")
	switch {
	case errors.Is(err, driver.ErrNotFound):
		return nil, errUnknown
	case err != nil:
		return nil, away(err)
	}
	return &r, nil
}

// away is what a client is told when the store cannot be read.
func away(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := &llm.Error{
		Kind: llm.Overloaded, Status: http.StatusServiceUnavailable, RetryAfter: time.Second,
		Message: "stored responses cannot be read at the moment", Err: err,
	}
	if u, ok := errors.AsType[*driver.Unavailable](err); ok {
		e.RetryAfter = max(e.RetryAfter, u.RetryAfter)
	}
	return e
}

// put keeps a response, and reports whether it could be kept.
func (s *Store) put(ctx context.Context, workspace, id string, r record) bool {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	err := s.records().Create(ctx, part(workspace, id), "", r)
	if err != nil {
		s.notKept(ctx, id, err)
	}
	return err == nil
}

func (s *Store) notKept(ctx context.Context, id string, err error) {
	if s.Log != nil {
		s.Log.ErrorContext(ctx, "a response was not kept", "response", id, "error", err)
	}
}
