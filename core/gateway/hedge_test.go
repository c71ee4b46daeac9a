package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/usage"
)

// A ledger keeps records.
type ledger struct {
	mu      sync.Mutex
	records []*usage.Record
}

func (l *ledger) Write(_ context.Context, r *usage.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r)
	return nil
}

// hedgeRoutes are a whole answer and streams in two dialects.
var hedgeRoutes = []waitingRoute{
	{"/v1/chat/completions", `{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`, false, false},
	{"/v1/chat/completions", `{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}`, true, false},
	{"/v1/messages", `{"model":"gpt-4o","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`, true, false},
}

// hesitant answers as a provider in good health, but the hosts that are named
// take their time. It notes who saw that nobody waits any more.
type hesitant struct {
	takes map[string]time.Duration
	asked visits
	left  visits
}

func (s *hesitant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.asked.note(r.Host)
	if wait(r.Context(), s.takes[r.Host]) != nil {
		s.left.note(r.Host)
		return
	}
	sound(w, r, string(body))
}

func hedgeOf(delay int, hosts ...string) string {
	var list []string
	for _, h := range hosts {
		list = append(list, target("openai", h+".example.com"))
	}
	return fmt.Sprintf(`{"strategy":{"mode":"hedge","delay":%d},"targets":[%s]}`, delay, strings.Join(list, ","))
}

// The loser's connection is closed when the winner has begun, and the record
// says what both have cost.
func TestALostRaceIsEndedAndPaidFor(t *testing.T) {
	t.Parallel()
	for _, route := range hedgeRoutes {
		t.Run(fmt.Sprint(route.path, " streamed ", route.streamed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				books := &ledger{}
				up := &hesitant{takes: map[string]time.Duration{"a.example.com": time.Hour, "b.example.com": 300 * time.Millisecond}}
				h := inMemory(t, Config{Sinks: []usage.Sink{books}}, up.ServeHTTP)
				ctx, after := core.WithAfter(t.Context())
				began := time.Now()
				w := ask(ctx, h, hedgeOf(700, "a", "b", "c"), route.path, route.body)
				if took := time.Since(began); w.Code != http.StatusOK || took != time.Second || w.Header().Get("X-Portkey-Last-Used-Option-Index") != "config.targets[1]" {
					t.Fatalf("%d after %s by %s: %s", w.Code, took, w.Header().Get("X-Portkey-Last-Used-Option-Index"), w.Body)
				}
				after.Run(context.Background(), nil)
				synctest.Wait()
				if len(up.left.of("a.example.com")) != 1 || len(up.asked.of("c.example.com")) != 0 {
					t.Error("the loser still waits, or a third target was called")
				}
				r := books.records[0]
				if len(books.records) != 1 || len(r.Attempts) != 2 {
					t.Fatalf("%d records, the first with %d attempts", len(books.records), len(r.Attempts))
				}
				lost, won := r.Attempts[0], r.Attempts[1]
				if lost.Option == "config.targets[1]" {
					lost, won = won, lost
				}
				if !lost.Lost || lost.Error != "" || lost.Usage == nil || !lost.Usage.Estimated || lost.Cost == nil || lost.Cost.Nano <= 0 || won.Lost || won.Error != "" {
					t.Errorf("the loser is %+v, the winner %+v", lost, won)
				}
				if r.Spent == nil || r.Cost == nil || r.Spent.Nano != r.Cost.Nano+lost.Cost.Nano {
					t.Errorf("spent %+v of which the answer %+v", r.Spent, r.Cost)
				}
			})
		})
	}
}

// A client that leaves ends all calls, those that were lost before are booked,
// and there is one record.
func TestAClientThatLeavesARaceLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		leaves time.Duration
		lost   int
	}{
		{"before anybody has answered", 900 * time.Millisecond, 0},
		{"in the middle of the answer", 20 * time.Second, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				books := &ledger{}
				up := &hesitant{takes: map[string]time.Duration{"a.example.com": time.Hour, "b.example.com": time.Second}}
				endless := func(w http.ResponseWriter, r *http.Request) {
					if r.Host != "b.example.com" {
						up.ServeHTTP(w, r)
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if wait(r.Context(), time.Second) != nil {
						up.left.note(r.Host)
						return
					}
					w.Header().Set("Content-Type", "text/event-stream")
					for say(w, answeredRole); wait(r.Context(), time.Second) == nil; {
						say(w, answeredText)
					}
					up.left.note(r.Host)
				}
				h := inMemory(t, Config{Sinks: []usage.Sink{books}}, endless)
				ctx, after := core.WithAfter(t.Context())
				ctx, leave := context.WithCancel(ctx)
				time.AfterFunc(tt.leaves, leave)
				began := time.Now()
				ask(ctx, h, hedgeOf(500, "a", "b"), hedgeRoutes[1].path, hedgeRoutes[1].body)
				after.Run(context.Background(), nil)
				synctest.Wait()
				if took := time.Since(began); took != tt.leaves || len(up.left.of("a.example.com")) != 1 || len(up.left.of("b.example.com")) != 1 {
					t.Errorf("after %s, calls that ended: %v", took, up.left.at)
				}
				lost := 0
				for _, a := range books.records[0].Attempts {
					if a.Lost && a.Cost != nil {
						lost++
					}
				}
				if r := books.records[0]; len(books.records) != 1 || !r.Left || len(r.Attempts) != 2 || lost != tt.lost {
					t.Errorf("%d records, %d lost attempts, want %d: %+v", len(books.records), lost, tt.lost, r)
				}
			})
		})
	}
}
