package route

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

const hedged = `{"strategy":{"mode":"hedge"},`

func TestTheFirstAnswerOfAHedgeWins(t *testing.T) {
	t.Parallel()
	const late = 5 * time.Second
	tests := []struct {
		name     string
		provider played
		config   string
		want     string
		took     time.Duration
		attempts []string
	}{
		{"the first within the delay", played{"a": {after: 900 * time.Millisecond}, "b": {}}, hedged + targets("", "a", "b"),
			"a", 900 * time.Millisecond, []string{"config.targets[0] answered"}},
		{"the second", played{"a": {after: late}, "b": {after: 200 * time.Millisecond}}, hedged + targets("", "a", "b"),
			"b", 1200 * time.Millisecond, []string{"config.targets[0] lost, estimated", "config.targets[1] answered"}},
		{"the first behind the delay", played{"a": {after: 1500 * time.Millisecond}, "b": {after: late}}, hedged + targets("", "a", "b"),
			"a", 1500 * time.Millisecond, []string{"config.targets[0] answered", "config.targets[1] lost, estimated"}},
		{"the third", played{"a": {after: late}, "b": {after: late}, "c": {}}, `{"strategy":{"mode":"hedge","delay":250},` + targets("", "a", "b", "c"),
			"c", 500 * time.Millisecond, []string{"config.targets[0] lost, estimated", "config.targets[1] lost, estimated", "config.targets[2] answered"}},
		{"no more than three at once", played{"a": {after: late, status: 500}, "b": {after: 3 * late}, "c": {after: 3 * late}, "d": {}}, hedged + targets("", "a", "b", "c", "d"),
			"d", late, []string{"config.targets[0] failed", "config.targets[1] lost, estimated", "config.targets[2] lost, estimated", "config.targets[3] answered"}},
		{"a failure calls the next at once", played{"a": {after: 100 * time.Millisecond, status: 500}, "b": {after: 100 * time.Millisecond}}, hedged + targets("", "a", "b"),
			"b", 200 * time.Millisecond, []string{"config.targets[0] failed", "config.targets[1] answered"}},
		{"a bug does, too", played{"a": {panics: true}, "b": {}}, hedged + targets("", "a", "b"),
			"b", 0, []string{"config.targets[1] answered"}},
		{"all fail: the last failure", played{"a": {after: 2 * time.Second, status: 500}, "b": {after: 2 * time.Second, status: 503}}, hedged + targets("", "a", "b"),
			"openai: b failed", 3 * time.Second, []string{"config.targets[0] failed", "config.targets[1] failed"}},
		{"a status that does not move on", played{"a": {after: 100 * time.Millisecond, status: 500}, "b": {}}, `{"strategy":{"mode":"hedge","on_status_codes":[429]},` + targets("", "a", "b"),
			"openai: a failed", 100 * time.Millisecond, []string{"config.targets[0] failed"}},
		{"which those that run may still make good", played{"a": {after: 1100 * time.Millisecond, status: 500}, "b": {after: late}, "c": {}}, `{"strategy":{"mode":"hedge","onStatusCodes":[429]},` + targets("", "a", "b", "c"),
			"b", late + time.Second, []string{"config.targets[0] failed", "config.targets[1] answered"}},
		{"a late answer is paid for in full", played{"a": {after: late, deaf: true}, "b": {}}, `{"strategy":{"mode":"hedge","hedge_delay":0},` + targets("", "a", "b"),
			"b", 0, []string{"config.targets[0] lost, billed", "config.targets[1] answered"}},
		{"retries are each target's own", played{"a": {status: 500}, "b": {after: 100 * time.Millisecond}}, hedged + targets(`,"retry":{"attempts":5}`, "a", "b"),
			"b", 1100 * time.Millisecond, []string{"config.targets[0] failed", "config.targets[0] failed", "config.targets[1] answered"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, c, began := tt.provider.route(t, tt.config+"}"), chatCall(""), time.Now()
				got := said(h.Handle(t.Context(), c))
				if took := time.Since(began); got != tt.want || took != tt.took {
					t.Errorf("%q after %s, want %q after %s", got, took, tt.want, tt.took)
				}
				time.Sleep(time.Minute) // all end
				seen := attempts(c)
				slices.Sort(seen)
				if !slices.Equal(seen, tt.attempts) {
					t.Errorf("attempts %q, want %q; notes %q", seen, tt.attempts, c.Trace.Notes())
				}
			})
		})
	}
}

func TestAHedgeSaysWhyItCallsAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: time.Minute}, "b": {}}
		c := chatCall("")
		said(p.route(t, hedged+targets("", "a", "b")+"}").Handle(t.Context(), c))
		want := []core.Note{{Option: "config", Text: "no answer within 1s: config.targets[1] is called too"}, {Option: "config", Text: "config.targets[0] is given up"}}
		if got := c.Trace.Notes(); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		synctest.Wait()
		if p["a"].gaveUp != 1 {
			t.Error("the loser still runs")
		}
	})
}

func sse(text string) string {
	return `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"` + text + `"},"finish_reason":null}]}` + "\n\n"
}

const sseEnd = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"

// The stream that won goes on for minutes after the others were given up, and
// a stream that lost is not read on.
func TestAStreamOutlivesThoseThatItBeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{
			"a": {pieces: []string{sse("late "), sse("and "), sse("later")}, gap: time.Hour},
			"b": {pieces: []string{sse("slow "), sse("and "), sse("steady"), sseEnd}, gap: 40 * time.Second},
			"c": {pieces: []string{sse("first "), sse("and "), sse("last"), sseEnd}, after: 500 * time.Millisecond, gap: 20 * time.Second},
		}
		c := chatCall(`,"stream":true`)
		reply, err := p.route(t, `{"request_timeout":100000,"strategy":{"mode":"hedge","delay":100},`+targets("", "a", "b", "c")+"}").Handle(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := attempts(c); len(got) != 3 {
			t.Errorf("the losers have not ended when the answer begins: %q", got)
		}
		if got := said(reply, err); got != "first and last" {
			t.Errorf("got %q", got)
		}
	})
}

// A stream that begins although it was given up is closed, and booked by what
// it has reported.
func TestAStreamThatBeginsTooLateIsBookedAndClosed(t *testing.T) {
	t.Parallel()
	const usage = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}],"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}}` + "\n\n"
	synctest.Test(t, func(t *testing.T) {
		p := played{
			"a": {after: 2 * time.Second, pieces: []string{usage, sse("a"), sseEnd}, deaf: true},
			"b": {after: time.Second, pieces: []string{sse("b"), sseEnd}},
		}
		c := chatCall(`,"stream":true`)
		got := said(p.route(t, `{"strategy":{"mode":"hedge","delay":500},`+targets("", "a", "b")+"}").Handle(t.Context(), c))
		time.Sleep(time.Minute)
		lost := c.Trace.Attempts()[1]
		if got != "b" || !lost.Lost || lost.Bill == nil || lost.Bill.Usage.Input != 7 || lost.Bill.Usage.Output != 1 || lost.Bill.Usage.Estimated {
			t.Errorf("got %q, the loser is booked as %+v %+v", got, lost, lost.Bill)
		}
	})
}

func TestAClientThatLeavesEndsAHedge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: time.Hour}, "b": {after: time.Hour}, "c": {after: time.Hour}}
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, leave)
		c, began := chatCall(""), time.Now()
		_, err := p.route(t, hedged+targets("", "a", "b", "c")+"}").Handle(ctx, c)
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Canceled || time.Since(began) != 1500*time.Millisecond {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		got := attempts(c)
		slices.Sort(got)
		if !slices.Equal(got, []string{"config.targets[0] failed", "config.targets[1] failed"}) {
			t.Errorf("nobody won, so nobody lost: %q", got)
		}
	})
}

// What is done when the response has gone out waits for the losers, so that
// the record has their bills, although the client has left by then.
func TestTheBooksWaitForTheLosers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: 10 * time.Second, deaf: true}, "b": {}}
		ctx, after := core.WithAfter(t.Context())
		ctx, leave := context.WithCancel(ctx)
		c, began := chatCall(""), time.Now()
		said(p.route(t, hedged+targets("", "a", "b")+"}").Handle(ctx, c))
		leave()
		if took := time.Since(began); took != time.Second {
			t.Errorf("the client waited %s", took)
		}
		after.Run(t.Context(), nil)
		if got := attempts(c); !slices.Contains(got, "config.targets[0] lost, billed") {
			t.Errorf("got %q", got)
		}
	})
}

