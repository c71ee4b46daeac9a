package guard_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect/openaichat"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A private key has what JSON has to escape.
const pem = "-----BEGIN PRIVATE KEY-----\nab\"\\cd\n-----END PRIVATE KEY-----"

// taken is a call from which an address has been taken out as [EMAIL_1], and a
// key as [KEY_1].
func taken(t *testing.T, op llm.Operation, members string) *core.Call {
	t.Helper()
	body := `{"model":"m","messages":[{"role":"user","content":"Hi"}]` + members + `}`
	c := (&core.Call{
		Incoming:  core.Incoming{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body)},
		Operation: op, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{},
	}).Prepare()
	if got := guard.NewRequest(c, "p").Input().Redactor.Redact("ann@example.org " + pem); got != "[EMAIL_1] [KEY_1]" {
		t.Fatalf("got %q", got)
	}
	return c
}

// flowing is a reply that streams the events, in a dialect.
func flowing(d llm.Dialect, events []llm.Event) *core.Reply {
	r := core.NewEvents(func(yield func(llm.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	})
	r.Dialect = d
	return r
}

// eventKinds are the kinds of parts that have text.
var eventKinds = []struct {
	part   llm.PartKind
	kind   llm.EventKind
	custom bool
}{
	{llm.TextPart, llm.EventText, false}, {llm.ReasoningPart, llm.EventReasoning, false}, {llm.RefusalPart, llm.EventRefusal, false},
	{llm.ToolCallPart, llm.EventArguments, false}, {llm.ToolCallPart, llm.EventArguments, true},
}

// TestValuesComeBackWhereverAStreamIsCut cuts a text of each kind in three at
// all places, with another event at each cut. Never is more held back than the
// beginning of a placeholder.
func TestValuesComeBackWhereverAStreamIsCut(t *testing.T) {
	t.Parallel()
	const text = `苹 [EMAIL_1][KEY_1] [[EMAIL_1] [EMAIL_ [EMAIL_12] ["KEY_1"] [KEY_1`
	for _, k := range eventKinds {
		c := taken(t, llm.Generate, "")
		r := guard.NewRequest(c, "p").Input().Redactor
		restore := r.Restore
		if k.part == llm.ToolCallPart && !k.custom {
			restore = r.RestoreJSON
		}
		if want := restore(text); strings.Count(want, "ann@example.org") != 2 || !strings.HasSuffix(want, "[KEY_1") {
			t.Fatalf("got %q", want)
		}
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				cut := cutText{texts: []string{text[:i], text[i:j], text[j:]}, part: k.part, kind: k.kind, custom: k.custom}
				if wrong := cut.play(c, restore); wrong != "" {
					t.Fatalf("%q: %s", cut.texts, wrong)
				}
			}
		}
	}
}

// A cutText is a text in a stream, with a mark behind each.
type cutText struct {
	texts  []string
	part   llm.PartKind
	kind   llm.EventKind
	custom bool
}

// play restores the stream and says what is wrong with it.
func (p *cutText) play(c *core.Call, restore func(string) string) (wrong string) {
	in, out, marks, stopped := "", "", 0, false
	reply := core.NewEvents(func(yield func(llm.Event, error) bool) {
		yield(llm.Event{Kind: llm.EventPartStart, PartKind: p.part, Custom: p.custom}, nil)
		for _, text := range p.texts {
			in += text
			yield(llm.Event{Kind: p.kind, Text: text}, nil)
			yield(llm.Event{Kind: llm.EventSignature, Text: "s"}, nil)
			if !p.prompt(in, out, restore) {
				wrong = fmt.Sprintf("of %q only %q is out", in, out)
			}
		}
		_ = yield(llm.Event{Kind: llm.EventPartStop}, nil) && yield(llm.Event{Kind: llm.EventFinish}, nil)
	})
	guard.PutBack(c, reply)
	for e := range reply.Events() {
		switch e.Kind {
		case p.kind:
			out += e.Text
			stopped = stopped || out == ""
		case llm.EventSignature:
			marks++
		case llm.EventPartStop:
			stopped = true
		case llm.EventFinish:
			if want := restore(in); out != want || !stopped || marks != len(p.texts) {
				wrong = fmt.Sprintf("%q with %d marks, want %q", out, marks, want)
			}
			return wrong
		}
	}
	return "it has no end"
}

