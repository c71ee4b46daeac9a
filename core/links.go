package core

import (
	"errors"
	"sync"
	"sync/atomic"

	"sluice/core/llm"
)

// Links keeps the media that the URLs in a request lead to: each is fetched at
// most once, however many targets and attempts want it. It is safe for
// concurrent use.
type Links struct {
	Bytes atomic.Int64 // of all that was read; whoever fetches bounds it

	mu    sync.Mutex
	known map[string]*link
}

type link struct {
	mu    sync.Mutex // held while it is fetched
	done  bool
	media *llm.Media
	err   error
}

// Get returns what fetch has returned for the key, and calls it if nobody has
// yet. A failure of kind [llm.BadRequest] is kept too, any other may pass and
// is tried again. Nobody may change the result.
func (l *Links) Get(key string, fetch func() (*llm.Media, error)) (*llm.Media, error) {
	one := l.of(key)
	one.mu.Lock()
	defer one.mu.Unlock()
	if !one.done {
		one.media, one.err = fetch()
		e, ok := errors.AsType[*llm.Error](one.err)
		one.done = one.err == nil || ok && e.Kind == llm.BadRequest
	}
	return one.media, one.err
}

func (l *Links) of(key string) *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]*link{}
	}
	if l.known[key] == nil {
		l.known[key] = new(link)
	}
	return l.known[key]
}
