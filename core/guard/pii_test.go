package guard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

const secretKey = "AKIAIOSFODNN7EXAMPLE"

func TestPII(t *testing.T) {
	t.Parallel()
	runRows(t, guard.Env{Restores: true}, []row{
		{name: "nothing", id: "default.pii", text: "a plain text", pass: true, data: `{"verdict":true,"not":false,"explanation":"nothing was found","detected":{}}`},
		{name: "empty", id: "default.pii", pass: true},
		{name: "found", id: "default.pii", text: "a@b.co, c@d.co and 4111 1111 1111 1111", data: `{"verdict":false,"explanation":"found: CARD, EMAIL","detected":{"CARD":1,"EMAIL":2}}`},
		{name: "Chinese", id: "default.pii", text: "我的手机是13812345678，身分證A123456789", data: `{"detected":{"PHONE":1,"TWID":1}}`},
		{name: "Japanese", id: "default.pii", text: "マイナンバーは123456789018です", data: `{"detected":{"MYNUMBER":1}}`},
		{name: "other category", id: "default.pii", params: `{"categories":["IP_ADDRESS"]}`, text: "a@b.co", pass: true},
		{name: "category", id: "default.pii", params: `{"categories":["NATIONAL_ID"]}`, text: "a@b.co 123-45-6789", data: `{"detected":{"SSN":1}}`},
		{name: "not", id: "default.pii", params: `{"not":true}`, text: "a@b.co", pass: true},
		{name: "not, nothing", id: "default.pii", params: `{"not":true}`, text: "a", data: `{"not":true}`},
		{name: "not and redact", id: "default.pii", params: `{"not":true,"redact":true}`, text: "a@b.co", pass: true},
		{name: "redact", id: "default.pii", params: `{"redact":true}`, text: "a@b.co", pass: true, data: `{"explanation":"redacted: EMAIL"}`},
		{name: "long", id: "default.pii", text: long("1.2 a@b 415-555 +(. x:: "), pass: true},
		{name: "long digits", id: "default.pii", text: long("41111111"), pass: true},
		{name: "long, one sign", id: "default.pii", text: long("("), pass: true},
		{name: "long, unlike", id: "default.pii", params: `{"reversible":true}`, text: long("[EMAIL_"), pass: true},
		{name: "long, wide", id: "default.pii", params: `{"redact":true}`, text: long("４１－１ー\u200b"), pass: true},
		{name: "secret", id: "default.secrets", text: "key " + secretKey, data: `{"explanation":"found: KEY"}`},
		{name: "secret, none", id: "default.secrets", text: "鍵はどこですか a@b.co 钥匙", pass: true},
		{name: "secret, empty", id: "default.secrets", pass: true},
		{name: "secret, entropy", id: "default.secrets", text: "password=x8Kq2LmN9pQr4TvZ", data: `{"detected":{"SECRET":1}}`},
		{name: "secret, no entropy", id: "default.secrets", params: `{"entropy":false}`, text: "password=x8Kq2LmN9pQr4TvZ", pass: true},
		{name: "secret in arguments", id: "default.secrets", text: `{"password" : "x8Kq2LmN9pQr4TvZ", "n":["x8Kq2LmN9pQr4TvZ"]}`, data: `{"detected":{"SECRET":1}}`},
		{name: "secret, Japanese", id: "default.secrets", text: "これが鍵です「AKIAIOSFODNN7EXAMPLE」", data: `{"detected":{"KEY":1}}`},
		{name: "secret, not", id: "default.secrets", params: `{"not":true}`, text: secretKey, pass: true},
		{name: "secret, long", id: "default.secrets", text: long("token= sk-"), pass: true},
		{name: "secret, long key", id: "default.secrets", params: `{"redact":true}`, text: "-----BEGIN PRIVATE KEY-----" + long("ab12"), pass: true},
	})
}

