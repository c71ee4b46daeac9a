package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/usage"
)

const at = "config.targets[%d]"

func attempts(n int) []usage.Attempt {
	var out []usage.Attempt
	for i := range n {
		out = append(out, usage.Attempt{
			Option: fmt.Sprintf(at, i), Provider: "openai", Model: "gpt-4o", Status: 503, Kind: "overloaded", Error: "openai: a text of the provider's", Took: usage.Micros(1000 * i),
		})
	}
	return out
}

func TestExplanations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		e    explanation
		want string
	}{
		{"nothing was tried", explanation{}, `{"attempts":[]}`},
		{"an answer", explanation{
			attempts: []usage.Attempt{{Option: "config", Provider: "openai", Model: "gpt-4o", Status: 200, Took: 1_234_567}},
			cost:     &usage.Cost{Nano: 1500},
		}, `{"attempts":[{"option":"config","provider":"openai","model":"gpt-4o","status":200,"ms":1234}],"cost":"0.0000015"}`},
		{"a retry, a race and what they cost", explanation{
			attempts: []usage.Attempt{
				{Option: "config.targets[0]", Provider: "openai", Model: "gpt-4o", Kind: "unreachable", Error: "dial tcp 10.0.0.1", Took: 2000},
				{Option: "config.targets[0]", Provider: "openai", Model: "gpt-4o", Kind: "canceled", Took: 9000, Waited: 750_000, Lost: true, Cost: &usage.Cost{Nano: 500}},
				{Option: "config.targets[1]", Provider: "anthropic", Model: "claude", Status: 200, Took: 5000},
			},
			notes: []usage.Note{{Option: "config", Text: "the second was started after 300ms"}},
			cost:  &usage.Cost{Nano: 1000}, spent: &usage.Cost{Nano: 1500},
		}, `{"attempts":[{"option":"config.targets[0]","provider":"openai","model":"gpt-4o","error":"unreachable","ms":2},` +
			`{"option":"config.targets[0]","provider":"openai","model":"gpt-4o","error":"canceled","ms":9,"wait_ms":750,"lost":true,"cost":"0.0000005"},` +
			`{"option":"config.targets[1]","provider":"anthropic","model":"claude","status":200,"ms":5}],` +
			`"notes":[{"option":"config","text":"the second was started after 300ms"}],"cost":"0.000001","spent":"0.0000015"}`},
		{"an account of AWS", explanation{
			attempts: []usage.Attempt{{Option: "config", Provider: "bedrock", Model: "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5"}},
		}, `{"attempts":[{"option":"config","provider":"bedrock","model":"us.anthropic.claude-sonnet-4-5","ms":0}]}`},
		{"what a header cannot carry", explanation{
			attempts: []usage.Attempt{{Option: "config", Provider: "p", Model: "naïve\r\nX-Evil: 1", Took: 1}}, dropped: []string{strings.Repeat("x", 60), `"\`},
		}, `{"attempts":[{"option":"config","provider":"p","model":"na?ve??X-Evil: 1","ms":0}],"dropped":["` + strings.Repeat("x", 45) + `...","\"\\"]}`},
	} {
		if got := tt.e.fit(maxExplain); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// What is left out is counted, in the order of its worth: members first, then
// notes, then models, then attempts in the middle.
func TestLongExplanationsLeaveOutAndCount(t *testing.T) {
	t.Parallel()
	var notes []usage.Note
	var dropped []string
	for i := range 40 {
		notes = append(notes, usage.Note{Option: fmt.Sprintf(at, i), Text: "has no vision"})
		dropped = append(dropped, fmt.Sprintf("messages[%d].content", i))
	}
	type read struct {
		Attempts []struct {
			Option, Model string
			More          int
		}
		Notes []struct {
			Text string
			More int
		}
		Dropped []any
		Cost    string
	}
	cost := &usage.Cost{Nano: 5}
	explained := func(e explanation) (r read) {
		t.Helper()
		text := e.fit(maxExplain)
		if err := json.Unmarshal([]byte(text), &r); err != nil || len(text) > maxExplain {
			t.Fatalf("%d bytes, %v: %s", len(text), err, text)
		}
		return r
	}

	r := explained(explanation{attempts: attempts(2), notes: notes[:2], dropped: dropped, cost: cost})
	if n := len(r.Dropped); len(r.Attempts) != 2 || len(r.Notes) != 2 || n < 10 || n > 41 || fmt.Sprint(r.Dropped[n-1]) != fmt.Sprintf("map[more:%d]", 41-n) {
		t.Errorf("many drops: %+v", r)
	}
	r = explained(explanation{attempts: attempts(6), notes: notes, dropped: dropped, cost: cost})
	if n := len(r.Notes); len(r.Attempts) != 6 || r.Attempts[3].Model != "gpt-4o" || len(r.Dropped) != 1 || n < 2 || r.Notes[n-1].More != 41-n {
		t.Errorf("many notes: %+v", r)
	}
	r = explained(explanation{attempts: attempts(11), cost: cost})
	if len(r.Attempts) != 11 || r.Attempts[10].Option == "" || r.Attempts[10].Model != "" {
		t.Errorf("without models there was room: %+v", r)
	}
	r = explained(explanation{attempts: attempts(500), notes: notes, dropped: dropped, cost: cost})
	listed, counted := 0, 0
	for i, a := range r.Attempts {
		counted += a.More
		want := fmt.Sprintf(at, i)
		if counted > 0 {
			want = fmt.Sprintf(at, 500-len(r.Attempts)+i)
		}
		if a.More == 0 {
			listed++
			if a.Option != want {
				t.Errorf("attempt %d is %s, want %s", i, a.Option, want)
			}
		}
	}
	if listed < 6 || listed+counted != 500 || r.Cost != "0.000000005" {
		t.Errorf("%d listed and %d counted: %+v", listed, counted, r)
	}
}

// An explanation is one JSON object in ASCII, and never too long.
func FuzzExplanation(f *testing.F) {
	f.Add("config.targets[0]", "gpt-4o", "openai", "has no vision", uint16(3), uint16(2), int64(5))
	f.Add(strings.Repeat(`"`, 99), strings.Repeat("\\", 99), strings.Repeat("é\n", 99), strings.Repeat("\x00\xff", 99), uint16(600), uint16(600), int64(-1<<63))
	f.Fuzz(func(t *testing.T, option, model, provider, text string, tried, noted uint16, n int64) {
		trace := new(core.Trace)
		var dropped []string
		for i := range int(tried % 700) {
			trace.Add(core.Attempt{
				Option: option + fmt.Sprint(i), Provider: provider, Model: model, Status: int(n), Err: llm.Errorf(llm.UnsupportedMedia, "%s", text),
				Took: time.Duration(n), Waited: time.Duration(n), Lost: n%2 == 0, Bill: &core.Bill{},
			})
		}
		for range noted % 700 {
			trace.Note(option, text)
			dropped = append(dropped, text)
		}
		cost := &usage.Cost{Nano: price.Nano(n), Gap: text}
		e := explanation{attempts: usage.AttemptsOf(trace, func(core.Attempt) *usage.Cost { return cost }), notes: usage.NotesOf(trace), dropped: dropped, cost: cost, spent: cost}
		got := e.fit(maxExplain)
		if len(got) > maxExplain || !json.Valid([]byte(got)) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	})
}