// prompt reports whether all of in is out but for the beginning of a placeholder.
func (p *cutText) prompt(in, out string, restore func(string) string) bool {
	for held := range len("[EMAIL_1]") {
		if held <= len(in) && restore(in[:len(in)-held]) == out {
			return true
		}
	}
	return false
}

// TestTextsThatInterleaveAreRestoredEachForItself: calls of tools do, and
// choices.
func TestTextsThatInterleaveAreRestoredEachForItself(t *testing.T) {
	t.Parallel()
	texts := map[[2]int]string{{0, 0}: "a [EMAIL_1] b", {0, 1}: `{"to":"[EMAIL_1]"}`, {0, 2}: `{"key":"[KEY_1]"}`, {1, 0}: "[EMAIL_1]", {1, 1}: "[KEY_1]"}
	want := map[[2]int]string{
		{0, 0}: "a ann@example.org b", {0, 1}: `{"to":"ann@example.org"}`, {0, 2}: string(json.ValueOf(map[string]string{"key": pem})), {1, 0}: "ann@example.org", {1, 1}: pem,
	}
	kinds := map[[2]int]llm.PartKind{{0, 0}: llm.TextPart, {0, 1}: llm.ToolCallPart, {0, 2}: llm.ToolCallPart, {1, 0}: llm.TextPart, {1, 1}: llm.ReasoningPart}
	of := map[llm.PartKind]llm.EventKind{llm.TextPart: llm.EventText, llm.ToolCallPart: llm.EventArguments, llm.ReasoningPart: llm.EventReasoning}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		events, left := []llm.Event{{Kind: llm.EventStart}}, map[[2]int]string{}
		for at, text := range texts {
			left[at] = text
			events = append(events, llm.Event{Kind: llm.EventPartStart, PartKind: kinds[at], Choice: at[0], Part: at[1]})
		}
		for len(left) > 0 {
			for at, text := range left {
				n := min(r.IntN(4), len(text))
				events = append(events, llm.Event{Kind: of[kinds[at]], Choice: at[0], Part: at[1], Text: text[:n]})
				if left[at] = text[n:]; left[at] == "" {
					delete(left, at)
				}
			}
		}
		events = append(events, llm.Event{Kind: llm.EventFinish}, llm.Event{Kind: llm.EventFinish, Choice: 1}, llm.Event{Kind: llm.EventDone})
		reply := flowing(llm.OpenAIChat, events)
		guard.PutBack(taken(t, llm.Generate, ""), reply)
		got, finished := map[[2]int]string{}, map[int]bool{}
		for e := range reply.Events() {
			if e.Kind == llm.EventFinish {
				finished[e.Choice] = true
			} else if e.Text != "" {
				got[[2]int{e.Choice, e.Part}] += e.Text
				if finished[e.Choice] {
					t.Errorf("text behind the end of choice %d", e.Choice)
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// TestABrokenStreamLosesNothingOfItsText: what is held goes out before the
// error.
func TestABrokenStreamLosesNothingOfItsText(t *testing.T) {
	t.Parallel()
	reply := core.NewEvents(func(yield func(llm.Event, error) bool) {
		_ = yield(llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart}, nil) && yield(llm.Event{Kind: llm.EventText, Text: "see [EMAIL"}, nil) && yield(llm.Event{}, io.ErrUnexpectedEOF)
	})
	guard.PutBack(taken(t, llm.Generate, ""), reply)
	text, broke := "", error(nil)
	for e, err := range reply.Events() {
		text, broke = text+e.Text, err
	}
	if text != "see [EMAIL" || broke != io.ErrUnexpectedEOF {
		t.Errorf("got %q, %v", text, broke)
	}
}

// TestNoPlaceholderStandsInTheRequestItself: what the client says in such a
// form, also where no check looks, is not taken for a value.
func TestNoPlaceholderStandsInTheRequestItself(t *testing.T) {
	t.Parallel()
	c := (&core.Call{
		Incoming:  core.Incoming{Header: http.Header{}, Body: []byte(`{"messages":[{"role":"user","content":"I see [EMAIL_1] and [EMAIL_3]"}]}`)},
		Operation: llm.Generate, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{},
	}).Prepare()
	if got := guard.NewRequest(c, "p").Input().Redactor.Redact("a@b.co c@d.co"); got != "[EMAIL_2] [EMAIL_4]" {
		t.Errorf("got %q", got)
	}
}

// TestPlaceholdersOfEarlierRequestsAreNotTakenForOthers: what the provider keeps
// of a conversation may have some.
func TestPlaceholdersOfEarlierRequestsAreNotTakenForOthers(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, member := range []string{`"previous_response_id":"resp_1"`, `"conversation":{"id":"conv_1"}`, `"previous_response_id":"resp_2"`} {
		c := (&core.Call{
			Incoming:  core.Incoming{Header: http.Header{}, Body: []byte(`{"input":"Hi",` + member + `}`)},
			Operation: llm.Generate, Dialect: llm.OpenAIResponses, Decoder: openaichat.Codec{},
		}).Prepare()
		r := guard.NewRequest(c, "p").Input().Redactor
		name := r.Redact("a@b.co")
		if len(name) < len("[EMAIL_1001]") || r.Restore(name) != "a@b.co" || guard.NewRequest(c.WithBody(nil), "q").Input().Redactor.Redact("a@b.co") != name {
			t.Errorf("got %q", name)
		}
		seen[name] = true
	}
	if len(seen) == 1 {
		t.Errorf("three requests have %v", seen)
	}
}

// TestHooksThatTakeDataOutSeeAllTexts unless they say otherwise: clients send
// with every turn what came before.
func TestHooksThatTakeDataOutSeeAllTexts(t *testing.T) {
	t.Parallel()
	for hook, want := range map[string]guard.Scope{
		`{"default.pii":{"redact":true}}`: guard.All, `{"default.pii":{"reversible":true}}`: guard.All, `{"default.secrets":{"redact":true}}`: guard.All,
		`{"default.pii":{}}`: guard.Last, `{"default.pii":{"redact":true},"scope":"last"}`: guard.Last, `{"default.contains":{"operator":"any","words":["a"]}}`: guard.Last,
		`{"checks":[{"id":"default.pii","parameters":{"reversible":true}}]}`: guard.All,
	} {
		p := guard.Parser{Library: guard.NewLibrary(), Env: guard.Env{Restores: true}, Fault: func(path []string, message string) { t.Error(path, message) }}
		if got := p.Hooks("input_guardrails", json.Value("["+hook+"]"), nil)[0].Scope; got != want {
			t.Errorf("%s: %s", hook, got)
		}
	}
}

// TestEscapedBracketsAreBrackets in the arguments of tools, and an escaped
// backslash in front of such a text is none of theirs.
func TestEscapedBracketsAreBrackets(t *testing.T) {
	t.Parallel()
	in := said("ann@example.org")
	in.Event, in.Redactor = guard.Before, guard.NewRedactor()
	v, err := makeCheck(t, guard.Env{Restores: true}, "default.pii", `{"reversible":true,"placeholder":"<{type}:{n}>"}`).Check(t.Context(), in)
	if err != nil || v.Texts[0] != "<EMAIL:1>" {
		t.Fatalf("got %q, %v", v.Texts, err)
	}
	const text = `{"a":"\\\u003cEMAIL:1\u003E","b":"\\u003cEMAIL:1>","c":"\n<EMAIL:1\u003e\\"}`
	const want = `{"a":"\\ann@example.org","b":"\\u003cEMAIL:1>","c":"\nann@example.org\\"}`
	if got := in.Redactor.RestoreJSON(text); got != want || !json.Valid([]byte(text)) {
		t.Errorf("got %s", got)
	}
	if got := in.Redactor.Restore(text); strings.Contains(got, `"a":"\\ann`) {
		t.Errorf("a text that is no JSON became %s", got)
	}
	for i := range len(text) {
		s := in.Redactor.Stream(true)
		if got := s.Write(text[:i]) + s.Write(text[i:]) + s.Close(); !json.Valid([]byte(got)) {
			t.Errorf("cut at %d: %s", i, got)
		}
	}
}