func TestFaultsOfPII(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ id, params, param string }{
		{"default.pii", `{"categories":["NAME"]}`, "categories"}, {"default.pii", `{"categories":[]}`, "categories"}, {"default.pii", `{"categories":1}`, "categories"},
		{"default.pii", `{"redact":"yes"}`, "redact"}, {"default.pii", `{"reversible":1}`, "reversible"}, {"default.pii", `{"not":0}`, "not"},
		{"default.pii", `{"placeholder":"gone"}`, "placeholder"}, {"default.pii", `{"placeholder":"[{type}]","reversible":true}`, "placeholder"},
		{"default.pii", `{"placeholder":"[{type}_{n}]"}`, "placeholder"}, {"default.pii", `{"placeholder":"[\"{type}]"}`, "placeholder"}, {"default.pii", `{"placeholder":"[[{type}]]"}`, "placeholder"},
		{"default.pii", `{"placeholder":""}`, "placeholder"}, {"default.secrets", `{"entropy":1}`, "entropy"}, {"default.secrets", `{"placeholder":"{type}"}`, "placeholder"},
	} {
		if _, faults := tryCheck(t, guard.Env{Restores: true}, tt.id, tt.params); len(faults) != 1 || faults[0].Param != tt.param {
			t.Errorf("%s %s: %v", tt.id, tt.params, faults)
		}
	}
}

func TestRedaction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ params, text, want string }{
		{`{"redact":true}`, "to a@b.co and a@b.co", "to [EMAIL] and [EMAIL]"},
		{`{"redact":true,"placeholder":"<{type}!>"}`, "to a@b.co", "to <EMAIL!>"},
		{`{"reversible":true}`, "a@b.co c@d.co a@b.co 203.0.113.9", "[EMAIL_1] [EMAIL_2] [EMAIL_1] [IP_1]"},
		{`{"reversible":true,"placeholder":"<x-{type}:{n}>"}`, "a@b.co", "<x-EMAIL:1>"},
		{`{"redact":true}`, `{"card":4111111111111111,"to":["a@b.co","\u0061@b.co"],"a@b.co":1.5}`, `{"card":"[CARD]","to":["[EMAIL]","[EMAIL]"],"[EMAIL]":1.5}`},
		{`{"redact":true}`, `{"ssn":123456789,"phones":["5551234567",{"fax":5552223333,"n":5552223333}],"id":123456789}`, `{"ssn":"[SSN]","phones":["[PHONE]",{"fax":"[PHONE]","n":5552223333}],"id":123456789}`},
		{`{"redact":true}`, `{"卡" : "４１１１１１１１１１１１１１１１"}`, `{"卡" : "[CARD]"}`},
		{`{"redact":true}`, `{"q":"say \"a@b.co\"\n` + secretKey + `"}`, `{"q":"say \"[EMAIL]\"\n[KEY]"}`},
	} {
		in := said("nothing", tt.text)
		in.Event = guard.Before
		v, err := makeCheck(t, guard.Env{Restores: true}, "default.pii", tt.params).Check(t.Context(), in)
		if err != nil || len(v.Texts) != 2 || v.Texts[0] != "nothing" || v.Texts[1] != tt.want || in.Texts[1].Text != tt.text {
			t.Errorf("%s: got %q, %v", tt.text, v.Texts, err)
		}
	}
	v, _ := makeCheck(t, guard.Env{Restores: true}, "default.pii", `{"redact":true}`).Check(t.Context(), said("nothing"))
	if v.Texts != nil {
		t.Error("texts are replaced where nothing was found")
	}
}

