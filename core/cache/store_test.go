package cache

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

func entry(text string) *Entry {
	return &Entry{
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Provider: "openai", Model: "m", Served: "m-1", Region: "eu", Dialect: llm.Anthropic, Stream: true, Usages: true,
		Raw: []byte("data: " + text + "\n\n"), Usage: &llm.Usage{Input: 3, Output: 4, CacheWrite1h: 5, Native: llm.Native{Dialect: llm.Anthropic, Members: json.Value(`{"a":1}`)}},
		Events: []llm.Event{
			{Kind: llm.EventStart, ID: "id", Model: "m-1", Created: 7},
			{Kind: llm.EventPartStart, PartKind: llm.TextPart},
			{Kind: llm.EventText, Text: text + "\u2028 \xc3\xa9"},
			{Kind: llm.EventCitation, Citation: &llm.Citation{URL: "u", Native: llm.Native{Dialect: llm.Anthropic, Members: json.Value(`{"b":12345678901234567890}`)}}},
			{Kind: llm.EventPartStop},
			{Kind: llm.EventPartStart, PartKind: llm.MediaPart, Part: 1, Media: &llm.Media{Kind: llm.Image, Data: "AA=="}},
			{Kind: llm.EventPartStop, Part: 1},
			{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop, Raw: "end_turn"}, Logprobs: []llm.TokenLogprob{{Token: "t", Logprob: "-0.10"}}},
			{Kind: llm.EventDone},
		},
		Others: []llm.Counted{{What: llm.Searches, Count: 2}}, Dropped: []string{"seed"},
	}
}

func TestEntriesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"short", strings.Repeat("long ", 10_000), "\xff not UTF-8"} {
		e := entry(text)
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > minZipped && len(b) > len(text) {
			t.Errorf("%d bytes for a text of %d", len(b), len(text))
		}
		got, err := DecodeEntry(b)
		if text[0] == 0xff { // JSON has no such texts; the provider's bytes have
			e.Events[2].Text = strings.ToValidUTF8(e.Events[2].Text, "\ufffd")
		}
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%v\ngot  %.500v\nwant %.500v", err, got, e)
		}
	}
}

func FuzzDecodeEntry(f *testing.F) {
	small, _ := entry("x").Encode()
	large, _ := entry(strings.Repeat("long ", 1000)).Encode()
	f.Add(small)
	f.Add(large)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeEntry(again); err != nil || len(got.Events) != len(e.Events) || string(got.Raw) != string(e.Raw) {
			t.Errorf("%v: %+v is read back as %+v", err, e, got)
		}
		_ = e.response()
	})
}

func key(text string) Key { return NewDigest().Text(text).Key() }

func TestAnotherProcessFindsTheEntry(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	one, two := NewStore(table, DefaultMemory), NewStore(table, DefaultMemory)
	if err := one.Save(t.Context(), key("a"), entry("hi"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, err := two.Get(t.Context(), key("a"))
	if err != nil || !reflect.DeepEqual(got, entry("hi")) {
		t.Errorf("%v %.500v", err, got)
	}
	if got, err := two.Get(t.Context(), key("b")); err != nil || got != nil {
		t.Errorf("another key: %v %+v", err, got)
	}
}

func TestEntriesExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewStore(memstore.New(), DefaultMemory)
		until := time.Now().Add(time.Minute)
		s.Remember(key("a"), entry("hi"), until)
		if err := s.Save(t.Context(), key("a"), entry("hi"), until); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute - time.Millisecond)
		if e, _ := s.Get(t.Context(), key("a")); e == nil {
			t.Error("gone before its time")
		}
		time.Sleep(time.Millisecond)
		if e, err := s.Get(t.Context(), key("a")); e != nil || err != nil {
			t.Errorf("still there: %v", err)
		}
	})
}

func TestMemoryKeepsWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	m, until, now := newMemory(3*(nodeSize+100)), time.Now().Add(time.Hour), time.Now()
	for _, k := range []string{"a", "b", "c"} {
		m.put(key(k), entry(k), 100, until)
	}
	m.get(key("a"), now)
	m.put(key("d"), entry("d"), 100, until)
	m.put(key("c"), entry("c again"), 100, until)
	m.put(key("huge"), entry("huge"), m.most, until)
	for k, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "huge": false} {
		if got := m.get(key(k), now) != nil; got != want {
			t.Errorf("%s is there: %v, want %v", k, got, want)
		}
	}
	if m.size != 3*(nodeSize+100) || m.used.Len() != 3 {
		t.Errorf("%d bytes in %d entries", m.size, m.used.Len())
	}
}

// broken is a table that cannot be asked.
type broken struct{ driver.Table }

var errAway = errors.New("away")

func (broken) Get(context.Context, driver.Key) (driver.Record, error) {
	return driver.Record{}, errAway
}
func (broken) Put(context.Context, driver.Record) (int64, error) { return 0, errAway }

func TestATableThatIsAwayIsSaid(t *testing.T) {
	t.Parallel()
	s := NewStore(broken{}, DefaultMemory)
	if _, err := s.Get(t.Context(), key("a")); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
	if err := s.Save(t.Context(), key("a"), entry("a"), time.Now().Add(time.Hour)); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
	s.Remember(key("a"), entry("a"), time.Now().Add(time.Hour))
	if e, err := s.Get(t.Context(), key("a")); e == nil || err != nil {
		t.Errorf("what is remembered is not found: %v", err)
	}
}