func TestWhatCannotBeSentTwiceIsNotHedged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*core.Call)
		config string
		calls  int // of the second target
	}{
		{"a body that is read once", func(c *core.Call) { c.Upload = strings.NewReader(`{"model":"m","messages":[]}`); c.Length = 27 }, "", 0},
		{"what leaves something behind", func(c *core.Call) { c.Operation, c.Rest = llm.Batches, "/batches" }, "", 0},
		{"any other path", func(c *core.Call) { c.Operation, c.Rest = llm.Proxy, "/assistants" }, "", 0},
		{"vectors of another model", func(c *core.Call) {
			c.Operation, c.Path, c.Body = llm.Embed, "/v1/embeddings", []byte(`{"model":"m","input":"Hi"}`)
		}, `,"override_params":{"model":"another"}`, 0},
		{"vectors of the same", func(c *core.Call) {
			c.Operation, c.Path, c.Body = llm.Embed, "/v1/embeddings", []byte(`{"model":"m","input":"Hi"}`)
		}, `,"override_params":{"model":"m"}`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := played{"a": {after: time.Minute}, "b": {after: time.Minute}}
				first, second := targets("", "a"), targets(tt.config, "b")
				both := strings.TrimSuffix(first, "]") + "," + strings.TrimPrefix(second, `"targets":[`)
				c := chatCall("")
				tt.change(c)
				_, _ = p.route(t, hedged+both+"}").Handle(t.Context(), c)
				if p.callsOf("a") != 1 || p.callsOf("b") != tt.calls {
					t.Errorf("called %d and %d times, want once and %d times", p.callsOf("a"), p.callsOf("b"), tt.calls)
				}
			})
		})
	}
}

func TestAHedgeIsChecked(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		hedged + targets("", "a") + "}":                                                "path: targets, message: a hedge needs at least two targets",
		`{"strategy":{"mode":"hedge","delay":-1},` + targets("", "a", "b") + "}":       "path: strategy,delay, message: Number must be between",
		`{"strategy":{"mode":"hedge","hedgeDelay":"1"},` + targets("", "a", "b") + "}": "path: strategy,hedgeDelay, message: Expected number, received string",
	} {
		_, err := Parse([]byte(config))
		if bad, ok := errors.AsType[*InvalidError](err); !ok || !strings.Contains(bad.Faults[0], want) {
			t.Errorf("%s: %v", config, err)
		}
	}
}

// A target that is slow is given up again and again, and its breaker counts
// none of it: it is called first all the same.
func TestALostRaceIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: time.Minute}, "b": {}}
		h := p.route(t, `{"cb_config":{"failure_threshold":1},`+hedged[1:]+targets("", "a", "b")+"}")
		for range 5 {
			if got := said(h.Handle(t.Context(), chatCall(""))); got != "b" {
				t.Fatal(got)
			}
		}
		if p.callsOf("a") != 5 {
			t.Errorf("the slow target was called %d times, want 5", p.callsOf("a"))
		}
		p["a"].after, p["a"].status = 0, 500
		for range 5 {
			said(h.Handle(t.Context(), chatCall("")))
		}
		if p.callsOf("a") != 6 {
			t.Errorf("a target that fails was called %d times more, want once", p.callsOf("a")-5)
		}
	})
}

// A race whose failure is final ends with the last runner, whatever that one
// brings: it is not the answer and must not stay open.
func TestAnAnswerThatIsNotTheLastWordIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		closed := false
		slow := &closing{speaker: speaker{at: "b"}, closed: &closed}
		fails := &late{speaker: speaker{at: "a", counted: counted{failure: &llm.Error{Kind: llm.Overloaded, Status: 500, Provider: "x"}}}}
		h := &hedge{&strategy{group: group{"config", []child{fails, slow}}, choose: inOrder(2), moves: rule{moves: true, codes: []int{200}}}, time.Second}
		call := chatCall("")
		if got := said(h.Handle(t.Context(), call)); !strings.Contains(got, "x") {
			t.Errorf("got %q", got)
		}
		if !closed {
			t.Error("the other answer is open")
		}
	})
}

// late is a speaker that takes two seconds, closing one that takes three and
// whose answer tells when it is closed.
type late struct{ speaker }

func (l *late) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	time.Sleep(2 * time.Second)
	return l.speaker.Handle(ctx, c)
}

type closing struct {
	speaker
	closed *bool
}

func (s *closing) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	time.Sleep(3 * time.Second)
	r, err := s.speaker.Handle(ctx, c)
	r.OnClose(func() { *s.closed = true })
	return r, err
}