func TestRedactedValuesComeBackToTheirRequestOnly(t *testing.T) {
	t.Parallel()
	check := makeCheck(t, guard.Env{Restores: true}, "default.pii", `{"reversible":true}`)
	mine, other := said("mail a@b.co"), said("mail x@y.co")
	mine.Event, other.Event = guard.Before, guard.Before
	mine.Redactor, other.Redactor = guard.NewRedactor(), guard.NewRedactor()
	v, _ := check.Check(t.Context(), mine)
	w, _ := check.Check(t.Context(), other)
	if v.Texts[0] != "mail [EMAIL_1]" || w.Texts[0] != v.Texts[0] {
		t.Fatalf("got %q, %q", v.Texts, w.Texts)
	}
	for _, tt := range []struct{ text, want string }{
		{"I wrote to [EMAIL_1]. [EMAIL_2] [email_1] [EMAIL_1", "I wrote to a@b.co. [EMAIL_2] [email_1] [EMAIL_1"}, {"", ""}, {"[[EMAIL_1]]", "[a@b.co]"},
	} {
		if got := mine.Redactor.Restore(tt.text); got != tt.want {
			t.Errorf("%q became %q", tt.text, got)
		}
	}
	if got := other.Redactor.Restore("[EMAIL_1]"); got != "x@y.co" {
		t.Errorf("the other request got %q", got)
	}
	mine.Texts[0].Text = v.Texts[0] // as a second check sees it
	if again, _ := check.Check(t.Context(), mine); again.Texts != nil {
		t.Errorf("a placeholder was replaced: %q", again.Texts)
	}
	if shown := fmt.Sprintf("%v %+v %#v", mine.Redactor, mine.Redactor, mine.Redactor); strings.Contains(shown, "a@b") {
		t.Error("a redactor prints what it holds")
	}
}

func TestRestoredJSONStaysJSON(t *testing.T) {
	t.Parallel()
	r := guard.NewRedactor()
	key := "-----BEGIN PRIVATE KEY-----\nab\"\\cd\n-----END PRIVATE KEY-----"
	if got := r.Redact(key); got != "[KEY_1]" {
		t.Fatalf("got %q", got)
	}
	got := r.RestoreJSON(`{"a":"[KEY_1]"}`)
	if !json.Valid([]byte(got)) || json.Unquote(json.Lookup(json.Value(got), "a")) != key {
		t.Errorf("got %s", got)
	}
}

func TestWindowsOfPII(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		id, params string
		want       int
	}{
		{"default.pii", `{}`, 0}, {"default.pii", `{"redact":true}`, 4096}, {"default.pii", `{"redact":true,"categories":["SSN"]}`, 320},
		{"default.pii", `{"not":true}`, 0}, {"default.secrets", `{"redact":true}`, 4096},
	} {
		if got := makeCheck(t, guard.Env{Restores: true}, tt.id, tt.params).(guard.Windowed).Window(); got != tt.want {
			t.Errorf("%s %s: %d", tt.id, tt.params, got)
		}
	}
}

// TestRedactionOfAStreamIsThatOfTheWhole cuts answers in two at each place, as
// a stream does: what was dealt with is only looked back at.
func TestRedactionOfAStreamIsThatOfTheWhole(t *testing.T) {
	t.Parallel()
	check := makeCheck(t, guard.Env{Restores: true}, "default.pii", `{"reversible":true}`).(guard.Changer)
	const text = `a jane@b.co x4111111111111111 is 4111 1111 1111 1111, tel: 5551234567, 203.0.113.9 and 550e8400-e29b-41d4-a716-446655440000`
	whole := check.Changes(text, 0)
	if len(whole) != 4 || whole[0] != (guard.Change{Start: 2, End: 11, Text: "[EMAIL]"}) {
		t.Fatalf("got %v", whole)
	}
	for from := range len(text) {
		var want []guard.Change
		inside := false
		for _, c := range whole {
			if c.Start >= from {
				want = append(want, c)
			}
			inside = inside || c.Start < from && from < c.End
		}
		if got := check.Changes(text, from); !inside && !slices.Equal(got, want) {
			t.Errorf("from %d: %v, want %v", from, got, want)
		}
	}
	v, _ := check.Check(t.Context(), said("to a@b.co"))
	if len(v.Texts) != 1 || v.Texts[0] != "to [EMAIL]" {
		t.Errorf("an answer became %q", v.Texts)
	}
}

