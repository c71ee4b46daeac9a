package semantic

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/cache"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
	"sluice/core/store/memstore"
)

// called is a call for a chat, ready for handlers.
func called(workspace, body string) *core.Call {
	return (&core.Call{
		Incoming:  core.Incoming{Body: []byte(body), Model: "m"},
		Operation: llm.Generate, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{}, Principal: core.Principal{Workspace: workspace},
	}).Prepare()
}

func chat(text string) *core.Call {
	return called("w", `{"model":"m","messages":[{"role":"user","content":"`+text+`"}]}`)
}

// words is a model that takes its time. Texts of the same length mean the same.
type words struct {
	takes time.Duration
	err   error
	asked atomic.Int32
}

func (w *words) Embed(ctx context.Context, c *core.Call, text string) ([]float32, error) {
	w.asked.Add(1)
	select {
	case <-time.After(w.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c.Trace.Add(core.Attempt{Option: "cache"})
	v := make([]float32, 64)
	v[len(text)%64] = 1
	return v, w.err
}

func finder(w *words, i Index) *Finder {
	return &Finder{Embedder: w, Model: "e", Index: i, Log: slog.New(slog.DiscardHandler)}
}

var (
	scope  = cache.Key{7}
	answer = cache.Key{8}
)

func TestWhatMeansTheSameIsFound(t *testing.T) {
	t.Parallel()
	w := &words{}
	f := finder(w, NewTable(memstore.New(), 0))
	first := chat("What is it?")
	if _, ok := f.Find(t.Context(), scope, first); ok {
		t.Error("found something in nothing")
	}
	if err := f.Add(t.Context(), scope, first, answer, time.Now().Add(time.Hour)); err != nil || w.asked.Load() != 1 {
		t.Errorf("%v, and the model was asked %d times for one text", err, w.asked.Load())
	}
	for _, tt := range []struct {
		name string
		call *core.Call
		in   cache.Key
		want bool
	}{
		{"the same length", chat("It is what?"), scope, true},
		{"another length", chat("Why?"), scope, false},
		{"another scope", chat("It is what?"), cache.Key{9}, false},
		{"another workspace", called("v", `{"model":"m","messages":[{"role":"user","content":"It is what?"}]}`), scope, false},
		{"another temperature", called("w", `{"model":"m","temperature":1,"messages":[{"role":"user","content":"It is what?"}]}`), scope, false},
	} {
		if k, ok := f.Find(t.Context(), tt.in, tt.call); ok != tt.want || ok && k != answer {
			t.Errorf("%s: found %v, %s", tt.name, ok, k)
		}
	}
}

// slowIndex takes its time, whatever its context says.
type slowIndex struct {
	Index
	takes time.Duration
}

func (s slowIndex) Nearest(context.Context, Place, Vector, float64) (cache.Key, bool, error) {
	time.Sleep(s.takes)
	return answer, true, nil
}

// TestALookUpTakesNoLongerThanItsLimit: whatever is slow, the request goes on
// in time, and what the model has made of the text is used when the answer is
// kept.
func TestALookUpTakesNoLongerThanItsLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		model, index time.Duration
		limit, want  time.Duration
		found        bool
	}{
		{"nothing is slow", 100 * time.Millisecond, 100 * time.Millisecond, 0, 200 * time.Millisecond, true},
		{"the model is", time.Second, 0, 0, DefaultLimit, false},
		{"the index is", 0, time.Second, 0, DefaultLimit, false},
		{"both are, a little", 200 * time.Millisecond, 200 * time.Millisecond, 0, DefaultLimit, false},
		{"with a limit of its own", time.Second, 0, 50 * time.Millisecond, 50 * time.Millisecond, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &words{takes: tt.model}
			table := NewTable(memstore.New(), 0)
			f := finder(w, slowIndex{table, tt.index})
			f.Limit = tt.limit
			ctx, after := core.WithAfter(t.Context())
			c, began := chat("hi"), time.Now()
			_, ok := f.Find(ctx, scope, c)
			if took := time.Since(began); ok != tt.found || took != tt.want {
				t.Errorf("%s: found %v after %s", tt.name, ok, took)
			}
			if notes := c.Trace.Notes(); len(notes) == 0 != tt.found {
				t.Errorf("%s: notes %v", tt.name, notes)
			}
			after.Run(t.Context(), nil)
			if n := len(c.Trace.Attempts()); n != 1 {
				t.Errorf("%s: %d attempts are booked when the record is written", tt.name, n)
			}
			if err := f.Add(ctx, scope, c, answer, time.Now().Add(time.Hour)); err != nil || w.asked.Load() != 1 {
				t.Errorf("%s: %v, the model was asked %d times", tt.name, err, w.asked.Load())
			}
			if k, ok := finder(w, table).Find(ctx, scope, c); !ok || k != answer {
				t.Errorf("%s: the next found %v", tt.name, ok)
			}
			synctest.Wait()
			time.Sleep(time.Second) // the slow index
		})
	}
}

func TestTheModelIsGivenUpWithTheRequestsBooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := finder(&words{takes: time.Hour}, NewTable(memstore.New(), 0))
		ctx, after := core.WithAfter(t.Context())
		c := chat("hi")
		f.Find(ctx, scope, c)
		began := time.Now()
		after.Run(t.Context(), nil)
		if took := time.Since(began); took > embedTime {
			t.Errorf("the books waited for %s", took)
		}
		if err := f.Add(ctx, scope, c, answer, time.Now().Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// panics is a model, and an index, with a bug.
type panics struct{ Index }

func (panics) Embed(context.Context, *core.Call, string) ([]float32, error) { panic("bug") }
func (panics) Nearest(context.Context, Place, Vector, float64) (cache.Key, bool, error) {
	panic("bug")
}

func TestFailuresAreMisses(t *testing.T) {
	t.Parallel()
	table := NewTable(memstore.New(), 0)
	for name, f := range map[string]*Finder{
		"the model refuses":        finder(&words{err: errBroken}, table),
		"the table is away":        finder(&words{}, NewTable(broken{memstore.New()}, 0)),
		"the model has a bug":      {Embedder: panics{}, Index: table, Log: slog.New(slog.DiscardHandler)},
		"the index has a bug":      {Embedder: &words{}, Index: panics{}, Log: slog.New(slog.DiscardHandler)},
		"the vector has no length": {Embedder: zero{}, Index: table, Log: slog.New(slog.DiscardHandler)},
	} {
		c := chat("hi")
		if _, ok := f.Find(t.Context(), scope, c); ok || len(c.Trace.Notes()) != 1 {
			t.Errorf("%s: found %v, notes %v", name, ok, c.Trace.Notes())
		}
	}
}

type zero struct{}

func (zero) Embed(context.Context, *core.Call, string) ([]float32, error) {
	return make([]float32, 9), nil
}

func TestAClientThatHasGoneIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := finder(&words{takes: time.Second}, NewTable(memstore.New(), 0))
		time.AfterFunc(10*time.Millisecond, cancel)
		c, began := chat("hi"), time.Now()
		if _, ok := f.Find(ctx, scope, c); ok || time.Since(began) != 10*time.Millisecond || len(c.Trace.Notes()) != 0 {
			t.Errorf("found %v after %s, notes %v", ok, time.Since(began), c.Trace.Notes())
		}
		time.Sleep(time.Second)
	})
}
