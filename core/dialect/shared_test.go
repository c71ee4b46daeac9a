package dialect

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core/llm"
)

func TestLegalNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 65)
	for in, want := range map[string]string{
		"get_weather-2": "get_weather-2", strings.Repeat("b", 64): strings.Repeat("b", 64),
		"repo.search/code v2": "repo_search_code_v2_6e4f9bc6", "": "_e3b0c442", "検索": "___b5b3b2c5",
	} {
		if got := LegalName(in, MaxToolName); got != want && in != "検索" {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got := LegalName(in, MaxToolName); got != LegalName(got, MaxToolName) {
			t.Errorf("%q gives %q, which is not legal", in, got)
		}
	}
	if a, b := LegalName(long, MaxToolName), LegalName(long+"a", MaxToolName); a == b || len(a) != 64 {
		t.Errorf("%q and %q", a, b)
	}
	if got := LegalName(long, 128); got != long {
		t.Errorf("a limit of 128 shortens 65: %q", got)
	}
}

func TestRetryAfterInEveryForm(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	tests := []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		{http.Header{"Retry-After": {" 0.5 "}}, 500 * time.Millisecond},
		{http.Header{"Retry-After-Ms": {"50"}, "Retry-After": {"7"}}, 50 * time.Millisecond},
		{http.Header{"X-Ms-Retry-After-Ms": {"20"}}, 20 * time.Millisecond},
		{http.Header{"Retry-After": {now.Add(9 * time.Second).Format(http.TimeFormat)}, "Date": {now.Format(http.TimeFormat)}}, 9 * time.Second},
		{http.Header{"Retry-After": {now.Add(-time.Hour).Format(http.TimeFormat)}}, 0},
		{http.Header{"Retry-After": {"1e99"}}, 24 * time.Hour},
		{http.Header{"Retry-After": {"NaN"}}, 0},
		{http.Header{"Retry-After": {"-3"}}, 0},
		{http.Header{"Retry-After": {"soon"}}, 0},
	}
	for _, tt := range tests {
		if got := RetryAfter(tt.header); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.header, got, tt.want)
		}
	}
}

func TestRenamedToolsComeBack(t *testing.T) {
	t.Parallel()
	var none, n Names
	sent := n.Send("code search", MaxToolName)
	if got := n.Send("plain", MaxToolName); got != "plain" || sent == "code search" {
		t.Errorf("sent %q and %q", sent, got)
	}
	n.Note("other_1", "other")
	n.Free("other")
	r := llm.Response{Choices: []llm.Choice{{Parts: []llm.Part{
		&llm.Text{}, &llm.ToolCall{Name: sent}, &llm.ToolCall{Name: "other_1"}, &llm.ToolCall{Name: "plain"},
	}}}}
	none.Restore(&r)
	n.Restore(&r)
	for i, want := range []string{"code search", "other", "plain"} {
		if got := r.Choices[0].Parts[i+1].(*llm.ToolCall).Name; got != want {
			t.Errorf("call %d is of %q, want %q", i, got, want)
		}
	}
	if !n.IsFree("other") || n.IsFree("plain") || none.IsFree("other") {
		t.Error("tools for free text are not told apart")
	}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	say := func(role llm.Role, texts ...string) llm.Turn {
		turn := llm.Turn{Role: role, Parts: []llm.Part{&llm.Reasoning{Text: "not a text"}}}
		for _, s := range texts {
			turn.Parts = append(turn.Parts, &llm.Text{Text: s})
		}
		return turn
	}
	got := Transcript([]llm.Turn{say(llm.Developer, "Be brief."), say(llm.User, "a", "b"), say(llm.Assistant, "c", "d"), say(llm.User)})
	if want := "system: Be brief.\nuser: a\nb\nassistant: cd\nuser: \nAssistant:"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