// Arguments of a tool that come in pieces lose what they lose in one piece:
// numbers, and what only the name of a member tells.
func TestRedactionOfStreamedArgumentsIsThatOfTheWhole(t *testing.T) {
	t.Parallel()
	const text = `{"ssn":123456789,"card":4111111111111111,"n":[1,"a@b.co",{"tel":"5551234567"}],"password":"x8Kq2LmN9pQr4TvZ","电话":"０９０－１２３４－５６７８"}`
	for hook, want := range map[string]string{
		"default.pii":     `{"ssn":"[SSN]","card":"[CARD]","n":[1,"[EMAIL]",{"tel":"[PHONE]"}],"password":"x8Kq2LmN9pQr4TvZ","电话":"[PHONE]"}`,
		"default.secrets": `{"ssn":123456789,"card":4111111111111111,"n":[1,"a@b.co",{"tel":"5551234567"}],"password":"[SECRET]","电话":"０９０－１２３４－５６７８"}`,
	} {
		v, err := makeCheck(t, guard.Env{}, hook, `{"redact":true}`).Check(t.Context(), said(text))
		if err != nil || len(v.Texts) != 1 || v.Texts[0] != want {
			t.Fatalf("%s: the whole became %q, %v", hook, v.Texts, err)
		}
		for _, step := range []int{1, 7, len(text)} {
			events := eventList{opens(0, llm.ToolCallPart)}
			for rest := text; rest != ""; {
				n := min(step, len(rest))
				events = append(events, says(0, llm.EventArguments, rest[:n]))
				rest = rest[n:]
			}
			got := ""
			gate := guard.NewGate(outputHooks(t, `[{"`+hook+`":{"redact":true}}]`))
			for e, err := range gate.Filter(t.Context(), &guard.Input{}, nil)(append(events, stops(0)).seq()) {
				if err != nil {
					t.Fatal(err)
				}
				got += e.Text
			}
			if got != want {
				t.Errorf("%s in pieces of %d: %s", hook, step, got)
			}
		}
	}
}

// FuzzRedactor holds that what is redacted comes back, in one piece or in
// many, and that JSON stays JSON.
func FuzzRedactor(f *testing.F) {
	f.Add("a@b.co [EMAIL_1] c@d.co [EMAIL_2][EMAIL_[EMAIL_1]", 3)
	f.Add(`{"a":"4111111111111111","b":["a@b.co",4111111111111111]}`, 1)
	f.Add("-----BEGIN PRIVATE KEY-----\n[KEY_1]\n-----END PRIVATE KEY-----[KEY_1]", 5)
	f.Fuzz(func(t *testing.T, text string, step int) {
		r := guard.NewRedactor()
		redacted := r.Redact(text)
		if got := r.Restore(redacted); got != text {
			t.Fatalf("%q became %q by %q", text, got, redacted)
		}
		s, out := r.Stream(false), ""
		step = max(step%9, 1)
		for rest := redacted; rest != ""; {
			n := min(step, len(rest))
			out += s.Write(rest[:n])
			if rest = rest[n:]; len(redacted)-len(rest)-64 > len(out)+len(redacted) {
				t.Fatal("too much is held back")
			}
		}
		if out += s.Close(); out != text {
			t.Fatalf("%q became %q in pieces", text, out)
		}
		v, err := makeCheck(t, guard.Env{Restores: true}, "default.pii", `{"redact":true}`).Check(t.Context(), said(text))
		if err != nil || json.Valid([]byte(text)) && utf8.ValidString(text) && v.Texts != nil && text[0] == '{' && !json.Valid([]byte(v.Texts[0])) {
			t.Fatalf("%q is no JSON any more: %v %q", text, err, v.Texts)
		}
	})
}

func BenchmarkPIIOn32kB(b *testing.B) {
	line := "The quick brown fox met jane.doe@example.com at 10:30 on 2024-01-15, order 1234567890, and said: func main() { fmt.Println(x.y[3]) }\n"
	in := said(strings.Repeat(line, 32<<10/len(line)))
	for _, params := range []string{`{}`, `{"redact":true}`, `{"reversible":true}`} {
		b.Run(params, func(b *testing.B) {
			check := makeCheck(b, guard.Env{Restores: true}, "default.pii", params)
			b.SetBytes(int64(len(in.Texts[0].Text)))
			b.ReportAllocs()
			for b.Loop() {
				check.Check(b.Context(), in)
			}
		})
	}
}
