package guard_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sluice/core"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// outputHooks reads hooks in the short form.
func outputHooks(t testing.TB, list string) []*guard.Hook {
	t.Helper()
	p := &guard.Parser{Library: guard.NewLibrary(), Fault: func(path []string, message string) { t.Fatal(path, message) }}
	return p.Hooks("output_guardrails", json.Value(list), nil)
}

const (
	noApple  = `[{"default.contains":{"operator":"none","words":["Apple"]},"deny":true}]`
	starsPIN = `[{"default.regexReplace":{"rule":"/[0-9]{4}/g","redactText":"****"}}]`
)

// An answer, event by event.
type eventList []llm.Event

func (s eventList) seq() core.EventSeq {
	return func(yield func(llm.Event, error) bool) {
		for _, e := range s {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// parts makes an answer of events that stand between its start and its end.
func parts(events ...llm.Event) eventList {
	s := append(eventList{{Kind: llm.EventStart, ID: "1", Model: "m"}}, events...)
	return append(s, finishes(0), llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1, Output: 2}}, llm.Event{Kind: llm.EventDone})
}

func finishes(choice int) llm.Event {
	return llm.Event{Kind: llm.EventFinish, Choice: choice, Finish: llm.Finish{Reason: llm.FinishStop}}
}

func opens(part int, kind llm.PartKind) llm.Event {
	return llm.Event{Kind: llm.EventPartStart, Part: part, PartKind: kind}
}

func says(part int, kind llm.EventKind, text string) llm.Event {
	return llm.Event{Kind: kind, Part: part, Text: text}
}

func stops(part int) llm.Event { return llm.Event{Kind: llm.EventPartStop, Part: part} }

func in(choice int, e llm.Event) llm.Event {
	e.Choice = choice
	return e
}

// words is a part of text in pieces.
func words(pieces ...string) []llm.Event {
	s := []llm.Event{opens(0, llm.TextPart)}
	for _, p := range pieces {
		s = append(s, says(0, llm.EventText, p))
	}
	return append(s, stops(0))
}

// gated writes down what comes through a gate, one event to a word.
func gated(t testing.TB, hooks string, s eventList) string {
	t.Helper()
	g := guard.NewGate(outputHooks(t, hooks))
	if g.Whole() {
		t.Fatal("the gate has to see the whole answer")
	}
	var out []string
	for e, err := range g.Filter(t.Context(), &guard.Input{Event: guard.After}, nil)(s.seq()) {
		if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		}
		out = append(out, told(e))
	}
	return strings.Join(out, " ")
}

func told(e llm.Event) string {
	at := fmt.Sprintf("%d.%d", e.Choice, e.Part)
	switch e.Kind {
	case llm.EventPartStart:
		return at + "("
	case llm.EventPartStop:
		return at + ")"
	case llm.EventText, llm.EventReasoning, llm.EventRefusal, llm.EventArguments:
		return at + ":" + e.Text
	case llm.EventSignature:
		return at + "signed"
	case llm.EventCitation:
		return at + "cites:" + e.Citation.Title
	case llm.EventFinish:
		return fmt.Sprintf("%d=%s", e.Choice, e.Finish.Reason)
	case llm.EventUsage:
		return "usage"
	case llm.EventNative:
		return "native"
	case llm.EventDone:
		return "done"
	}
	return "start"
}

