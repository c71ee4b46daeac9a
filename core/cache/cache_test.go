package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

// asked is a request for a conversation that says text.
type asked string

func (a asked) DecodeRequest(core.Incoming) (*llm.Request, error) {
	return &llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: string(a)}}}}}, nil
}

func callOf(text string) *core.Call {
	return (&core.Call{
		Incoming:  core.Incoming{Method: http.MethodPost, Header: http.Header{}, Body: []byte(`{}`)},
		Operation: llm.Generate, Dialect: llm.OpenAIChat, Decoder: asked(text),
	}).Prepare()
}

func questionOf(text string) Question {
	return Question{Call: callOf(text), Key: key(text), Scope: key("scope"), Settings: Settings{Mode: Simple}}
}

// says answers with a text.
func says(text string) core.HandlerFunc {
	return func(context.Context, *core.Call) (*core.Reply, error) {
		return core.NewResponse(&llm.Response{Choices: []llm.Choice{{Parts: []llm.Part{&llm.Text{Text: text}}, Finish: llm.Finish{Reason: llm.FinishStop}}}}), nil
	}
}

func newCache() *Cache {
	return &Cache{Store: NewStore(nil, DefaultMemory), Log: slog.New(slog.DiscardHandler)}
}

// said is what a question is answered, and what the cache had.
func said(t *testing.T, c *Cache, q Question, next core.HandlerFunc) string {
	t.Helper()
	r, err := c.Answer(t.Context(), q, next)
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	resp, err := r.Response()
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Cache) + " " + resp.Choices[0].Parts[0].(*llm.Text).Text
}

// TestAPanicHoldsUpNobody: those who wait, and those who come later, ask
// themselves.
func TestAPanicHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, panicked := newCache(), make(chan bool, 1)
		go func() {
			defer func() { panicked <- recover() != nil }()
			_, _ = c.Answer(t.Context(), questionOf("a"), func(context.Context, *core.Call) (*core.Reply, error) {
				time.Sleep(time.Second)
				panic("a bug")
			})
		}()
		synctest.Wait()
		began := time.Now()
		if got := said(t, c, questionOf("a"), says("hi")); got != "MISS hi" || time.Since(began) != time.Second || !<-panicked {
			t.Errorf("%s after %s", got, time.Since(began))
		}
		if got := said(t, c, questionOf("a"), says("other")); got != "HIT hi" {
			t.Errorf("later %s", got)
		}
	})
}

// TestNoFlightIsLeftBehind, however calls end: a flight that nobody ends would
// be waited for by all who come.
func TestNoFlightIsLeftBehind(t *testing.T) {
	t.Parallel()
	c := newCache()
	for i, next := range []core.HandlerFunc{
		says("hi"),
		func(context.Context, *core.Call) (*core.Reply, error) { return nil, errors.New("no") },
		func(context.Context, *core.Call) (*core.Reply, error) {
			return core.NewEvents(func(func(llm.Event, error) bool) {}), nil
		},
		func(context.Context, *core.Call) (*core.Reply, error) {
			return core.NewResponse(&llm.Response{}), nil
		},
	} {
		r, err := c.Answer(t.Context(), questionOf(fmt.Sprint(i)), next)
		if err == nil {
			r.Close() // unread
		}
	}
	if n := len(c.flights.calls); n != 0 {
		t.Errorf("%d flights are left", n)
	}
}

// likeness finds what was last made known.
type likeness struct {
	mu      sync.Mutex
	scope   Key
	key     Key
	expires time.Time
	found   int
}

func (l *likeness) Find(_ context.Context, scope Key, _ *core.Call) (Key, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found++
	return l.key, scope == l.scope
}

func (l *likeness) Add(_ context.Context, scope Key, _ *core.Call, k Key, expires time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scope, l.key, l.expires = scope, k, expires
	return nil
}

func TestWhatMeansTheSameIsAnsweredInSemanticMode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, index := newCache(), &likeness{}
		c.Similar = index
		ask := func(text, answer string, change func(*Question)) string {
			q := questionOf(text)
			q.Mode, q.MaxAge = Semantic, time.Hour
			if change != nil {
				change(&q)
			}
			return said(t, c, q, says(answer))
		}
		for i, step := range []struct {
			text, answer string
			change       func(*Question)
			want         string
		}{
			{"Hello", "1", nil, "SEMANTIC MISS 1"},
			{"Hello", "2", nil, "HIT 1"},
			{"Hi there", "3", nil, "SEMANTIC HIT 1"},
			{"Hi you", "4", func(q *Question) { q.Scope = key("another tenant") }, "SEMANTIC MISS 4"},
			{"Hey", "5", func(q *Question) { q.Mode = Simple }, "MISS 5"},
			{"Hej", "6", func(q *Question) { q.Refresh = true }, "REFRESH 6"},
			{"Hullo", "7", nil, "SEMANTIC HIT 6"},
			{"Howdy", "8", func(q *Question) { q.Oldest = time.Nanosecond }, "SEMANTIC HIT 6"},
		} {
			if got := ask(step.text, step.answer, step.change); got != step.want {
				t.Errorf("step %d, %s: %s, want %s", i, step.text, got, step.want)
			}
		}
		if want := time.Now().Add(time.Hour); !index.expires.Equal(want) {
			t.Errorf("known until %s, want %s", index.expires, want)
		}
		time.Sleep(time.Hour)
		if got := ask("Good day", "9", nil); got != "SEMANTIC MISS 9" {
			t.Errorf("what has expired: %s", got)
		}
	})
}