func TestAGateHoldsBackWhatMayBecomeForbidden(t *testing.T) {
	t.Parallel()
	text, think, args := llm.EventText, llm.EventReasoning, llm.EventArguments
	cite := llm.Event{Kind: llm.EventCitation, Citation: &llm.Citation{Title: "Fruit"}}
	for _, tt := range []struct {
		name, hooks string
		events      []llm.Event
		want        string
	}{
		{"nothing is wrong", noApple, words("A Bat", " it is."),
			"start 0.0( 0.0:A 0.0: Bat it 0.0: is. 0.0) 0=stop usage done"},
		{"forbidden in one piece", noApple, words("An Apple a day"), "start 0.0( 0.0) 0=content_filter done"},
		{"forbidden in several", noApple, words("An ", "Ap", "pl", "e", " a day"), "start 0.0( 0.0:A 0.0:n  0.0) 0=content_filter done"},
		{"forbidden across two parts", noApple, append(words("An App"), opens(1, llm.TextPart), says(1, text, "le"), stops(1)),
			"start 0.0( 0.0:An 0.0: App 0.0) 0.1( 0.1) 0=content_filter done"},
		{"another voice goes on", noApple, []llm.Event{opens(0, llm.ReasoningPart), says(0, think, "App"), stops(0), opens(1, llm.TextPart), says(1, text, "le"), stops(1)},
			"start 0.0( 0.0:App 0.0) 0.1( 0.1:le 0.1) 0=stop usage done"},
		{"in a thought", noApple, []llm.Event{opens(0, llm.ReasoningPart), says(0, think, "App"), says(0, think, "le")},
			"start 0.0( 0.0) 0=content_filter done"},
		{"in a refusal", noApple, []llm.Event{opens(0, llm.RefusalPart), says(0, llm.EventRefusal, "no Apple")}, "start 0.0( 0.0) 0=content_filter done"},
		{"in the name of a tool", noApple, []llm.Event{{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Name: "eatApple"}}, "start 0=content_filter done"},
		{"in a citation", noApple, []llm.Event{opens(0, llm.TextPart), says(0, text, "x"), {Kind: llm.EventCitation, Citation: &llm.Citation{Quote: "Apple"}}},
			"start 0.0( 0.0) 0=content_filter done"},
		{"in a part of its dialect's own", noApple, []llm.Event{{Kind: llm.EventPartStart, PartKind: llm.ForeignPart, Native: llm.Native{Members: json.Value(`{"a":{"b":["Apple"]}}`)}}},
			"start 0=content_filter done"},
		{"in arguments that interleave", noApple, []llm.Event{
			opens(0, llm.ToolCallPart), opens(1, llm.ToolCallPart), says(0, args, `{"a":"Ap`), says(1, args, `{"b":"Bat`),
			says(0, args, `ricot"}`), says(1, args, `s, App`), stops(0), says(1, args, `le"}`)},
			`start 0.0( 0.1( 0.0:{"a" 0.1:{"b": 0.0::"Apric 0.1:"Bats, 0.0:ot"} 0.0) 0.1) 0=content_filter done`},
		{"behind escapes in arguments", noApple, []llm.Event{opens(0, llm.ToolCallPart), says(0, args, `{"a":"A\u00`), says(0, args, `70pl\u006`), says(0, args, `5"}`)},
			`start 0.0( 0.0:{"a 0.0:":" 0.0) 0=content_filter done`},
		{"another choice has finished", noApple, []llm.Event{
			in(1, opens(0, llm.TextPart)), in(1, says(0, text, "Bat")), opens(0, llm.TextPart), in(1, stops(0)), finishes(1), says(0, text, "Apple")},
			"start 1.0( 0.0( 1.0:Bat 1.0) 0.0) 0=content_filter 1=stop done"},
		{"events wait behind their text", noApple, append(append(words("An App")[:2], cite, says(0, text, "rentice")), stops(0)),
			"start 0.0( 0.0:An 0.0: App 0.0cites:Fruit 0.0:ren 0.0:tice 0.0) 0=stop usage done"},
		{"parts are not stopped", noApple, words("An App")[:2], "start 0.0( 0.0:An 0.0: App 0=stop usage done"},
		{"only tools are judged", strings.Replace(noApple, `"deny"`, `"scope":"tools","deny"`, 1), words("Apple"), "start 0.0( 0.0:Apple 0.0) 0=stop usage done"},
		{"hooks that do not deny", `[{"default.contains":{"operator":"none","words":["Apple"]}}]`, words("App", "le"), "start 0.0( 0.0:App 0.0:le 0.0) 0=stop usage done"},
		{"replaced in one piece", starsPIN, words("is 1234."), "start 0.0( 0.0:is  0.0:**** 0.0:. 0.0) 0=stop usage done"},
		{"replaced in several", starsPIN, words("is ", "12", "3", "4."), "start 0.0( 0.0:is 0.0:  0.0:**** 0.0:. 0.0) 0=stop usage done"},
		{"a longer number", starsPIN, words("12345", "67890"), "start 0.0( 0.0:**** 0.0:**** 0.0:90 0.0) 0=stop usage done"},
		{"signature of a replaced thought", starsPIN, []llm.Event{opens(0, llm.ReasoningPart), says(0, think, "1234"), {Kind: llm.EventSignature, Text: "s"}, stops(0)},
			"start 0.0( 0.0:**** 0.0) 0=stop usage done"},
		{"signature of another", starsPIN, []llm.Event{opens(0, llm.ReasoningPart), says(0, think, "123"), {Kind: llm.EventSignature, Text: "s"}, stops(0)},
			"start 0.0( 0.0:123 0.0signed 0.0) 0=stop usage done"},
		{"arguments stay JSON", strings.Replace(starsPIN, "****", `\"`, 1), []llm.Event{opens(0, llm.ToolCallPart), says(0, args, `{"a":"\u0031`), says(0, args, `234","b":1234}`), stops(0)},
			`start 0.0( 0.0:{"a": 0.0:"\"" 0.0:,"b":1234} 0.0) 0=stop usage done`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := gated(t, tt.hooks, parts(tt.events...)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestABrokenStreamLetsNothingThroughThatWasNotJudged(t *testing.T) {
	t.Parallel()
	broken := func(yield func(llm.Event, error) bool) {
		_ = yield(opens(0, llm.TextPart), nil) && yield(says(0, llm.EventText, "An App"), nil) && yield(llm.Event{}, errors.New("broken"))
	}
	var out []string
	for e, err := range guard.NewGate(outputHooks(t, noApple)).Filter(t.Context(), &guard.Input{}, nil)(broken) {
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		out = append(out, told(e))
	}
	if got := strings.Join(out, " "); got != "0.0( 0.0:An broken" {
		t.Error(got)
	}
}

func TestADeniedStreamIsReadNoFurther(t *testing.T) {
	t.Parallel()
	closed, ends := false, 0
	seq := func(yield func(llm.Event, error) bool) {
		defer func() { closed = true }()
		for yield(says(0, llm.EventText, "Apple"), nil) {
		}
	}
	opened := func(yield func(llm.Event, error) bool) {
		if yield(opens(0, llm.TextPart), nil) {
			seq(yield)
		}
	}
	for e := range guard.NewGate(outputHooks(t, noApple)).Filter(t.Context(), &guard.Input{}, nil)(opened) {
		if e.Kind == llm.EventFinish {
			if ends++; !closed {
				t.Error("the upstream is open while the end is written")
			}
		}
	}
	if ends != 1 {
		t.Errorf("%d ends", ends)
	}
}

func TestVerdictsAreAskedOnce(t *testing.T) {
	t.Parallel()
	denied := &guard.Outcome{Results: []guard.Result{{Deny: true}}}
	noApple := strings.Replace(noApple, `"default`, `"id":"g","default`, 1)
	for _, tt := range []struct {
		name, hooks, text string
		outcome           *guard.Outcome
		heard, want       string
	}{
		{"complete", noApple, "An Ant", &guard.Outcome{}, "An Ant", "start 0.0( 0.0:An 0.0: Ant 0.0) ? 0=stop usage done !"},
		{"denied on the way", noApple, "An Apple", denied, "An Apple", "start 0.0( ?g 0.0) 0=content_filter done !"},
		{"denied on the way, not by the verdicts", noApple, "An Apple", &guard.Outcome{}, "An Apple", "start 0.0( ?g 0.0) 0=content_filter done !"},
		{"denied at the end", noApple, "An Ant", denied, "An Ant", "start 0.0( 0.0:An 0.0: Ant 0.0) ? 0=content_filter done !"},
		{"hooks that nobody waits for", `[{"default.wordCount":{"maxWords":1}}]`, "An Ant", denied, "An Ant", "start 0.0( 0.0:An Ant 0.0) 0=stop usage done !"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out []string
			tell := func(r *llm.Response, what string) {
				out = append(out, what)
				if got := r.Choices[0].Parts[0].(*llm.Text).Text; got != tt.heard {
					t.Errorf("heard %q", got)
				}
			}
			w := &guard.Watch{
				Verdicts: func(r *llm.Response, by *guard.Hook) *guard.Outcome {
					if by == nil {
						tell(r, "?")
					} else {
						tell(r, "?"+by.ID)
					}
					return tt.outcome
				},
				Heard: func(r *llm.Response) { tell(r, "!") },
			}
			for e := range guard.NewGate(outputHooks(t, tt.hooks)).Filter(t.Context(), &guard.Input{}, w)(parts(words(tt.text)...).seq()) {
				out = append(out, told(e))
			}
			if got := strings.Join(out, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestHooksThatHaveToSeeTheWholeAnswer(t *testing.T) {
	t.Parallel()
	for hooks, want := range map[string]bool{
		noApple:  false,
		starsPIN: false,
		`[{"default.wordCount":{"maxWords":1},"deny":true}]`:                                   true,
		`[{"default.wordCount":{"maxWords":1}}]`:                                               false,
		`[{"default.contains":{"operator":"any","words":["Apple"]},"deny":true}]`:              true,
		`[{"default.contains":{"operator":"any","words":["Apple"]},"deny":true,"async":true}]`: false,
		`[{"default.regexMatch":{"rule":"a+","not":true},"deny":true}]`:                        true,
		`[{"default.regexMatch":{"rule":"a{1,9}","not":true},"deny":true}]`:                    false,
		`[{"default.regexReplace":{"rule":"[0-9]{4}"}}]`:                                       true, // the first only
		`[{"default.pii":{"redact":true}}]`:                                                    false,
		`[{"default.webhook":{"webhookURL":"https://example.com/"}}]`:                          true, // it may give another answer
		`[{"default.pii":{},"deny":true}]`:                                                     true, // a part of a number may look like another
		`[{"default.regexReplace":{"rule":"/[0-9]{0,4}/g"}}]`:                                  true, // also between others
		`[{"default.regexReplace":{"rule":"/[0-9]{4}/g"},"default.contains":{"operator":"none","words":["a"]},"deny":true,"sequential":true}]`: true,
	} {
		if got := guard.NewGate(outputHooks(t, hooks)).Whole(); got != want {
			t.Errorf("%s: %v", hooks, got)
		}
	}
}

// What comes out of a check that replaces is what it makes of the whole text,
// however the text was cut.
func FuzzReplacingDoesNotDependOnPieces(f *testing.F) {
	rules := []string{`/[0-9]{2,4}/g`, `/a[ab]{0,3}b/g`, `/(ab|abc|bcd)c?/g`, `/苹果|果树/g`, `/[0-9]{1,5}/g`}
	f.Add("12345678901 abcabcd 苹果树", uint64(0x5a5a5a5a5a5a5a5a), uint8(0))
	f.Add("aababbababcbcd", uint64(0xffffffff), uint8(1))
	f.Fuzz(func(t *testing.T, text string, cuts uint64, n uint8) {
		text = strings.ToValidUTF8(text, "�") // as what is read from JSON
		rule := string(json.Quote(rules[int(n)%len(rules)]))
		c := makeCheck(t, guard.Env{}, "default.regexReplace", `{"rule":`+rule+`,"redactText":"[]"}`).(guard.Changer)
		want := text
		if v, err := c.Check(context.Background(), said(text)); err == nil && v.Texts != nil {
			want = v.Texts[0]
		}
		hooks := outputHooks(t, `[{"default.regexReplace":{"rule":`+rule+`,"redactText":"[]"}}]`)
		got, held := passPieces(t, guard.NewGate(hooks), pieces(text, cuts))
		if got != want || held > c.Window()-1 {
			t.Errorf("%q became %q, want %q; %d held", text, got, want, held)
		}
	})
}

// pieces cuts a text before the characters whose bit is set.
func pieces(text string, cuts uint64) []string {
	var list []string
	at, n := 0, 0
	for i := range text {
		if i > at && cuts>>(n%64)&1 == 1 {
			list = append(list, text[at:i])
			at = i
		}
		n++
	}
	return append(list, text[at:])
}

// passPieces sends a text through a gate. It returns what came out, and the
// most characters that were held at once, as far as nothing was replaced.
func passPieces(t *testing.T, g *guard.Gate, list []string) (got string, held int) {
	given := 0
	events := func(yield func(llm.Event, error) bool) {
		for _, e := range parts(words(list...)...) {
			if !yield(e, nil) {
				return
			}
			if given += utf8.RuneCountInString(e.Text); !strings.Contains(got, "[]") {
				held = max(held, given-utf8.RuneCountInString(got))
			}
		}
	}
	for e, err := range g.Filter(t.Context(), &guard.Input{Event: guard.After}, nil)(events) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == llm.EventText {
			got += e.Text
		}
	}
	return got, held
}

func BenchmarkGatePerFrame(b *testing.B) {
	hooks := outputHooks(b, `[{"default.contains":{"operator":"none","words":["Apple","forbidden fruit"]},
		"default.regexMatch":{"rule":"AKIA[0-9A-Z]{16}","not":true},"deny":true}]`)
	g := guard.NewGate(hooks)
	text := strings.Repeat("the quick brown fox jumps over the lazy dog ", 8)
	s := parts(words(slices.Collect(strings.SplitAfterSeq(text, " "))...)...)
	frames := 0
	for b.Loop() {
		for range g.Filter(context.Background(), &guard.Input{Event: guard.After}, nil)(s.seq()) {
		}
		frames += len(s)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(frames), "ns/frame")
	chars, late := lag(g, s)
	if chars > g.Delay() {
		b.Errorf("%d characters are held, of at most %d", chars, g.Delay())
	}
	b.ReportMetric(float64(chars), "chars-held")
	b.ReportMetric(float64(late), "frames-held")
}

// lag is how many characters, and how many frames that are not yet out as a
// whole, a gate holds at most while a stream runs.
func lag(g *guard.Gate, s eventList) (chars, frames int) {
	var given []int // lengths of frames, one after another
	said, out := 0, 0
	seq := func(yield func(llm.Event, error) bool) {
		for _, e := range s {
			if e.Kind == llm.EventText {
				said += utf8.RuneCountInString(e.Text)
				given = append(given, said)
			}
			if !yield(e, nil) {
				return
			}
			held := len(given)
			for held > 0 && given[len(given)-held] <= out {
				held--
			}
			chars, frames = max(chars, said-out), max(frames, held)
		}
	}
	for e := range g.Filter(context.Background(), &guard.Input{Event: guard.After}, nil)(seq) {
		if e.Kind == llm.EventText {
			out += utf8.RuneCountInString(e.Text)
		}
	}
	return chars, frames
}
